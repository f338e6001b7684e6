"""The corpus itself: it is large, its names are unique, and it has every field of every kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from providers.consul.kinds import KINDS
from reconciler.engine.canonical import canonical
from reconciler.sdk.kinds import Rule
from tests.entries.corpus import batches, corpus

ENTRY_KINDS = sorted(set(KINDS) - {"peering", "acl_policy"})
# Written by Consul itself, or only by what older versions left behind.
UNWRITTEN = {"Kind", "Name", "Hash", "CreateIndex", "ModifyIndex", "Status", "Type", "Precedence"}
UNWRITTEN |= {"LegacyID", "LegacyMeta", "LegacyCreateTime", "LegacyUpdateTime"}


def named(rule: Rule, value: Any, path: str) -> Iterator[str]:
    """Paths of all fields that a canonical value has, list items and map keys left out."""
    if isinstance(value, list):
        for item in value:
            yield from named(rule.each or Rule(), item, path)
    elif isinstance(value, dict) and rule.is_map:
        for item in value.values():
            yield from named(rule.each or Rule(), item, path)
    elif isinstance(value, dict) and not rule.opaque:
        for name, item in value.items():
            yield f"{path}.{name}"
            yield from named(rule.fields.get(name, Rule()), item, f"{path}.{name}")


def known(rule: Rule, path: str) -> Iterator[str]:
    """Paths of all fields that the rules have."""
    for name, field in rule.fields.items():
        if name not in UNWRITTEN:
            yield f"{path}.{name}"
            yield from known(field, f"{path}.{name}")
    if rule.each is not None:
        yield from known(rule.each, path)


# Enterprise only and alike in every place, and fields that the shared tables of `config_entry` have in places
# where only another kind has them.
PLACES = {"Namespace", "Partition"}


@pytest.mark.parametrize("type_", [kind for kind in ENTRY_KINDS if kind != "config_entry"])
def test_every_field_is_declared_somewhere(type_: str) -> None:
    rule, seen = KINDS[type_].rule, set[str]()
    for sample in corpus():
        if sample.address.type == type_:
            seen.update(named(rule, canonical(rule, sample.entry, declared=True), type_))
    missing = {path for path in known(rule, type_) if path.rsplit(".", 1)[1] not in PLACES} - seen
    assert missing == set()


def test_every_field_of_the_other_kinds_is_declared_somewhere() -> None:
    rule, seen = KINDS["config_entry"].rule, set[str]()
    for sample in corpus():
        if sample.address.type == "config_entry":
            body = canonical(rule, sample.entry, declared=True)
            seen.update(path.rsplit(".", 1)[1] for path in named(rule, body, ""))
    missing = {path.rsplit(".", 1)[1] for path in known(rule, "")} - PLACES - seen
    assert missing == set()


def test_no_field_of_any_sample_is_without_a_rule() -> None:
    unknown = set()
    for sample in corpus():
        rule = KINDS[sample.address.type].rule
        everything = set(known(rule, ""))
        body = canonical(rule, sample.entry, declared=True)
        unknown |= {(sample.name, path) for path in named(rule, body, "") if path not in everything}
    assert {item for item in unknown if item[1].rsplit(".", 1)[1] not in UNWRITTEN} == set()


def test_names_are_unique_and_there_are_many() -> None:
    names = Counter(sample.name for sample in corpus())
    assert [name for name, count in names.items() if count > 1] == []
    assert len(names) >= 150


def test_batches_hold_everything_once() -> None:
    names = [sample.name for batch in batches(corpus()) for sample in batch]
    assert sorted(names) == sorted(sample.name for sample in corpus())
