"""Which of a plan's actions are behind a change of access: those that make a difference by themselves.

A provider names all objects that may concern a path. Here each is tried: alone on the world before, and left
out of the world after. That takes two worlds for an action, so that it is done for a few of them only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.app.planning.access.before import Before, bodies_after
from reconciler.model.change import Change
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.access.protocol import Analysis

_MOST = 16  # actions that are tried


def attributed(changes: AccessChanges, own: Sequence[Change], one: Before, after: Analysis) -> AccessChanges:
    """Return the changes with only those objects behind them that make a difference; where that is none, or
    there are too many to try, with all that may.
    """
    found = (*changes.opened, *changes.closed, *changes.changed)
    shared = {address for change in found if len(change.objects) > 1 for address in change.objects}
    tried = [change for change in own if change.address in shared]
    if not tried or len(tried) > _MOST:
        return changes
    alone = {c.address: one.after(bodies_after([c])) for c in tried}
    without = {c.address: one.after(bodies_after([o for o in own if o is not c])) for c in tried}

    def behind(change: AccessChange) -> AccessChange:
        if len(change.objects) < 2:
            return change
        question = change.after.question
        tries = {
            address: (alone[address].answer(question), without[address].answer(question))
            for address in change.objects
        }
        kept = [address for address, tried in tries.items() if _turns(change, *tried)]
        kept = kept or [address for address, tried in tries.items() if _matters(change, *tried)]
        return replace(change, objects=frozenset(kept)) if kept else change

    return replace(
        changes,
        opened=tuple(map(behind, changes.opened)),
        closed=tuple(map(behind, changes.closed)),
        changed=tuple(map(behind, changes.changed)),
    )


def _turns(change: AccessChange, alone: Answer, without: Answer) -> bool:
    """Say whether an action opens what the plan opens, or closes what it closes: by itself, or because the
    others do not without it. One that only takes something of an opened path away again does not open it.
    """
    was, will = change.before.may_succeed, change.after.may_succeed
    return was != will and (alone.may_succeed == will or without.may_succeed == was)


def _matters(change: AccessChange, alone: Answer, without: Answer) -> bool:
    return _differ(alone, change.before) or _differ(without, change.after)


def _differ(one: Answer, other: Answer) -> bool:
    return (one.decision, one.answered_by, one.conditions) != (
        other.decision,
        other.answered_by,
        other.conditions,
    )
