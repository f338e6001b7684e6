"""Who changed it: what the cluster and the state say about when, and never more than that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.change import Change
from reconciler.model.drifting.item import DriftItem
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Plan
from reconciler.model.state import State

_BY_HAND = (DriftClass.CHANGED, DriftClass.REMOVED)


def attributed(items: Iterable[DriftItem], plan: Plan, state: State) -> list[DriftItem]:
    """Return the items with what is known of when they came to be."""
    changes = {change.address: change for change in plan.changes}
    since = _since(state)
    return [
        replace(item, who=since, versions=_versions(changes[item.address], state))
        if item.kind in _BY_HAND
        else item
        for item in items
    ]


def _since(state: State) -> str:
    """Return `since the apply of 3f2a9c1d2e4b on main (serial 41, by anna@laptop, 2026-11-30T05:17:37Z)`."""
    saved = state.saved
    if saved is None:
        return f"since serial {state.serial}"
    of = f" of {saved.revision.short}" if saved.revision is not None else ""
    said = ", ".join((f"serial {state.serial}", f"by {saved.by}", saved.at))
    return f"since the {saved.operation}{of} ({said})"


def _versions(change: Change, state: State) -> tuple[int, int] | None:
    entry, now = state.resources.get(change.address), change.observed_version
    return (entry.version, now) if entry is not None and entry.version and now else None
