"""The items of drift of a plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.change import Change, FieldChange, Op
from reconciler.model.drifting.item import DriftItem
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Deferred, Plan

_OUTSIDE = {Op.ADD: "added", Op.CHANGE: "changed", Op.REMOVE: "removed"}


def items_of(plan: Plan) -> tuple[DriftItem, ...]:
    """Return what differs by class: everything that was changed outside since it was recorded, parts that
    others added, what is unhealthy, and what is not decided.
    """
    found = [item for change in plan.changes for item in _of_change(change, plan)]
    found += [_undecided(item) for item in plan.deferred]
    return in_order(found)


def in_order(items: Iterable[DriftItem]) -> tuple[DriftItem, ...]:
    """Return items by class and address."""
    order = list(DriftClass)
    return tuple(sorted(items, key=lambda item: (order.index(item.kind), item.address.sort_key())))


def _of_change(change: Change, plan: Plan) -> Iterator[DriftItem]:
    since = f"since serial {plan.serial}"
    drift, at = change.drift, change.origin
    if drift.deleted:
        because = f"removed outside reconciler {since}"
        yield DriftItem(DriftClass.REMOVED, change.address, because=because, at=at)
    elif drift.broken:
        yield DriftItem(DriftClass.UNHEALTHY, change.address, because=drift.broken, at=at)
    for item in drift.fields:
        yield _part(DriftClass.CHANGED, change, item, f"{_OUTSIDE[item.op]} outside reconciler {since}")
    for item in change.additions:
        yield _part(DriftClass.ADDITION, change, item, "not declared here; apply leaves it")
    if change.unhealthy:
        yield DriftItem(DriftClass.UNHEALTHY, change.address, because=change.unhealthy, at=at)


def _part(kind: DriftClass, change: Change, item: FieldChange, because: str) -> DriftItem:
    return DriftItem(kind, change.address, item.path, item.old, item.new, because, change.origin)


def _undecided(item: Deferred) -> DriftItem:
    return DriftItem(DriftClass.UNDECIDED, item.address, because=item.because, rule=item.code)
