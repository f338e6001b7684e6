"""Names that are taken now and free by then: what holds one is removed or replaced in the same plan.

An object that is in the way of another blocks it, unless it is recorded and goes in this plan. The order is
found where all others are: a name is taken once what had it is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.model.change import Action, Change
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Condition, Observation, Present


def vacated(
    changes: Mapping[Address, Change],
    recorded: Mapping[Address, Recorded],
    observed: Mapping[Address, Observation],
    blocked: Collection[Address],
) -> dict[Address, Change]:
    """Return the changes, with those unblocked that only an object removed by this plan is in the way of.

    `blocked` are the addresses whose actions are known to be denied.
    """
    taken = {
        address: live.remote_ids
        for address, live in observed.items()
        if isinstance(live, Present) and live.condition is Condition.CONFLICT
    }
    if not taken:
        return dict(changes)
    owners = {i: address for address, entry in recorded.items() for i in entry.remote_ids.values()}
    out = dict(changes)
    for address, change in changes.items():
        holders = {owners.get(found) for found in taken.get(address, {}).values()}
        if change.action is not Action.CREATE or change.marked_by or not holders:
            continue
        if all(_goes(changes, one, blocked) for one in holders):
            names = ", ".join(sorted(map(str, holders)))
            note = f"its name is in use by {names} until that is destroyed"
            out[address] = replace(change, blocked=None, notes=(note,))
    return out


def _goes(changes: Mapping[Address, Change], holder: Address | None, blocked: Collection[Address]) -> bool:
    change = changes.get(holder) if holder is not None else None
    if change is None or change.protect or change.blocked or holder in blocked:
        return False
    return change.action in (Action.DELETE, Action.REPLACE)
