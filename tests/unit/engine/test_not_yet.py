"""Refusals because of what else a server holds: the step waits for others, and is tried again with reason."""

from __future__ import annotations

import asyncio
from collections import Counter

from reconciler.model.change import Action
from reconciler.model.event import Event, Failed, Progress, Skipped, SkipReason, Started, Succeeded
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied, DoesNotFit
from reconciler.sdk.foresight import Way
from reconciler.sdk.provider import Step
from tests.support.interims import at, change, hand_made, interim
from tests.support.memory import MemoryServers
from tests.unit.engine.test_executor import Run

A, B, C = "entry.dc1/a", "entry.dc1/b", "entry.dc1/c"


class Picky(MemoryServers):
    """A server that takes a write only once another object is as it wants it; counts what it is asked."""

    def __init__(self, **needs: tuple[str, object]) -> None:
        super().__init__()
        self.needs = {at(f"entry.dc1/{name}"): (at(other), body) for name, (other, body) in needs.items()}
        self.asked: Counter[str] = Counter()
        self.judge = self._judge

    def _judge(self, step: Step) -> str:
        self.asked[str(step.address)] += 1
        other, body = self.needs.get(step.address, (step.address, None))
        fits = step.address not in self.needs or self.objects.get(other) == body
        return "" if fits else f"{other} is not as it must be"


async def test_a_refused_step_is_tried_again_after_each_success_until_it_fits() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    made = hand_made(
        change(run.world, A, 1, {"Size": 1}),
        change(run.world, B, 2, {"Size": 1}),
        change(run.world, C, 3, {"Size": 1}, waits=(B,)),
    )

    ended = await run(made)

    assert {type(event) for event in ended.values()} == {Succeeded}
    assert run.world.writes[-1] == ("create", A)
    assert asked(run)[A] == 3  # as things were, after b, after c


def asked(run: Run) -> Counter[str]:
    assert isinstance(run.world, Picky)
    return run.world.asked


async def test_while_it_waits_it_says_so_once_with_the_servers_reason() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    made = hand_made(
        change(run.world, A, 1, {"Size": 1}),
        change(run.world, B, 2, {"Size": 1}),
        change(run.world, C, 3, {"Size": 1}, waits=(B,)),
    )

    await run(made)

    mine = [event for event in run.events if event.address == at(A)]
    assert [type(event) for event in mine] == [Started, Progress, Succeeded]
    assert isinstance(mine[1], Progress)
    assert mine[1].message == f"waits for other changes on dc1: {C} is not as it must be"


async def test_a_waiting_step_is_given_up_only_when_nothing_else_moves() -> None:
    run = Run(Picky(a=(C, {"Size": "never"})))
    made = hand_made(
        change(run.world, A, 1, {"Size": 1}),
        change(run.world, B, 2, {"Size": 1}, waits=(A,)),
        change(run.world, C, 3, {"Size": 1}),
    )

    ended = await run(made)

    failed = ended[A]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, DoesNotFit)
    assert failed.error.message == f"{C} is not as it must be"
    assert "no other change of this run made room for it" in failed.error.hint
    assert ended[B] == Skipped(at(B), Action.CREATE, SkipReason.DEPENDENCY, f"needs {A}")
    assert isinstance(ended[C], Succeeded)
    assert asked(run)[A] == 2


async def test_without_anything_else_there_it_is_asked_once() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    made = hand_made(change(run.world, A, 1, {"Size": 1}), change(run.world, "entry.dc2/x", 2, {"Size": 1}))

    ended = await run(made)

    assert isinstance(ended[A], Failed)
    assert asked(run)[A] == 1  # what moves in another cluster makes no room here


async def test_it_waits_for_what_another_cluster_must_do_first() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    far = "entry.dc2/far"
    made = hand_made(
        change(run.world, A, 1, {"Size": 1}),
        change(run.world, far, 2, {"Size": 1}),
        change(run.world, C, 3, {"Size": 1}, waits=(far,)),
    )

    ended = await run(made)

    assert {type(event) for event in ended.values()} == {Succeeded}


async def test_a_link_moves_both_of_its_clusters() -> None:
    link = "link.dc2/dc1"
    run = Run(Picky(a=(link, {"Names": {"dc1": "x"}})))
    made = hand_made(
        change(run.world, A, 1, {"Size": 1}), change(run.world, link, 2, {"Names": {"dc1": "x"}})
    )

    ended = await run(made)

    assert {type(event) for event in ended.values()} == {Succeeded}


async def test_two_that_wait_for_each_other_are_given_up_together() -> None:
    run = Run(Picky(a=(B, {"Size": 1}), b=(A, {"Size": 1})))
    made = hand_made(change(run.world, A, 1, {"Size": 1}), change(run.world, B, 2, {"Size": 1}))

    ended = await run(made)

    assert {type(event) for event in ended.values()} == {Failed}
    assert asked(run) == Counter({A: 1, B: 1})


async def test_what_moves_while_a_step_is_refused_counts() -> None:
    """The server judged before the other write came, and answered after it."""
    run = Run(Picky(a=(B, {"Size": 1})))
    provider = run.providers["memory"]
    plainly = provider.perform
    moved = asyncio.Event()

    async def slowly(step: Step, report: object) -> object:
        try:
            done = await plainly(step, lambda message: None)
        except DoesNotFit:
            await moved.wait()
            raise
        asyncio.get_running_loop().call_soon(moved.set)
        return done

    provider.perform = slowly  # type: ignore[method-assign, assignment]
    made = hand_made(change(run.world, A, 1, {"Size": 1}), change(run.world, B, 2, {"Size": 1}))

    ended = await run(made)

    assert {type(event) for event in ended.values()} == {Succeeded}
    assert asked(run)[A] == 2


async def test_interims_wait_too() -> None:
    run = Run(Picky(a=(B, {"Size": 1})))
    run.world.put(A, {"Size": "v1"})
    wide = interim(Way.WIDEN, 1, {"Size": "v1 v2"})
    made = hand_made(
        change(run.world, B, 2, {"Size": 1}), change(run.world, A, 3, {"Size": "v2"}, interim=wide)
    )

    ended = await run(made)

    assert {type(event) for event in ended.values()} == {Succeeded}
    assert run.world.objects[at(A)] == {"Size": "v2"}
    assert [w for e in run.events if isinstance(e, Progress) for w in [e.interim]] == [Way.WIDEN]


async def test_an_interrupt_ends_the_waiting_and_leaves_nothing_without_a_word() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    run.world.after_write = lambda where: run.stop.request()
    made = hand_made(
        change(run.world, A, 1, {"Size": 1}),
        change(run.world, B, 2, {"Size": 1}),
        change(run.world, C, 3, {"Size": 1}, waits=(B,)),
    )

    ended = await run(made)

    assert ended[A] == Skipped(at(A), Action.CREATE, SkipReason.INTERRUPTED, "interrupted")
    assert ended[C] == Skipped(at(C), Action.CREATE, SkipReason.INTERRUPTED, "interrupted")
    assert asked(run)[A] == 1


async def test_a_waiting_step_of_an_interrupted_run_is_interrupted_not_failed() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    run.world.faults[at(B)] = [Denied("no", cluster="dc1")]
    run.world.before_write = lambda where: run.stop.request() if where == at(B) else None
    made = hand_made(change(run.world, A, 1, {"Size": 1}), change(run.world, B, 2, {"Size": 1}))

    ended = await run(made)

    assert ended[A] == Skipped(at(A), Action.CREATE, SkipReason.INTERRUPTED, "interrupted")


async def test_what_a_change_went_on_from_is_not_read_again_at_each_try() -> None:
    run = Run(Picky())
    run.world.tells_versions = False
    run.world.put(A, {"Size": "v1"})
    wide = interim(Way.WIDEN, 1, {"Size": "v1 v2"})
    made = hand_made(
        change(run.world, A, 2, {"Size": "v2"}, interim=wide),
        change(run.world, B, 3, {"Size": 1}, waits_interim=(A,)),
        change(run.world, C, 4, {"Size": 1}, waits=(B,)),
    )
    needs = {at(A): (at(C), {"Size": 1})}

    def then(where: Address) -> None:
        assert isinstance(run.world, Picky)
        run.world.needs = needs

    run.world.after_write = then

    ended: dict[str, Event] = await run(made)

    assert {type(event) for event in ended.values()} == {Succeeded}
    reads = run.providers["memory"].requests - sum(asked(run).values())
    assert reads == 2  # one read of both clusters


async def test_a_failure_makes_no_room() -> None:
    run = Run(Picky(a=(C, {"Size": 1})))
    run.world.faults[at(B)] = [Denied("no", cluster="dc1")]
    made = hand_made(change(run.world, A, 1, {"Size": 1}), change(run.world, B, 2, {"Size": 1}))

    await run(made)

    assert asked(run)[A] == 1
