"""Steps that servers must take, or refuse until others are done: for sandbox and real servers alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.ports import Stop
from reconciler.model.change import Change, Interim
from reconciler.model.event import Event, Progress, Succeeded
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address
from reconciler.sdk.errors import DoesNotFit
from reconciler.sdk.foresight import Way
from reconciler.sdk.provider import Applied, Report, Step
from tests.support.entries.corpus import CLUSTER
from tests.support.entries.lab import EntryLab

Bodies = Mapping[Address, Mapping[str, Any]]
DEFAULTS, RESOLVER, SPLITTER = (
    Address(f"service_{kind}", CLUSTER, "steps") for kind in ("defaults", "resolver", "splitter")
)


def chain(name: str) -> Bodies:
    """A service whose requests go to one subset of it."""
    subsets = {name: {"Filter": f"Service.Meta.version == {name}"}}
    return {
        DEFAULTS: {"Protocol": "http"},
        RESOLVER: {"DefaultSubset": name, "Subsets": subsets},
        SPLITTER: {"Splits": [{"Weight": 100, "ServiceSubset": name}]},
    }


async def ran(lab: EntryLab, plan: Plan) -> tuple[dict[Address, Event], list[Event], int]:
    """Perform a plan: how each object ended, everything that was said, and the number of requests."""
    said: list[Event] = []
    kinds = lab.kinds(change.address for change in plan.changes)
    ports = Ports({"consul": lab.provider}, lab.memory, said.append, Stop(), kinds)
    before = lab.provider.requests
    ended = await execute(plan, ports)
    return ended, said, lab.provider.requests - before


def changed(plan: Plan, how: Mapping[Address, Callable[[Change], Change]]) -> Plan:
    """The plan with these changes in place of its own."""
    changes = tuple(
        how[change.address](change) if change.address in how else change for change in plan.changes
    )
    return replace(plan, changes=changes)


def free(index: int) -> Callable[[Change], Change]:
    """A change that waits for nothing."""
    return lambda change: replace(
        change, index=index, waits_for=(), waits_for_interim=(), interim=None, blocked=None
    )


@contextmanager
def gated(lab: EntryLab, late: Address, refused: Address) -> Iterator[None]:
    """The step of one object begins once that of another was refused, however busy the machine is."""
    plainly, gate = lab.provider.perform, asyncio.Event()

    async def perform(step: Step, report: Report) -> Applied:
        if step.address == late:
            await asyncio.wait_for(gate.wait(), 60.0)
        try:
            return await plainly(step, report)
        except DoesNotFit:
            if step.address == refused:
                gate.set()
            raise

    lab.provider.perform = perform  # type: ignore[method-assign]
    try:
        yield
    finally:
        lab.provider.perform = plainly  # type: ignore[method-assign]


def _after_the_splitter(change: Change) -> Change:
    return replace(free(3)(change), waits_for=(SPLITTER,))


async def check_a_refused_step_waits(lab: EntryLab) -> None:
    """In the wrong order: the protocol goes first, and is refused as long as the splitter is there."""
    assert await lab.apply(await lab.plan(chain("v1"))) == {}
    gone = await lab.plan({DEFAULTS: {"Protocol": "tcp"}})
    wrong = changed(gone, {DEFAULTS: free(1), SPLITTER: free(2), RESOLVER: _after_the_splitter})

    with gated(lab, SPLITTER, DEFAULTS):
        ended, said, requests = await ran(lab, wrong)

    assert {type(event) for event in ended.values()} == {Succeeded}
    (waits,) = (event for event in said if isinstance(event, Progress))
    assert waits.address == DEFAULTS
    assert "does not permit advanced routing or splitting" in waits.message
    assert requests == 4  # each step once, and the refused one once more
    assert await lab.apply(await lab.plan({})) == {}


async def check_a_widening_goes_on_from_what_it_left(lab: EntryLab) -> None:
    """Both subsets, then the splitter, then the new subset alone, with the version of the second write."""
    assert await lab.apply(await lab.plan(chain("v1"))) == {}
    made = await lab.plan(chain("v2"))
    both = {
        **chain("v1")[RESOLVER],
        "Subsets": {**chain("v1")[RESOLVER]["Subsets"], **chain("v2")[RESOLVER]["Subsets"]},
    }

    def wide(change: Change) -> Change:
        interim = Interim(Way.WIDEN, 1, {**(change.before or {}), **both}, both)
        return replace(_after_the_splitter(change), interim=interim)

    def after(change: Change) -> Change:
        return replace(free(2)(change), waits_for_interim=(RESOLVER,))

    ended, said, requests = await ran(lab, changed(made, {RESOLVER: wide, SPLITTER: after}))

    assert {type(event) for event in ended.values()} == {Succeeded}
    assert not [event for event in said if isinstance(event, Progress)]
    assert requests == 4  # three writes, and a read for the version of the last one
    assert (await lab.plan(chain("v2"))).actions == ()
    assert await lab.apply(await lab.plan({})) == {}
