"""Read back what was written: a run is only as good as what the clusters say afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.engine.bodies.ignoring import as_live
from reconciler.engine.bodies.merge import merge
from reconciler.engine.bodies.rebase import seen_like, taken_away
from reconciler.engine.execution.ports import Ports
from reconciler.engine.execution.steps import recorded, to_read
from reconciler.engine.refresh import refresh
from reconciler.model.change import Action, Change
from reconciler.model.event import Event, Succeeded, Unconfirmed
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Conflict, ProviderError, TimedOut
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Applied, Condition, Present, Unknown, Wanted


async def confirm(
    changes: Sequence[Change], ended: Mapping[Address, Event], ports: Ports
) -> tuple[dict[Address, Event], tuple[str, ...], int]:
    """Check every applied change in one bulk read per cluster and kind.

    Gives the final events (an applied change that is not there becomes unconfirmed), notes for what could not
    be read back, and the number of requests. Records the versions that the servers gave.
    """
    done = [change for change in changes if isinstance(ended.get(change.address), Succeeded)]
    asked: dict[str, list[Wanted]] = {}
    for change in done:
        asked.setdefault(change.provider, []).append(to_read(change))
    observed = await refresh(asked, ports.providers)
    events, notes = dict(ended), []
    for change in done:
        live = observed.objects.get(change.address)
        if isinstance(live, Unknown):
            notes.append(f"{change.address}: written, but not read back: {live.error.message}")
            continue
        error = _difference(ports.kinds[change.provider, change.address.type], change, live)
        if error is not None:
            events[change.address] = _unconfirmed(events[change.address], error)
        elif live is not None and change.action is not Action.DELETE:
            applied = Applied(live.remote_ids, live.version)
            await ports.recorder.applied(recorded(change, applied))
    return events, tuple(notes), observed.requests


def _difference(kind: Kind, change: Change, live: Present | None) -> ProviderError | None:
    if change.action is Action.DELETE:
        return None if _gone(kind, change, live) else _conflict(change, "is there again")
    if live is None:
        return _conflict(change, "is gone again")
    if live.condition is Condition.UNHEALTHY and change.action in (Action.CREATE, Action.REPLACE):
        return _lost(change, live)
    if live.condition not in (Condition.READY, Condition.UNHEALTHY):
        return _conflict(change, live.why)
    body = seen_like(kind, change, live.body)
    owned = {name: value for name, value in (change.owned or {}).items() if name not in kind.frozen}
    owned = as_live(kind.rule, owned, body, change.ignores)
    if merge(kind.rule, owned, owned, body, shared=change.shared).target == body:
        return None
    return _conflict(change, "reads back different from what was written")


def _gone(kind: Kind, change: Change, live: Present | None) -> bool:
    """Say whether our part no longer exists; what others put into a shared object meanwhile is theirs, and so
    is an object that now has its name.
    """
    if live is None or live.condition is Condition.CONFLICT:
        return True
    if kind.container is None:
        return change.after is not None
    body = seen_like(kind, change, live.body)
    ours = taken_away(kind.rule, change.before or {}, change.after or {})
    return merge(kind.rule, {}, ours, body, shared=change.shared).target == body


def _lost(change: Change, live: Present) -> ProviderError:
    return TimedOut(
        f"{change.address} came up, and no longer works: {live.why}",
        cluster=change.address.cluster,
        hint="check whether it recovers: reconciler drift",
    )


def _conflict(change: Change, what: str) -> ProviderError:
    return Conflict(
        f"{change.address} {what}: another writer changed it, or the server did",
        cluster=change.address.cluster,
        hint="plan again to see the difference",
    )


def _unconfirmed(event: Event, error: ProviderError) -> Event:
    assert isinstance(event, Succeeded)
    return Unconfirmed(event.address, event.action, event.elapsed, error)
