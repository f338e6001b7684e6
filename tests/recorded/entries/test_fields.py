"""Every field that a server knows is in the corpus, the rules, the table of versions and the sandbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from reconciler.config.fields.lookup import plain
from reconciler.config.fields.spelling import FREE, NAMED
from reconciler.emulator.core.versions import parse_version
from reconciler.emulator.forms.decode import DecodeError, decode_entry
from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.kinds import Rule
from reconciler_consul.kinds.fields import COMMON
from reconciler_consul.server.capabilities import Version, fields_of, kinds, lacks
from tests.support.entries.corpus import corpus
from tests.support.entries.fields import (
    LAST,
    fields,
    known_in,
    outermost,
    paths,
    rule_of,
    skeleton,
    unknown_keys,
)
from tests.support.tables import each

ALL_KINDS = sorted(fields())
# Sent to a server they are refused, or they are no field of any server that peers.
NEVER = {
    "service-defaults": {"UpstreamConfig.Defaults.Name": "must be empty there"},
    "service-intentions": {"Sources.LegacyMeta": "must be omitted"},
    "exported-services": {"Services.Consumers.PeerName": "1.13 only"},
    "inline-certificate": dict.fromkeys(
        ("Certificate", "PrivateKey", "Meta"), "made for the moment: certificates.py"
    ),
}
# Enterprise has them in many places, Community Edition in those that are in the table.
SCOPE = {"Namespace", "Partition"}


@cache
def declared() -> dict[str, set[str]]:
    """Kind -> the fields that some entry of the corpus sets to a value."""
    out: dict[str, set[str]] = defaultdict(set)
    for sample in corpus():
        out[sample.key[0]] |= paths(sample.key[0], sample.entry, filled=True)
    return out


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_field_of_every_kind_is_set_in_some_entry(kind: str) -> None:
    missing = fields()[kind].keys() - declared()[kind] - NEVER.get(kind, {}).keys()
    assert sorted(missing) == []


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_no_entry_has_a_field_that_no_server_knows(kind: str) -> None:
    licensed = {item.path for item in fields_of(kind) if item.enterprise}
    beyond = {
        path
        for path in declared()[kind] - fields()[kind].keys() - {"Kind", "Name"}
        if path.rsplit(".", 1)[-1] not in SCOPE
        and not any(path.startswith(f"{above}.") for above in licensed)
    }
    assert sorted(beyond) == []


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_field_has_a_rule_and_answers_to_its_other_spelling(kind: str) -> None:
    for path in fields()[kind].keys() - NEVER.get(kind, {}).keys():
        field = fields()[kind][path]
        *above, name = path.split(".")
        body: Any = {field.alias or name.lower(): 1}
        for word in reversed(above):
            body = {word: body}
        assert path in paths(kind, body), f"{path} as {field.alias or name.lower()}"


def ruled(rule: Rule, path: str = "") -> Iterator[str]:
    """The paths of all fields for which a kind has a rule of its own."""
    for name, field in rule.fields.items():
        yield f"{path}{name}"
        inner = field.each if field.each is not None else field
        yield from ruled(inner, f"{path}{name}.*." if field.is_map else f"{path}{name}.")


@pytest.mark.parametrize("kind", [kind for kind in ALL_KINDS if entry_kinds()[kind].has_own_type])
def test_no_rule_is_for_a_field_that_no_server_has(kind: str) -> None:
    beyond = set(ruled(rule_of(kind))) - fields()[kind].keys() - COMMON.keys()
    assert {path for path in beyond if path.rsplit(".", 1)[-1] not in SCOPE} == set()


RELEASES: list[Version] = [(1, minor, patch) for minor in range(13, 23) for patch in range(12)]


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_table_of_versions_knows_what_each_release_has(kind: str) -> None:
    table = {item.path: item.since for item in fields_of(kind)}
    whole = kinds()[kind].since if kind in kinds() else ()
    excused = NEVER.get(kind, {}).keys()
    for release in RELEASES:
        refused = {path for path, since in table.items() if lacks(release, since)}
        lacking = set() if lacks(release, whole) else fields()[kind].keys() - known_in(kind, release)
        told = {
            path for path in fields()[kind] if any(f"{path}.".startswith(f"{above}.") for above in refused)
        }
        never = fields()[kind].keys() if lacks(release, whole) else set()
        assert told - never - excused == lacking - excused, release


def unknown_in_the_sandbox(kind: str, minor: int) -> set[str]:
    name = {} if kind == "mesh" else {"Name": entry_kinds()[kind].name or "any"}
    try:
        decode_entry({"Kind": kind, **name, **skeleton(kind)}, parse_version(f"1.{minor}"))
    except DecodeError as refusal:
        return unknown_keys(str(refusal))
    return set()


@pytest.mark.parametrize("kind", ALL_KINDS)
@each("minor", LAST)
def test_the_sandbox_of_each_version_knows_what_the_server_knows(kind: str, minor: int) -> None:
    missing = kinds().get(kind)
    if missing is not None and (lacks(LAST[minor], missing.since) or kind == "control-plane-request-limit"):
        with pytest.raises(DecodeError, match="invalid config entry kind"):
            decode_entry({"Kind": kind, "Name": "any"}, parse_version(f"1.{minor}"))
        return
    lacking = fields()[kind].keys() - known_in(kind, LAST[minor])
    assert unknown_in_the_sandbox(kind, minor) == outermost(lacking)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_rule_of_one_spelling_knows_which_keys_are_nobodys_fields(kind: str) -> None:
    """Two keys of a map may be alike, two fields of an object may not."""
    types = {(plain(path.rsplit(".", 1)[-1]), known.type) for path, known in fields()[kind].items()}
    free = {pair for pair in types if pair[1] in ("map", "opaque")}
    named = {pair for pair in types if pair[1].startswith("map of")}
    assert {pair for pair in types if pair[0] in FREE} == free
    assert {pair for pair in types if pair[0] in NAMED} == named
