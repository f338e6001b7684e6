"""Any ignore rule: what it is about stays as it is on the server, and the second apply writes nothing."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.app.bookkeeping import record_updates
from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.ignoring import as_live
from reconciler.engine.bodies.merge import remainder
from reconciler.engine.bodies.same import same
from reconciler.engine.execution.confirm import confirm
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.ports import Stop
from reconciler.model.desired import DesiredState
from reconciler.model.event import Succeeded
from reconciler.model.ignoring.rules import IGNORABLE, IgnoreRule
from reconciler.model.plan import Mode, Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.model.plan_digest import sealed
from reconciler.model.state import State
from reconciler.sdk.address import Address
from tests.properties.test_planning import configurations, entries, shares
from tests.support.memory import KINDS, MemoryServers
from tests.support.plans import KINDS_IN_PLAY, desired, plan, providers, resource, state
from tests.unit.engine.test_executor import Record

PATHS: list[tuple[str | int, ...]] = [
    ("Size",), ("size",), ("O*",), ("Other",), ("Items", "a"), ("Items", "*", "To"), ("Items", "To", "b"),
    ("Items", "b", "To", "*"), ("Items", "*", "Name"), ("Nothing", "Here"),
]  # fmt: skip
rules = st.builds(
    IgnoreRule,
    addresses=st.sampled_from([("*",), ("entry.*",), ("entry.dc1/0", "share.dc1/*")]),
    fields=st.lists(st.sampled_from(PATHS), min_size=1, max_size=3).map(tuple),
    classes=st.frozensets(st.sampled_from(IGNORABLE)),
    until=st.none() | st.dates(),
)
ignores = st.lists(rules, max_size=3).map(tuple)
Rules = tuple[IgnoreRule, ...]


async def applied(world: MemoryServers, want: DesiredState, known: State, held: Rules) -> tuple[State, Plan]:
    record = Record()
    record.entries = dict(known.resources)
    made = await plan(world, want, known, ignores=held)
    for keep in record_updates(made, known, {}):
        await keep(record)
    await carried_out(world, made, record)
    return state(*record.entries.values()), made


async def carried_out(world: MemoryServers, made: Plan, record: Record) -> None:
    """Perform a plan and read back what was written; every step must succeed."""
    ports = Ports(providers(world), record, lambda event: None, Stop(), KINDS_IN_PLAY)
    ended, _, _ = await confirm(made.actions, await execute(made, ports), ports)
    assert [event for event in ended.values() if not isinstance(event, Succeeded)] == []


def written_over(
    world: MemoryServers, before: dict[Any, Any], held: Rules, known: State, want: DesiredState
) -> list[str]:
    """Return the objects of which an ignored place is not as it was before.

    Of an object that is no longer declared, what was ours goes, ignored or not.
    """
    out = []
    for address, body in before.items():
        rule = KINDS[address.type].rule
        paths = tuple(path for one in held if one.is_for(address) for path in one.fields)
        now = canonical(rule, world.objects.get(address) or {}, declared=False)
        then = canonical(rule, body, declared=False)
        if address in known.resources and address not in want.resources:
            then = of_others(address, known.resources[address].body, then)
        if address in world.objects and not same(rule, now, as_live(rule, now, then, paths)):
            out.append(f"{address}: {then} became {now}")
    return out


def of_others(address: Address, recorded: Mapping[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """Return what is left of a live body where our part of it goes."""
    kind = KINDS[address.type]
    body = canonical(kind.rule, recorded, declared=True)
    return remainder(kind.rule, kind.container, body, live, shared=False) or {}


def share_that_goes() -> tuple[DesiredState, DesiredState, dict[str, Any], dict[str, Any], Rules]:
    """An ignored item of ours in an object that others have items in, too, and that is no longer declared."""
    mine, theirs = {"Name": "a", "To": []}, {"Name": "b", "To": []}
    first = desired(resource("share.dc1/default", {"Items": [mine]}))
    return first, desired(), {}, {"Items": [mine, theirs]}, (IgnoreRule(("*",), (("Items", "a"),)),)


@settings(max_examples=60, deadline=None)
@given(configurations(), configurations(), entries, shares, ignores)
@example(*share_that_goes())
def test_what_is_ignored_stays_as_it_is_and_the_second_apply_writes_nothing(
    first: DesiredState, second: DesiredState, strange: dict[str, Any], shared: dict[str, Any], held: Rules
) -> None:
    async def scenario() -> None:
        world = MemoryServers()
        known, _ = await applied(world, first, State(), held)
        for address, body in (
            ("entry.dc1/0", strange),
            ("entry.dc1/5", strange),
            ("share.dc1/default", shared),
        ):
            world.put(address, body)
        before, recorded = copy.deepcopy(world.objects), known

        known, _ = await applied(world, second, known, held)
        assert written_over(world, before, held, recorded, second) == []

        world.writes.clear()
        known, again = await applied(world, second, known, held)
        assert again.has_changes is False
        assert world.writes == []
        drift = await plan(world, second, known, Mode.REFRESH_ONLY, ignores=held)
        assert drift.drifted == ()

    asyncio.run(scenario())


@settings(max_examples=60, deadline=None)
@given(configurations(), entries, entries, ignores)
def test_what_is_ignored_may_change_between_plan_and_apply(
    want: DesiredState, strange: dict[str, Any], later: dict[str, Any], held: Rules
) -> None:
    """Another writer of an ignored place is no conflict, neither at the write nor when it is read back."""

    async def scenario() -> None:
        world = MemoryServers()
        known, _ = await applied(world, want, State(), held)
        for address in [one for one in world.objects if one.type == "entry"]:
            world.put(address, strange)
        record = Record()
        record.entries = dict(known.resources)
        made = await plan(world, want, known, ignores=held)
        changed = {change.address: change for change in made.actions}
        for address, change in changed.items():
            rule = KINDS[address.type].rule
            if change.address.type == "entry" and address in world.objects:
                world.put(address, as_live(rule, world.objects[address], later, change.ignores))
        await carried_out(world, made, record)

    asyncio.run(scenario())


@settings(max_examples=30, deadline=None)
@given(configurations(), configurations(), ignores, ignores)
def test_the_digest_covers_the_rules_and_a_plan_with_them_survives_json(
    first: DesiredState, second: DesiredState, held: Rules, others: Rules
) -> None:
    async def made(rules_held: Rules) -> Plan:
        world = MemoryServers()
        known, _ = await applied(world, first, State(), held)
        return sealed(await plan(world, second, known, ignores=rules_held))

    one, other = asyncio.run(made(held)), asyncio.run(made(others))

    assert decode(encode(one)) == one
    assert (one.digest == other.digest) == (held == others)
