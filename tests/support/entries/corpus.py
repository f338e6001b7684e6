"""The corpus: config entries as people write them, each with what must stand first.

Of a kind that no file has, it is the example in the SDK's table.

A file under `data/` is a list of `{name, about, needs, entry, min_version, max_version, edition, fixed}`.
`fixed` lists fields (by name, anywhere in the entry) that a generic change cannot touch. `min_version` is
for what no field tells (values, what stands first): which release knows its fields is in the product's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler_consul.kinds.names import entry_address
from reconciler_consul.server.capabilities import Version, kinds, lacks, parse
from tests.support import yaml_files
from tests.support.entries.fields import fields, known_in, paths

DATA = Path(__file__).parent / "data"
CLUSTER = "dc1"
# What stands first is written first, and removed last.
ORDER = (
    "mesh",
    "proxy-defaults",
    "jwt-provider",
    "service-defaults",
    "service-resolver",
    "service-splitter",
    "service-router",
    "service-intentions",
)

Key = tuple[str, str]
Raw = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Sample:
    """One declared entry."""

    name: str
    entry: Raw
    about: str = ""
    needs: tuple[Raw, ...] = ()
    min_version: str = "1.13"
    max_version: str = "9.0"
    edition: str = "community"
    fixed: frozenset[str] = field(default_factory=frozenset)

    @property
    def key(self) -> Key:
        """Kind and name."""
        return key_of(self.entry)

    @property
    def address(self) -> Address:
        """Where the configuration puts it."""
        return entry_address(self.key, CLUSTER)

    @property
    def is_global(self) -> bool:
        """Whether it, or what it needs, changes what other services mean."""
        return any(key_of(entry)[0] in ("proxy-defaults", "mesh") for entry in (self.entry, *self.needs))

    def fits(self, version: str) -> bool:
        """Whether a server of this version knows all of it, and of what must stand first."""
        number = parse(version) or (0, 0, 0)
        in_range = _number(self.min_version) <= number[:2] <= _number(self.max_version)
        return in_range and all(_is_known(entry, number) for entry in (self.entry, *self.needs))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _is_known(entry: Raw, number: Version) -> bool:
    kind = key_of(entry)[0]
    newer = fields()[kind].keys() - known_in(kind, number)
    whole = kinds().get(kind)
    return not (newer & paths(kind, entry)) and not (whole and lacks(number, whole.since))


def key_of(entry: Raw) -> Key:
    """Kind and name of an entry in any letter case; a mesh entry is called mesh."""
    plain = {name.lower(): value for name, value in entry.items()}
    return plain["kind"], str(plain.get("name") or plain["kind"])


@cache
def corpus() -> tuple[Sample, ...]:
    """All samples, by file and place, and the examples."""
    samples = [_sample(item) for path in sorted(DATA.glob("*.yaml")) for item in _read(path)]
    shown = {sample.key[0] for sample in samples}
    examples = [(kind, facts) for kind, facts in entry_kinds().items() if facts.example and kind not in shown]
    return (*samples, *(Sample(kind, facts.example or {}, edition=facts.edition) for kind, facts in examples))


def _read(path: Path) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = yaml_files.read(path.read_text())
    return items


def _sample(item: dict[str, Any]) -> Sample:
    needs, fixed = tuple(item.pop("needs", ())), frozenset(item.pop("fixed", ()))
    return Sample(**item, needs=needs, fixed=fixed)


def batches(samples: Iterable[Sample]) -> list[list[Sample]]:
    """Samples that can stand in one cluster at the same time, as few groups as a first fit gives.

    What is global stays among its like; no two entries of a group have one name with different content.
    """
    groups: list[tuple[bool, dict[Key, Raw], list[Sample]]] = []
    for sample in samples:
        kind = sample.is_global
        group = next((g for g in groups if g[0] == kind and _fits(sample, g[1])), None)
        if group is None:
            groups.append(group := (kind, {}, []))
        group[1].update({key_of(need): need for need in sample.needs} | {sample.key: sample.entry})
        group[2].append(sample)
    return [members for _, _, members in groups]


def _fits(sample: Sample, taken: Mapping[Key, Raw]) -> bool:
    needs = {key_of(need): need for need in sample.needs}
    return sample.key not in taken and all(taken.get(key, need) == need for key, need in needs.items())


def rank(key: Key) -> int:
    """The place in the order of writing."""
    return ORDER.index(key[0]) if key[0] in ORDER else len(ORDER)
