"""Steps: what a change asks of a provider, and what the state records of it. Pure."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.change import Action, Change, Reason
from reconciler.model.state import Recorded
from reconciler.sdk import sendable
from reconciler.sdk.provider import Applied, Condition, Present, Step, Verb, Wanted
from reconciler.sdk.secrets.sensitive import revealed

_VERBS = {
    Action.CREATE: Verb.CREATE,
    Action.UPDATE: Verb.UPDATE,
    Action.DELETE: Verb.DELETE,
    Action.REPLACE: Verb.REPLACE,
    Action.ROTATE: Verb.UPDATE,  # for those who are asked about it; performing goes through `rotate`
}


def step(change: Change) -> Step:
    """Return the step for the provider, with sensitive values in plain: they are sent to the server."""
    after, verb = revealed(change.after), _VERBS[change.action]
    if verb is Verb.DELETE and after is not None:
        verb = Verb.RELEASE
    return Step(verb, change.address, seen(change), after, change.observed_version)


def check_sendable(change: Change) -> None:
    """Raise `Unsendable` for a body that no server may get, even if a merge or a provider made it."""
    sendable.check(revealed(change.after), cluster=change.address.cluster, subject=str(change.address))


def to_read(change: Change) -> Wanted:
    """Return what to read of a changed object, with the names that are in its body."""
    return Wanted(change.address, revealed(change.owned or change.before))


def seen(change: Change) -> Present | None:
    """Return the object as the plan saw it; `None` where it was absent."""
    if change.before is None:
        return None
    return Present(revealed(change.before), change.observed_version or 0, change.remote_ids, Condition.READY)


def recorded(change: Change, applied: Applied, *, pending: str | None = None) -> Recorded:
    """Return the record of a change once it is done (or, with `pending`, while it is tried).

    While something is being removed the record keeps what existed: after a crash it still names it.
    """
    removing = pending is not None and change.action in (Action.DELETE, Action.REPLACE)
    body = change.before if removing or change.owned is None else change.owned
    return Recorded(
        change.address,
        body or {},
        change.provider,
        applied.version or change.observed_version or 0,
        applied.remote_ids or change.remote_ids,
        change.depends_on,
        change.shared,
        change.protect,
        pending,
        adopted=change.adopted and (removing or not _makes(change)),
    )


def to_make_again(change: Change) -> Recorded:
    """Return the record of an object that is taken down until its change creates it again."""
    entry = recorded(change, Applied(), pending=Action.CREATE.value)
    return replace(entry, body=change.owned or {}, remote_ids={})


def _makes(change: Change) -> bool:
    """Say whether reconciler created the object. One that is only put back is what it was before."""
    made = change.action in (Action.CREATE, Action.REPLACE)
    return made and change.reason is not Reason.TAKEN_DOWN
