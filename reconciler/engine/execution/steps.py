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
    """What the provider is asked to do for a change, with sensitive values in plain: they leave here."""
    after, verb = revealed(change.after), _VERBS[change.action]
    if verb is Verb.DELETE and after is not None:
        verb = Verb.RELEASE
    return Step(verb, change.address, seen(change), after, change.observed_version)


def check_sendable(change: Change) -> None:
    """Raise `Unsendable` for a body that no server may get, whatever a merge or a provider made of it."""
    sendable.check(revealed(change.after), cluster=change.address.cluster, subject=str(change.address))


def hint(change: Change) -> Wanted:
    """What to read of a changed object, with the names that are in its body."""
    return Wanted(change.address, revealed(change.owned or change.before))


def seen(change: Change) -> Present | None:
    """The object as the plan saw it; `None` where it was absent."""
    if change.before is None:
        return None
    return Present(revealed(change.before), change.observed_version or 0, change.remote_ids, Condition.READY)


def recorded(change: Change, applied: Applied, *, pending: str | None = None) -> Recorded:
    """What the state will say of a change once it is done (or, with `pending`, while it is tried).

    While something is being removed the record keeps what was there: after a crash it still names it.
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
    """What the state says of an object that is away until its change makes it again."""
    entry = recorded(change, Applied(), pending=Action.CREATE.value)
    return replace(entry, body=change.owned or {}, remote_ids={})


def _makes(change: Change) -> bool:
    """Whether the object is reconciler's own making from now on. One that is only put back is what it was."""
    made = change.action in (Action.CREATE, Action.REPLACE)
    return made and change.reason is not Reason.TAKEN_DOWN
