"""Who changed it: what the cluster and the state say about when, and never more than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.change import Change
from reconciler.model.drifting.item import DriftItem
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Plan
from reconciler.model.state import State
from reconciler.sdk.provider import Contact, Contacts

_BY_HAND = (DriftClass.CHANGED, DriftClass.REMOVED)
_TIMES = {
    Contact.DELETED: "being deleted since",
    Contact.HEARTBEAT: "last heartbeat",
    Contact.RECEIVED: "last receipt or failure to receive",
}


def attributed(items: Iterable[DriftItem], plan: Plan, state: State) -> list[DriftItem]:
    """Return the items with what is known of when they came to be."""
    changes = {change.address: change for change in plan.changes}
    since = _since(state)
    return [_attributed(item, changes.get(item.address), since, state) for item in items]


def _attributed(item: DriftItem, change: Change | None, since: str, state: State) -> DriftItem:
    if change is None:
        return item
    if item.kind in _BY_HAND:
        return replace(item, who=since, versions=_versions(change, state))
    if item.kind is DriftClass.UNHEALTHY:
        return replace(item, who=contact_text(change.contacts), contacts=change.contacts)
    return item


def contact_text(contacts: Contacts) -> str:
    """Return `dc1: last heartbeat 2026-11-30T15:21:57Z; dc2: not known`; empty where nothing is known."""
    if not any(contacts.values()):
        return ""
    return "; ".join(f"{cluster}: {_end(times) or 'not known'}" for cluster, times in contacts.items())


def _end(times: Mapping[Contact, str]) -> str:
    """Return what one end says. What it received is of interest where that was after its last heartbeat."""
    beat, received = times.get(Contact.HEARTBEAT), times.get(Contact.RECEIVED)
    hides = beat is not None and received is not None and received <= beat
    said = [what for what in _TIMES if what in times and not (hides and what is Contact.RECEIVED)]
    return ", ".join(f"{_TIMES[what]} {times[what]}" for what in said)


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
