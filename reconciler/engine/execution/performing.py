"""Performing one step: the intent where it must be known first, the call, and others' writes in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from reconciler.engine.bodies.rebase import rebased
from reconciler.engine.execution.flight import Flight
from reconciler.engine.execution.interim import resting_on
from reconciler.engine.execution.ports import Ports
from reconciler.engine.execution.steps import check_sendable, recorded, seen, step, to_read
from reconciler.engine.refresh import read
from reconciler.model.change import Action, Change
from reconciler.model.failure import Failure
from reconciler.plugin_calls import fault, wrong
from reconciler.sdk.errors import Conflict, NotSupported, ProviderError
from reconciler.sdk.process.writing import before_writing
from reconciler.sdk.provider import Applied, Observation, Present, Provider, Report, Rotates

CONFLICT_RETRY_SECONDS = 30.0  # for which a change is rebased on other writes before it fails


async def perform(ports: Ports, flight: Flight) -> Applied:
    """Do a step; where others wrote another part of the object meanwhile, do it on top of that.

    What cannot be repeated, and what takes an object down, is recorded first; no request that may change
    something is sent once the lock is lost. Raises `ProviderError`, and `Failure` where nothing may be
    written any more.
    """
    change = flight.change
    check_sendable(change)
    takes_down = flight.way is not None and change.action is Action.DELETE
    if takes_down or not ports.kind(change).repeatable:
        await ports.recorder.intent(recorded(change, Applied(), pending=change.action.value))
    return await _perform_rebasing(ports, flight)


async def _perform_rebasing(ports: Ports, flight: Flight) -> Applied:
    provider = ports.providers[flight.change.provider]
    until = asyncio.get_running_loop().time() + CONFLICT_RETRY_SECONDS
    while True:
        await ports.recorder.check()
        try:
            with before_writing(ports.recorder.check):
                return await _performed(provider, flight.change, flight.report)
        except Conflict:
            late = asyncio.get_running_loop().time() >= until
            again = None if late else await _rebased(ports, flight.change)
            if again is None:
                raise
            flight.change = again
            check_sendable(again)
        flight.report("another part of it was written meanwhile; merging with that")


async def _rebased(ports: Ports, change: Change) -> Change | None:
    kind = ports.kind(change)
    if not kind.repeatable:
        return None
    live = await _live(ports, change)
    return rebased(kind, change, live) if live is None or isinstance(live, Present) else None


async def resumed(ports: Ports, change: Change, applied: Applied) -> Change:
    """Return a change that goes on from what the step before it left (`applied`), with the version that it
    has now.

    Reads the object only where the server's answer had no version. Raises `ProviderError`.
    """
    if change.before is None:
        return change
    if applied.version is not None:
        return replace(change, observed_version=applied.version)
    return resting_on(ports.kind(change), change, await _live(ports, change))


async def _live(ports: Ports, change: Change) -> Observation:
    reading = await read(change.provider, ports.providers[change.provider], [to_read(change)])
    return reading.objects.get(change.address)


async def _performed(provider: Provider, change: Change, report: Report) -> Applied:
    if change.action is not Action.ROTATE:
        return await _answered(change, "perform", provider.perform(step(change), report))
    present = seen(change)
    if not isinstance(provider, Rotates) or present is None:
        raise NotSupported(f"{change.address} has no secret that could be renewed")
    return await _answered(change, "rotate", provider.rotate(change.address, present, report))


async def _answered(change: Change, call: str, work: Awaitable[Applied]) -> Applied:
    """Await a plugin's call. Raises `PluginFault` for an exception that is no `ProviderError`."""
    try:
        applied = await work
    except (ProviderError, Failure):
        raise
    except Exception as error:  # a plugin is other people's code
        raise fault(change.provider, call, error, change.address) from error
    if not isinstance(applied, Applied):
        what = f"it returned {type(applied).__name__}, not Applied"
        raise wrong(change.provider, call, what, change.address)
    return applied
