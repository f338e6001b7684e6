"""Spec: all files as one configuration, section by section, each thing with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from reconciler.config.clusters.items import TYPED, Items
from reconciler.config.language.check import Checked
from reconciler.config.text.document import Place, SourceDoc, Step
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.config.language.intentions import Intentions
    from reconciler.config.language.peerings import Export, Peering

T = TypeVar("T")

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
LISTS = ("peerings", "policies", "protect", "sensitive", "moved", "removed", "ignore")
ONE_PER_CLUSTER = ("mesh", "proxy_defaults")


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """One declared thing, its value as the form that its section has.

    `cluster` is the key above it (a cluster or a group), `name` its own key.
    """

    cluster: str
    name: str
    value: T
    cluster_place: Place
    key: Place
    place: Place


@dataclass(slots=True)
class Spec:
    """The merged sections. `incomplete` names those of which something could not be used.

    `blind`: clusters or groups may be declared in something that could not be read at all.
    """

    name: Item[str] | None = None
    clusters: dict[str, Item[Any]] = field(default_factory=dict)
    groups: dict[str, Item[Any]] = field(default_factory=dict)
    peerings: list[Item[Peering]] = field(default_factory=list)
    exports: list[Item[Export]] = field(default_factory=list)
    intentions: list[Item[Intentions]] = field(default_factory=list)
    policies: list[Item[dict[str, Any]]] = field(default_factory=list)
    protect: list[Item[str]] = field(default_factory=list)
    sensitive: list[Item[list[str]]] = field(default_factory=list)
    moved: list[Item[dict[str, str]]] = field(default_factory=list)
    removed: list[Item[dict[str, Any]]] = field(default_factory=list)
    ignore: list[Item[dict[str, Any]]] = field(default_factory=list)
    sections: dict[str, list[Item[Any]]] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    blind: bool = False
    unusable: set[str] = field(default_factory=set)  # clusters and groups that exist but have problems

    def items_of(self, section: str) -> list[Item[Any]]:
        """Return the items of a section, to be added to."""
        if section in self.sections:
            return self.sections[section]
        found: list[Item[Any]] = getattr(self, section)
        return found

    def drop_expanded(self) -> None:
        """Drop the items that resources were made from, so that no large section is kept in two forms."""
        expanded: list[list[Item[Any]]] = [self.peerings, self.exports, self.intentions]
        for items in (*expanded, *self.sections.values()):
            items.clear()


class Merger:
    """Puts documents together. A cluster or group declared twice is a problem that names both places."""

    def __init__(self) -> None:
        untyped = [name for name in (*BY_CLUSTER, *ONE_PER_CLUSTER) if name not in TYPED]
        self.spec = Spec(sections={name: [] for name in untyped})
        self.problems: list[Diagnostic] = []

    def add(self, doc: SourceDoc, checked: Checked, *, marked: bool = False) -> None:
        """Take in one document, without the things at or above the paths that `checked` calls bad.

        `marked`: values of sensitive variables may be in it.
        """
        if not isinstance(doc.value, dict):
            return
        broken, items = _broken(checked.bad), Items(doc, checked, marked=marked)
        self.spec.incomplete.update(str(path[0]) for path in broken)
        self.spec.blind |= bool(broken & {("clusters",), ("groups",)})
        root = Place(doc, doc.marks)
        for name, value in doc.value.items():
            if (name,) not in broken and value is not None:
                self._section(name, value, root.inner(name), broken, items)

    def _section(
        self, name: str, value: Any, place: Place, broken: set[tuple[Step, ...]], items: Items
    ) -> None:
        if name in ("name", FORMER_NAME):
            self._name(name, value, place)
        elif name in ("clusters", "groups"):
            self._named(name, value, place, broken)
        elif name in LISTS:
            self.spec.items_of(name).extend(
                Item("", "", items.at(name, number), place, place.inner(number), place.inner(number))
                for number in range(len(value))
                if (name, number) not in broken
            )
        elif name in BY_CLUSTER:
            self.spec.items_of(name).extend(_nested(name, value, place, broken, items))
        elif name in ONE_PER_CLUSTER:
            self.spec.items_of(name).extend(_flat(name, value, place, broken))

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
) -> Iterator[Item[Any]]:
    for name, entry in value.items():
        if (section, name) not in broken:
            key = place.key(name)
            yield Item(name, name, entry, key, key, place.inner(name))


def _nested(
    section: str, value: Mapping[str, Any], place: Place, broken: set[tuple[Step, ...]], items: Items
) -> Iterator[Item[Any]]:
    for cluster, entries in value.items():
        if (section, cluster) in broken or entries is None:
            continue
        above, inner = place.key(cluster), place.inner(cluster)
        for name in range(len(entries)) if isinstance(entries, list) else entries:
            if (section, cluster, name) not in broken:
                value_here = items.at(section, cluster, name)
                yield Item(cluster, str(name), value_here, above, inner.key(name), inner.inner(name))
