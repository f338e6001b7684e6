"""What Consul's servers know in a config entry of each kind: the fields of `entry_kinds` as shapes.

The table has every field by its path: its type, its other spelling (`alias`: servers take that beside any
letter case), the releases that have it (`since`, with backports to older lines; `until` the last one), and
the values that servers take (`one of`; `case` how servers write them; `checked` since when they refuse
others). `dropped`: servers take the field and throw it away. `*` is any key of a map; lists are walked
through.

It was read from the struct definitions of every release from 1.13.0 to 1.19.2, of 1.20.0-rc1 and of
1.22.0-dev (Community Edition): names, types and aliases only. Fields that only 1.22.0-dev has are listed with
the release whose changelog names them; use_sni, in no changelog yet, with the line that was open when it was
written.

Left out: Kind, Name, Hash, CreateIndex, ModifyIndex and Status, which the server or a controller writes, the
kind bound-api-gateway, which only a controller writes, and the Namespace and Partition that only Enterprise
has (those that Community Edition takes as well are there). control-plane-request-limit is Enterprise's: its
fields are from its page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from functools import cache

from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.dataclass import dataclass

Version = tuple[int, int]

NEWEST: Version = (1, 22)  # what is newer may have fields that the table lacks
_NUMBERS = re.compile(r"v?(\d+)\.(\d+)")
# Of every entry, though not in the table: see above.
_COMMON = ("Kind", "Name", "Hash", "CreateIndex", "ModifyIndex", "Status")
_SCOPE = ("Namespace", "Partition")


@dataclass(slots=True)
class Shape:
    """What may be at one place of an entry.

    `below` are the shapes of a struct's fields by lower-case spelling (empty: not looked into), `item` that
    of a map's values. `good` remembers sets of keys that were found right: many entries have the same.
    """

    name: str
    type: str = "struct"
    choices: tuple[str, ...] = ()
    case: str = ""
    checked: Version | None = None
    below: dict[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    good: set[tuple[str, ...]] = field(default_factory=set)
    chosen: tuple[Shape, ...] = ()  # those below that are an enumeration

    @property
    def names(self) -> list[str]:
        """The fields of a struct as Consul writes them."""
        return sorted({shape.name for shape in self.below.values() if shape.type not in ("any", "dropped")})


def version_of(text: str) -> Version | None:
    """Return the first two numbers of a version, or `None` where there are none."""
    match = _NUMBERS.match(text)
    return (int(match[1]), int(match[2])) if match else None


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Return what is said of each field, by kind and path, of the kinds that may be declared."""
    return {kind: facts.fields for kind, facts in entry_kinds().items() if kind not in of_controllers()}


@cache
def kinds() -> frozenset[str]:
    """Return every kind that servers have."""
    return frozenset(entry_kinds())


@cache
def of_controllers() -> frozenset[str]:
    """Return the kinds that only a controller of Consul writes."""
    return frozenset(kind for kind, facts in entry_kinds().items() if facts.writer == "controller")


@cache
def shape_of(kind: str) -> Shape | None:
    """Return the shape of a whole entry, or `None` for a kind that the table does not have."""
    fields = table().get(kind)
    if fields is None:
        return None
    top = Shape(kind)
    for name in _COMMON:
        top.below[name.lower()] = Shape(name, "any")
    for path, said in fields.items():
        *above, name = path.split(".")
        _put(_at(top, above), name, said)
    _finish(top)
    return top


def _at(shape: Shape, path: list[str]) -> Shape:
    for step in path:
        if step != "*":
            shape = shape.below[step.lower()]
            continue
        shape.item = shape.item or Shape(shape.name)
        shape = shape.item
    return shape


def _put(owner: Shape, name: str, said: str) -> None:
    type_, *more = said.split(", ")
    given = dict(part.split(" ", 1) for part in more)
    shape = Shape(
        name,
        type_.removeprefix("pointer to "),
        tuple(given.get("one", "").split()[1:]),
        given.get("case", ""),
        version_of(given.get("checked", "")),
    )
    owner.below[name.lower()] = shape
    if "alias" in given:
        owner.below[given["alias"]] = shape


def _finish(shape: Shape) -> None:
    """Add the fields of Enterprise wherever a struct has fields."""
    for below in {id(item): item for item in shape.below.values()}.values():
        _finish(below)
    if shape.item is not None:
        _finish(shape.item)
    if shape.below:
        for name in _SCOPE:
            shape.below.setdefault(name.lower(), Shape(name, "any"))
    shape.chosen = tuple({s.name: s for s in shape.below.values() if s.choices}.values())
