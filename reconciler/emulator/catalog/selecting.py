"""What the query of a read narrows a list to: tags, node meta data, nearness, a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.fields import Fields
from reconciler.emulator.filters.match import Predicate, compile_filter

Value = dict[str, Any]


def by_filter(context: Context, fields: Fields) -> Predicate:
    """Return what `?filter=` keeps of rows with these fields: all where there is none."""
    return compile_filter(context.query.get("filter", ""), fields)


def by_tags(context: Context, of: Callable[[Value], Value]) -> Predicate:
    """Return whether a row has every `?tag=`, in any letter case; `of` gives the service of a row."""
    wanted = [tag.lower() for tag in context.values("tag") if tag]

    def has_all(row: Value) -> bool:
        found = {str(tag).lower() for tag in of(row).get("Tags") or ()}
        return all(tag in found for tag in wanted)

    return has_all


def on_node(context: Context) -> Callable[[str], bool]:
    """Return whether the node of this name has all that `?node-meta=` asks for."""
    wanted = _pairs(context.values("node-meta"))

    def has_all(node: str) -> bool:
        meta = (context.store.nodes.get(node) or {}).get("Meta") or {}
        return all(meta.get(key) == value for key, value in wanted)

    return has_all


def _pairs(texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (text.partition(":") for text in texts if text)]


def nearest(context: Context, rows: list[Value], node_of: Callable[[Value], str]) -> list[Value]:
    """Return rows in the order of their nodes' distance to `?near=`; the order of before where it is unknown.

    Without a coordinate of the node that is named nothing moves, as in Consul.
    """
    near = context.query.get("near", "")
    own = context.cluster.node if near == "_agent" else near
    source = context.store.coordinates.get((own, ""))
    if not near or source is None:
        return rows
    return sorted(rows, key=lambda row: distance(source, context.store.coordinates.get((node_of(row), ""))))


def distance(one: Value, other: Value | None) -> float:
    """Return the seconds that a round trip takes by two coordinates; infinite where one is unknown."""
    if other is None or len(one["Vec"]) != len(other["Vec"]):
        return float("inf")
    straight = sum((a - b) ** 2 for a, b in zip(one["Vec"], other["Vec"], strict=True)) ** 0.5
    plain = straight + one["Height"] + other["Height"]
    adjusted = plain + one["Adjustment"] + other["Adjustment"]
    return float(adjusted if adjusted > 0 else plain)
