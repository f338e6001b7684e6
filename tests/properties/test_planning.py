"""Properties of any configuration: nothing twice, order from references only, plans as documents."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.app.bookkeeping import record_updates
from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.forms import format_duration, parse_duration
from reconciler.engine.bodies.merge import merge
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.ports import Stop
from reconciler.model.desired import DesiredState
from reconciler.model.plan import Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.model.state import State
from tests.support.memory import KINDS, MemoryServers
from tests.support.plans import KINDS_IN_PLAY, desired, plan, providers, resource, state
from tests.unit.engine.test_executor import Record

names = st.sampled_from(["a", "b", "c", "d"])
peers = st.lists(st.builds(lambda n: {"Peer": n}, names), max_size=3, unique_by=lambda item: item["Peer"])
shares = st.fixed_dictionaries(
    {
        "Items": st.lists(
            st.builds(lambda n, to: {"Name": n, "To": to}, names, peers),
            max_size=3,
            unique_by=lambda item: item["Name"],
        )
    }
)
scalars = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["", "x"]))
entries = st.dictionaries(st.sampled_from(["Size", "Open", "Other"]), scalars, max_size=3)


@st.composite
def configurations(draw: Any) -> DesiredState:
    """Up to six entries that refer to earlier ones, and perhaps a shared object."""
    count = draw(st.integers(0, 6))
    resources = []
    for number in range(count):
        earlier = [f"entry.dc1/{n}" for n in range(number)]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        resources.append(resource(f"entry.dc1/{number}", draw(entries), tuple(needs)))
    if draw(st.booleans()):
        resources.append(resource("share.dc1/default", draw(shares)))
    return desired(*resources)


async def _apply(world: MemoryServers, want: DesiredState, known: State) -> State:
    record = Record()
    record.entries = dict(known.resources)
    made = await plan(world, want, known)
    for keep in record_updates(made, known, {}):
        await keep(record)
    await execute(made, Ports(providers(world), record, lambda event: None, Stop(), KINDS_IN_PLAY))
    return state(*record.entries.values())


@given(shares)
def test_nothing_differs_from_itself(body: dict[str, Any]) -> None:
    rule = KINDS["share"].rule
    clean = canonical(rule, body, declared=False)

    assert diff(rule, clean, clean) == ()
    assert merge(rule, clean, clean, clean).target == clean


@given(shares, shares, shares)
def test_merging_twice_is_merging_once(declared: Any, recorded: Any, live: Any) -> None:
    rule = KINDS["share"].rule
    want, known = canonical(rule, declared, declared=True), canonical(rule, recorded, declared=True)
    once = merge(rule, want, known, canonical(rule, live, declared=False)).target
    clean = canonical(rule, once, declared=False)

    assert merge(rule, want, want, clean).target == clean


@settings(max_examples=60, deadline=None)
@given(configurations(), configurations())
def test_after_an_apply_the_next_plan_is_empty(first: DesiredState, second: DesiredState) -> None:
    async def scenario() -> Plan:
        world = MemoryServers()
        known = await _apply(world, first, State())
        known = await _apply(world, second, known)
        return await plan(world, second, known)

    assert asyncio.run(scenario()).has_changes is False


@settings(max_examples=60, deadline=None)
@given(configurations(), configurations(), entries)
def test_after_any_apply_the_record_is_exactly_what_is_declared(
    first: DesiredState, second: DesiredState, strange: dict[str, Any]
) -> None:
    """Also where somebody else wrote to an object in between, or made one that is declared."""

    async def scenario() -> State:
        world = MemoryServers()
        world.put("entry.dc1/5", strange)
        known = await _apply(world, first, State())
        world.put("entry.dc1/0", {"Size": 1, **strange})
        return await _apply(world, second, known)

    recorded = asyncio.run(scenario()).resources
    assert {address: entry.body for address, entry in recorded.items()} == {
        address: canonical(KINDS[address.type].rule, entry.body, declared=True)
        for address, entry in second.resources.items()
    }


@settings(max_examples=60, deadline=None)
@given(configurations(), st.randoms(use_true_random=False))
def test_order_ignores_the_order_of_the_input(want: DesiredState, dice: random.Random) -> None:
    items = list(want.resources.items())
    dice.shuffle(items)
    shuffled = DesiredState(want.clusters, dict(items), want.digest)

    one = asyncio.run(plan(MemoryServers(), want))
    other = asyncio.run(plan(MemoryServers(), shuffled))

    assert one == other


@settings(max_examples=60, deadline=None)
@given(configurations(), configurations())
def test_a_plan_survives_json(first: DesiredState, second: DesiredState) -> None:
    async def scenario() -> Plan:
        world = MemoryServers()
        return await plan(world, second, await _apply(world, first, State()))

    made = asyncio.run(scenario())

    assert decode(json.loads(json.dumps(encode(made)))) == made


@given(st.integers(-(10**15), 10**15))
def test_durations_survive_their_text(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds
