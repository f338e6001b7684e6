"""What every release of Consul knows in an entry of each kind: the product's table as values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from reconciler.config.fields.known import table
from reconciler.engine.bodies.unset import is_zero
from reconciler.sdk.consul.entry_kinds import type_of
from reconciler.sdk.kinds import Rule
from reconciler_consul.kinds.all import KINDS
from reconciler_consul.server.capabilities import Version, lacks, parse

# The last release of each line that the sandbox has, or what there is of it.
LAST: dict[int, Version] = {
    13: (1, 13, 9),
    14: (1, 14, 11),
    16: (1, 16, 7),
    18: (1, 18, 2),
    20: (1, 20, 0),
    22: (1, 22, 0),
}


@dataclass(frozen=True)
class Known:
    """One field of a kind. `since` without a version: it has always been there."""

    path: str
    type: str
    alias: str = ""
    since: tuple[Version, ...] = ()
    until: Version | None = None

    def is_in(self, version: Version) -> bool:
        """Whether a release knows it."""
        return lacks(version, self.since) is None and (self.until is None or version <= self.until)


@cache
def fields() -> dict[str, dict[str, Known]]:
    """Kind -> path -> field."""
    return {
        kind: {path: _known(path, said) for path, said in known.items() if not said.startswith("dropped")}
        for kind, known in table().items()
    }


def _known(path: str, said: str) -> Known:
    type_, *more = said.split(", ")
    given = dict(part.split(" ", 1) for part in more)
    since = tuple(_version(text) for text in given.get("since", "").split())
    return Known(
        path, type_, given.get("alias", ""), since, _version(given["until"]) if "until" in given else None
    )


def _version(text: str) -> Version:
    found = parse(text)
    assert found is not None, text
    return found


def known_in(kind: str, version: Version) -> set[str]:
    """The paths that a release knows, and what they stand in as well."""
    known = {path for path, field in fields()[kind].items() if field.is_in(version)}
    return {path for path in known if all(above in known for above in _above(path, fields()[kind]))}


def _above(path: str, known: dict[str, Known]) -> list[str]:
    words = path.split(".")
    places = (".".join(words[:count]) for count in range(1, len(words)))
    return [place for place in places if place in known]


def skeleton(kind: str) -> dict[str, Any]:
    """A body that names every field and sets none: `null` is absence, but only for a known key."""
    body: dict[str, Any] = {}
    for path in sorted(fields()[kind]):
        *above, name = path.split(".")
        place = body
        for word in above:
            place[word] = place[word] if isinstance(place.get(word), dict) else {}
            place = place[word]
        place[name] = None
    return body


def unknown_keys(refusal: str) -> set[str]:
    """The fields that a refusal names, as paths: `Sources[0].Peer`, `Failover[*].Policy`."""
    found = re.findall(r'invalid config key "([^"]+)"', refusal)
    return {re.sub(r"\[(\d+|\*)\]", lambda m: ".*" if m[1] == "*" else "", path) for path in found}


def outermost(lacking: set[str]) -> set[str]:
    """Without what stands in something else that is lacking: a server names only the outer one."""
    return {p for p in lacking if not any(p.startswith(f"{other}.") for other in lacking - {p})}


def rule_of(kind: str) -> Rule:
    """The product's rules for a kind."""
    return KINDS[type_of(kind)].rule


def paths(kind: str, entry: Any, *, filled: bool = False) -> set[str]:
    """The paths of all fields that an entry names, in Consul's own spelling.

    `filled`: only of those that it sets to anything but a zero or an empty.
    """
    return {path for path, value in _walk(rule_of(kind), entry, "") if not (filled and is_zero(value))}


def _walk(rule: Rule, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(rule.each or rule, item, path)
    elif isinstance(value, dict) and rule.is_map:
        for item in value.values():
            yield from _walk(rule.each or Rule(), item, f"{path}*.")
    elif isinstance(value, dict) and rule.each is not None:
        yield from _walk(rule.each, value, path)
    elif isinstance(value, dict) and not (rule.opaque or rule.server):
        yield from _fields_of(rule, value, path)


def _fields_of(rule: Rule, value: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    spellings = {spelling.lower(): name for spelling, name in rule.aliases.items()}
    spellings |= {name.lower(): name for name in rule.fields}
    for given, item in value.items():
        name = spellings.get(given.lower(), given)
        yield f"{path}{name}", item
        yield from _walk(rule.fields.get(name, Rule()), item, f"{path}{name}.")
