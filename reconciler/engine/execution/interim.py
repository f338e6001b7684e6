"""Interim steps: a change with an interim step is two changes, one after the other. Pure."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.bodies.rebase import rebased, seen_like
from reconciler.engine.bodies.same import same
from reconciler.model.change import Action, Change
from reconciler.sdk.errors import Conflict
from reconciler.sdk.foresight import Way
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Observation, Present, Unknown


def first(change: Change) -> Change:
    """Return the interim step as a change of its own: from what is live to what exists until the other is
    done.

    Where nothing of ours is left in an object, an empty part of it is recorded.
    """
    interim = change.interim
    assert interim is not None
    if interim.after is None:
        action, owned = Action.DELETE, None
    else:
        action = Action.CREATE if change.before is None else Action.UPDATE
        owned = interim.owned or {}
    return replace(
        change,
        action=action,
        why=interim.why,
        after=interim.after,
        owned=owned,
        fields=interim.fields,
        index=interim.index,
        interim=None,
        waits_for=interim.waits_for,
        waits_for_interim=interim.waits_for_interim,
    )


def second(change: Change) -> Change:
    """Return the change itself, from what the interim step leaves. The version of that is not known yet."""
    interim = change.interim
    assert interim is not None
    if interim.after is None:
        return replace(
            change, action=Action.CREATE, before=None, observed_version=None, remote_ids={}, interim=None
        )
    action = Action.UPDATE if change.action is Action.CREATE else change.action
    return replace(change, action=action, before=interim.after, observed_version=None, interim=None)


def resting_on(kind: Kind, change: Change, live: Observation) -> Change:
    """Return a `second` change on what is live now: as it is where that is what the interim step left, on top
    of what others wrote to other parts since. Raises `Conflict`, or the error of what could not be read.
    """
    if isinstance(live, Unknown):
        raise live.error
    if isinstance(live, Present) and same(kind.rule, change.before, seen_like(kind, change, live.body)):
        return replace(change, observed_version=live.version)
    again = rebased(kind, change, live) if kind.repeatable else None
    if again is not None:
        return again
    what = "is gone" if live is None else "was changed"
    raise Conflict(
        f"{change.address} {what} since the step before it",
        cluster=change.address.cluster,
        hint="another writer changes it too; plan again to see its current content",
    )


_STAYS = {
    Way.WIDEN: "it stays widened; the next apply completes it",
    Way.NARROW: "it stays narrowed; the next apply completes it",
    Way.TAKE_DOWN: "a part of it stays taken down; the next apply restores it",
}


def left_between(change: Change) -> str:
    """Return what is left of an object whose interim step was done, and whose change was not."""
    interim = change.interim
    if interim is None:
        return ""
    if change.before is None:
        text = "it stays incomplete; the next apply completes it"
    elif interim.way is Way.TAKE_DOWN and interim.after is None:
        text = "it stays taken down; the next apply restores it"
    else:
        text = _STAYS[interim.way]
    return f"{text} (meanwhile: {interim.meanwhile.rstrip('.')})" if interim.meanwhile else text
