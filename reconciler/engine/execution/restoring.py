"""Restoring: an object that was taken down and cannot be what it is to be becomes what it was."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.execution.flight import Flight
from reconciler.engine.execution.performing import perform, resumed
from reconciler.engine.execution.ports import Ports
from reconciler.engine.execution.steps import recorded
from reconciler.model.change import Action, Change, Reason
from reconciler.model.event import Event, Failed, Skipped
from reconciler.sdk.errors import Ambiguous, Conflict, ProviderError
from reconciler.sdk.foresight import Way
from reconciler.sdk.provider import Applied

BACK = "it was taken down meanwhile, and has been restored"


def can_go_back(ports: Ports, change: Change, event: Failed | Skipped) -> bool:
    """Say whether what an interim step took of an object may be put back as it was: nothing else may exist
    there by now, and its change was not just that. A link that is to be replaced is not recreated for
    this.
    """
    interim = change.interim
    away = interim is not None and interim.way is Way.TAKE_DOWN and change.before is not None
    unsure = isinstance(event, Failed) and isinstance(event.error, Ambiguous | Conflict)
    return away and not unsure and change.reason is not Reason.TAKEN_DOWN and ports.kind(change).repeatable


async def restored(ports: Ports, change: Change, left: Applied) -> bool:
    """Put back an object as it was, from what an interim step left; whether it is. Raises `Failure`."""
    back = _back(change)
    flight = Flight(back, change.action, None, lambda event: None)
    try:
        flight.change = await resumed(ports, back, left)
        applied = await perform(ports, flight)
    except ProviderError:
        return False  # what is left is reported with what failed
    if change.interim is not None and change.interim.was is None:
        await ports.recorder.removed(change.address)  # nothing of it was ours
    else:
        await ports.recorder.applied(recorded(back, applied))
    return True


def _back(change: Change) -> Change:
    interim = change.interim
    assert interim is not None
    return replace(
        change,
        action=Action.CREATE if interim.after is None else Action.UPDATE,
        reason=Reason.TAKEN_DOWN,
        before=interim.after,
        after=change.before,
        owned=interim.was or {},
        observed_version=None,
        remote_ids={},
        interim=None,
    )


def as_restored(event: Failed | Skipped) -> Event:
    """Return the event for the end of an object that was put back as it was."""
    if isinstance(event, Skipped):
        return replace(event, because=f"{event.because}; {BACK}", left="")
    error = event.error
    error.hint = f"{error.hint}\n{BACK}" if error.hint else BACK
    return replace(event, left="")
