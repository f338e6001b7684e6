"""Executing a plan: order, accounting, failures, interruption, recording, reading back."""

from __future__ import annotations

import pytest

from reconciler.engine.execution.confirm import confirm
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.ports import Stop
from reconciler.model.event import Event, Failed, Skipped, SkipReason, Started, Succeeded, Unconfirmed
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan
from reconciler.model.state import Recorded, RecordedCluster
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied
from tests.support.memory import MemoryServers
from tests.support.plans import KINDS_IN_PLAY, desired, plan, providers, recorded, resource, state


class Record:
    """Keeps in memory what was recorded, in order; can refuse."""

    def __init__(self) -> None:
        self.entries: dict[Address, Recorded] = {}
        self.intents: dict[Address, Recorded] = {}
        self.log: list[str] = []
        self.seen: list[Recorded] = []  # everything that was ever said, in order
        self.refuse_after: int | None = None

    def _note(self, what: str, address: Address) -> None:
        if self.refuse_after is not None and len(self.log) >= self.refuse_after:
            raise Failure(Cause.STATE_UNWRITABLE, "no space left on device")
        self.log.append(f"{what} {address}")

    async def check(self) -> None:
        pass

    async def intent(self, recorded: Recorded) -> None:
        self._note("intent", recorded.address)
        self.seen.append(recorded)
        self.intents[recorded.address] = recorded

    async def applied(self, recorded: Recorded) -> None:
        self._note("applied", recorded.address)
        self.seen.append(recorded)
        self.intents.pop(recorded.address, None)
        self.entries[recorded.address] = recorded

    async def removed(self, address: Address) -> None:
        self._note("removed", address)
        self.entries.pop(address, None)

    async def saw_cluster(self, cluster: RecordedCluster) -> None:
        return None


class Run:
    """One execution in a memory world."""

    def __init__(self, world: MemoryServers) -> None:
        self.world, self.record, self.stop = world, Record(), Stop()
        self.events: list[Event] = []
        self.providers = providers(world)

    def reach(self) -> Ports:
        return Ports(self.providers, self.record, self.events.append, self.stop, KINDS_IN_PLAY)

    async def __call__(self, made: Plan) -> dict[str, Event]:
        return {str(address): event for address, event in (await execute(made, self.reach())).items()}


CHAIN = desired(
    resource("entry.dc1/a", {"Size": 1}),
    resource("entry.dc1/b", {"Size": 1}, ("entry.dc1/a",)),
    resource("entry.dc1/c", {"Size": 1}, ("entry.dc1/b",)),
    resource("entry.dc1/free", {"Size": 1}),
)


async def test_everything_is_done_in_order_and_recorded() -> None:
    run = Run(MemoryServers())

    ended = await run(await plan(run.world, CHAIN))

    assert all(isinstance(event, Succeeded) for event in ended.values())
    assert [where for _, where in run.world.writes if where != "entry.dc1/free"] == [
        "entry.dc1/a",
        "entry.dc1/b",
        "entry.dc1/c",
    ]
    assert {str(address) for address in run.record.entries} == set(ended)


async def test_a_failure_stops_only_what_depends_on_it_and_names_the_cause() -> None:
    run = Run(MemoryServers())
    run.world.faults[Address.parse("entry.dc1/b")] = [Denied("no", cluster="dc1")]

    ended = await run(await plan(run.world, CHAIN))

    assert isinstance(ended["entry.dc1/b"], Failed)
    assert ended["entry.dc1/c"] == Skipped(
        Address.parse("entry.dc1/c"), ended["entry.dc1/c"].action, SkipReason.DEPENDENCY, "needs entry.dc1/b"
    )
    assert isinstance(ended["entry.dc1/free"], Succeeded)


@pytest.mark.parametrize("failing", ["a", "b", "c", "free"])
async def test_after_any_failure_a_later_run_converges(failing: str) -> None:
    run = Run(MemoryServers())
    run.world.faults[Address.parse(f"entry.dc1/{failing}")] = [Denied("no", cluster="dc1")]
    await run(await plan(run.world, CHAIN))

    again = Run(run.world)
    again.record.entries = run.record.entries
    await again(await plan(run.world, CHAIN, state(*run.record.entries.values())))
    last = await plan(run.world, CHAIN, state(*again.record.entries.values()))

    assert last.actions == ()
    assert len(run.world.writes) == 4


async def test_an_interrupt_finishes_what_is_in_flight_and_starts_nothing_new() -> None:
    run = Run(MemoryServers())
    run.world.before_write = lambda address: run.stop.request()

    ended = await run(await plan(run.world, CHAIN))

    skipped = [event for event in ended.values() if isinstance(event, Skipped)]
    assert {event.because for event in skipped} == {"interrupted"}
    assert len(run.world.writes) == len(ended) - len(skipped)
    assert len(run.record.entries) == len(run.world.writes)


async def test_a_call_that_cannot_be_repeated_has_its_intent_on_disk_first() -> None:
    run = Run(MemoryServers())
    link = desired(resource("link.dc1/dc2", {"Names": {"dc1": "a"}}))
    order: list[str] = run.record.log
    run.world.before_write = lambda address: order.append(f"call {address}")

    await run(await plan(run.world, link))

    assert order == ["intent link.dc1/dc2", "call link.dc1/dc2", "applied link.dc1/dc2"]


async def test_no_step_starts_once_the_state_cannot_be_written() -> None:
    run = Run(MemoryServers())
    run.record.refuse_after = 1

    with pytest.raises(Failure, match="no space left"):
        await run(await plan(run.world, CHAIN))

    assert len(run.world.writes) <= 3


async def test_every_step_is_announced_before_it_ends() -> None:
    run = Run(MemoryServers())

    ended = await run(await plan(run.world, CHAIN))

    for address in ended:
        kinds = [type(event) for event in run.events if str(event.address) == address]
        assert kinds == [Started, Succeeded]


async def test_what_reads_back_different_is_done_and_not_confirmed() -> None:
    run = Run(MemoryServers())
    made = await plan(run.world, CHAIN)
    ended = await execute(made, run.reach())
    run.world.put("entry.dc1/b", {"Size": 666})

    final, _, _ = await confirm(made.actions, ended, run.reach())

    assert [str(a) for a, event in final.items() if isinstance(event, Unconfirmed)] == ["entry.dc1/b"]


async def test_what_cannot_be_read_back_is_said() -> None:
    run = Run(MemoryServers())
    made = await plan(run.world, CHAIN)
    ended = await execute(made, run.reach())
    run.world.down = {"dc1"}

    final, notes, _ = await confirm(made.actions, ended, run.reach())

    assert all(isinstance(event, Succeeded) for event in final.values())
    assert len(notes) == 4


async def test_giving_up_our_part_writes_the_rest_and_forgets_the_record() -> None:
    run = Run(MemoryServers())
    run.world.put("share.dc1/default", {"Items": [{"Name": "a"}, {"Name": "theirs"}]})
    known = state(recorded("share.dc1/default", {"Items": [{"Name": "a"}]}))

    await run(await plan(run.world, desired(), known))

    assert run.world.objects[Address.parse("share.dc1/default")] == {"Items": [{"Name": "theirs"}]}
    assert run.record.log == ["removed share.dc1/default"]


SHARE = Address.parse("share.dc1/default")
OURS = desired(resource(str(SHARE), {"Items": [{"Name": "a"}]}))


async def test_a_change_goes_on_however_often_others_write_beside_it() -> None:
    run = Run(MemoryServers())
    run.world.put(SHARE, {"Items": [{"Name": "b0"}]})
    made = await plan(run.world, OURS)
    written = iter(range(1, 100))

    def others(address: Address) -> None:
        number = next(written, None)
        if number is not None:
            run.world.put(SHARE, {"Items": [{"Name": f"b{number}"}]})

    run.world.before_write = others

    ended = await run(made)

    assert isinstance(ended[str(SHARE)], Succeeded)
    assert run.world.objects[SHARE] == {"Items": [{"Name": "a"}, {"Name": "b99"}]}


async def test_a_shared_object_that_others_leave_meanwhile_is_recreated() -> None:
    run = Run(MemoryServers())
    run.world.put(SHARE, {"Items": [{"Name": "b"}]})
    made = await plan(run.world, OURS)

    def others(address: Address) -> None:
        run.world.before_write = None
        run.world.put(SHARE, {})
        del run.world.objects[SHARE]

    run.world.before_write = others

    ended = await run(made)

    assert isinstance(ended[str(SHARE)], Succeeded)
    assert run.world.objects[SHARE] == {"Items": [{"Name": "a"}]}


@pytest.mark.parametrize(("there", "end"), [("theirs", Succeeded), ("a", Unconfirmed)])
async def test_a_removal_stands_beside_what_others_put_there_and_not_beside_ours(
    there: str, end: type[Event]
) -> None:
    run = Run(MemoryServers())
    run.world.put(SHARE, {"Items": [{"Name": "a"}]})
    made = await plan(run.world, desired(), state(recorded(str(SHARE), {"Items": [{"Name": "a"}]})))
    ended = await execute(made, run.reach())
    run.world.put(SHARE, {"Items": [{"Name": there}]})

    final, _, _ = await confirm(made.actions, ended, run.reach())

    assert isinstance(final[SHARE], end)
