"""Spec: all files as one configuration, section by section, each thing with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from reconciler.config.text.document import Place, SourceDoc, Step
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass

# Sections whose things are found by cluster and then by name (or number).
BY_CLUSTER = (
    "exports",
    "intentions",
    "failover",
    "redirects",
    "splits",
    "routes",
    "service_defaults",
    "config_entries",
    "acl_policies",
    "resources",  # by cluster and type; the names are the provider's
)
FORMER_NAME = "estate"  # what the key `name` was called
LISTS = ("peerings", "protect", "sensitive")
ONE_PER_CLUSTER = ("mesh", "proxy_defaults")


@dataclass(frozen=True, slots=True)
class Item:
    """One declared thing. `cluster` is the key above it (a cluster or a group), `name` its own key."""

    cluster: str
    name: str
    value: Any
    cluster_place: Place
    key: Place
    place: Place


@dataclass(slots=True)
class Spec:
    """The merged sections. `incomplete` names those of which something could not be used.

    `blind`: clusters or groups may be declared in something that could not be read at all.
    """

    name: Item | None = None
    clusters: dict[str, Item] = field(default_factory=dict)
    groups: dict[str, Item] = field(default_factory=dict)
    peerings: list[Item] = field(default_factory=list)
    protect: list[Item] = field(default_factory=list)
    sensitive: list[Item] = field(default_factory=list)
    sections: dict[str, list[Item]] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    blind: bool = False
    unusable: set[str] = field(default_factory=set)  # clusters and groups that exist but have problems


class Merger:
    """Puts documents together. A cluster or group declared twice is a problem that names both places."""

    def __init__(self) -> None:
        self.spec = Spec(sections={name: [] for name in (*BY_CLUSTER, *ONE_PER_CLUSTER)})
        self.problems: list[Diagnostic] = []

    def add(self, doc: SourceDoc, bad: Iterable[tuple[Step, ...]]) -> None:
        """Take in one document, without the things at or above the `bad` paths."""
        if not isinstance(doc.value, dict):
            return
        broken = _broken(bad)
        self.spec.incomplete.update(str(path[0]) for path in broken)
        self.spec.blind |= bool(broken & {("clusters",), ("groups",)})
        root = Place(doc, doc.marks)
        for name, value in doc.value.items():
            if (name,) not in broken and value is not None:
                self._section(name, value, root.inner(name), broken)

    def _section(self, name: str, value: Any, place: Place, broken: set[tuple[Step, ...]]) -> None:
        if name in ("name", FORMER_NAME):
            self._name(name, value, place)
        elif name in ("clusters", "groups"):
            self._named(name, value, place, broken)
        elif name in LISTS:
            items: list[Item] = getattr(self.spec, name)
            items.extend(
                Item("", "", entry, place, place.inner(number), place.inner(number))
                for number, entry in enumerate(value)
                if (name, number) not in broken
            )
        elif name in BY_CLUSTER:
            self.spec.sections[name].extend(_nested(name, value, place, broken))
        elif name in ONE_PER_CLUSTER:
            self.spec.sections[name].extend(_flat(name, value, place, broken))

    def _name(self, key: str, value: Any, place: Place) -> None:
        if key == FORMER_NAME:
            summary = f"the key `{FORMER_NAME}` is called `name` now"
            self.problems.append(place.problem("former-key", summary, "rename the key", warning=True))
        first = self.spec.name
        if first is None:
            self.spec.name = Item("", key, value, place, place, place)
            return
        related = ((first.place.position, "first named here"),)
        summary = "the configuration has two names"
        self.problems.append(place.problem("duplicate", summary, "remove one", related=related))

    def _named(self, section: str, value: Any, place: Place, broken: set[tuple[Step, ...]]) -> None:
        into = self.spec.clusters if section == "clusters" else self.spec.groups
        for item in _flat(section, value, place, set()):
            if item.name in into:
                first = into[item.name].key.position
                summary = f'{section[:-1]} "{item.name}" is declared twice'
                self.problems.append(
                    item.key.problem(
                        "duplicate", summary, "remove one", related=((first, "first declared here"),)
                    )
                )
            elif (section, item.name) in broken:
                self.spec.unusable.add(item.name)
            else:
                into[item.name] = item


def _broken(bad: Iterable[tuple[Step, ...]]) -> set[tuple[Step, ...]]:
    """Return the bad paths, cut to the item that is left out because of them."""
    depths = {"clusters": 2, "groups": 2, **dict.fromkeys((*LISTS, *ONE_PER_CLUSTER), 2)}
    return {path[: depths.get(str(path[0]), 3)] for path in bad if path}


def _flat(
    section: str, value: Mapping[str, Any], place: Place, broken: set[tuple[Step, ...]]
) -> Iterator[Item]:
    for name, entry in value.items():
        if (section, name) not in broken:
            key = place.key(name)
            yield Item(name, name, entry, key, key, place.inner(name))


def _nested(
    section: str, value: Mapping[str, Any], place: Place, broken: set[tuple[Step, ...]]
) -> Iterator[Item]:
    for cluster, entries in value.items():
        if (section, cluster) in broken or entries is None:
            continue
        above, inner = place.key(cluster), place.inner(cluster)
        pairs = enumerate(entries) if isinstance(entries, list) else entries.items()
        for name, entry in pairs:
            if (section, cluster, name) not in broken:
                yield Item(cluster, str(name), entry, above, inner.key(name), inner.inner(name))
