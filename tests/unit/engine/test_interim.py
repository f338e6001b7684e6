"""Executing interim steps: their order, what each write is, what is recorded, and what an end in between
leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.engine.execution.confirm import confirm
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.walk import Walk
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Reason
from reconciler.model.event import Event, Failed, Skipped, SkipReason, Started, Succeeded
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Ambiguous, Conflict, Denied, NotSent, ProviderError
from reconciler.sdk.foresight import Way
from reconciler.sdk.provider import Applied, Report, Step
from tests.support.interims import at, change, hand_made, interim
from tests.support.memory import MemoryServers
from tests.support.plans import desired, plan, resource, state
from tests.unit.engine.test_executor import Run

RESOLVER, SPLITTER, DEFAULTS = "entry.dc1/resolver", "entry.dc1/splitter", "entry.dc1/defaults"
LINK = "link.dc1/dc2"
HALF = {"Size": "half"}


def standing(**objects: object) -> MemoryServers:
    """A world whose server says no versions, with entries of these sizes."""
    world = MemoryServers()
    world.tells_versions = False
    for name, size in objects.items():
        world.put(f"entry.dc1/{name}", {"Size": size})
    return world


def widening(world: MemoryServers) -> Plan:
    """The resolver holds old and new, then the splitter moves, then the old goes."""
    wide = interim(Way.WIDEN, 1, {"Size": "v1 v2"})
    return hand_made(
        change(world, SPLITTER, 2, {"Size": "to v2"}, waits_interim=(RESOLVER,)),
        change(world, RESOLVER, 3, {"Size": "v2"}, waits=(SPLITTER,), interim=wide),
    )


def taking_down(world: MemoryServers) -> Plan:
    """The splitter goes, the defaults change, the splitter comes back as it was."""
    down = interim(Way.TAKE_DOWN, 1, None, meanwhile="callers of web reach v1 only.")
    back = {"Size": "half"}
    return hand_made(
        change(world, DEFAULTS, 2, {"Size": "tcp"}, waits_interim=(SPLITTER,)),
        change(
            world,
            SPLITTER,
            3,
            back,
            waits=(DEFAULTS,),
            interim=down,
            action=Action.REPLACE,
            reason=Reason.TAKEN_DOWN,
        ),
    )


def seen_states(run: Run) -> list[tuple[str, object]]:
    """After each write: which object, and what was there by then."""
    out: list[tuple[str, object]] = []
    run.world.after_write = lambda where: out.append((str(where), run.world.objects.get(where)))
    return out


async def test_what_is_widened_holds_both_until_what_waits_for_it_has_moved() -> None:
    run = Run(standing(resolver="v1", splitter="to v1"))
    seen = seen_states(run)

    ended = await run(widening(run.world))

    assert seen == [
        (RESOLVER, {"Size": "v1 v2"}),
        (SPLITTER, {"Size": "to v2"}),
        (RESOLVER, {"Size": "v2"}),
    ]
    assert {type(event) for event in ended.values()} == {Succeeded}
    assert run.record.entries[at(RESOLVER)].body == {"Size": "v2"}


def down_beside(world: MemoryServers, slow: str) -> Plan:
    """As `taking_down`; what puts the splitter back also needs something else, which goes first by number."""
    defaults, splitter = taking_down(world).changes
    assert splitter.interim is not None
    return hand_made(
        change(world, slow, 1, {"Size": 1}),
        replace(defaults, index=3),
        replace(
            splitter,
            index=4,
            waits_for=(*splitter.waits_for, at(slow)),
            interim=replace(splitter.interim, index=2),
        ),
    )


async def test_a_take_down_waits_for_all_that_putting_back_needs() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    slow = "entry.dc2/slow"
    provider = run.providers["memory"]
    plainly = provider.perform

    async def slowly(step: Step, report: Report) -> Applied:
        for _ in range(20 if step.address == at(slow) else 0):
            await asyncio.sleep(0)
        return await plainly(step, report)

    provider.perform = slowly  # type: ignore[method-assign]

    await run(down_beside(run.world, slow))

    assert [where for _, where in run.world.writes] == [slow, SPLITTER, DEFAULTS, SPLITTER]


def test_all_take_downs_for_one_change_run_at_the_same_time() -> None:
    world, many = standing(defaults="http", **{f"s{n}": "half" for n in range(2000)}), 2000
    names = [f"entry.dc1/s{n}" for n in range(many)]
    splitters = [
        change(
            world,
            name,
            many + 2 + number,
            HALF,
            waits=(DEFAULTS,),
            interim=interim(Way.TAKE_DOWN, number + 1, None),
            reason=Reason.TAKEN_DOWN,
            action=Action.REPLACE,
        )
        for number, name in enumerate(names)
    ]
    defaults = change(world, DEFAULTS, many + 1, {"Size": "tcp"}, waits_interim=tuple(names))
    looked = Walk({c.address: c for c in (defaults, *splitters)})

    ready = []
    while looked:
        ready.append(looked.take())

    assert len(ready) == many


async def test_no_take_down_after_a_failure_of_what_putting_back_needs() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    slow = "entry.dc2/slow"
    run.world.faults[at(slow)] = [Denied("no", cluster="dc2")]

    ended = await run(down_beside(run.world, slow))

    assert run.world.writes == []
    assert ended[SPLITTER] == Skipped(at(SPLITTER), Action.REPLACE, SkipReason.DEPENDENCY, f"needs {slow}")


async def test_what_is_taken_down_is_away_meanwhile_and_recreated() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    seen = seen_states(run)

    ended = await run(taking_down(run.world))

    assert seen == [(SPLITTER, None), (DEFAULTS, {"Size": "tcp"}), (SPLITTER, {"Size": "half"})]
    assert [verb for verb, where in run.world.writes if where == SPLITTER] == ["delete", "create"]
    assert ended[SPLITTER].action is Action.REPLACE
    assert run.record.entries[at(SPLITTER)].pending is None


async def test_the_plans_order_decides_between_ready_steps() -> None:
    run = Run(standing(a=1, b=1))
    seen = seen_states(run)
    wide = interim(Way.WIDEN, 1, {"Size": 12})
    made = hand_made(
        change(run.world, "entry.dc1/b", 3, {"Size": 2}),
        change(run.world, "entry.dc1/a", 2, {"Size": 2}, interim=wide),
    )

    await run(made)

    assert seen[0][0] == "entry.dc1/a"
    assert [body for where, body in seen if where == "entry.dc1/a"] == [{"Size": 12}, {"Size": 2}]


async def test_a_change_waits_for_whole_changes_and_for_interims_as_it_says() -> None:
    """Two interims that wait for each other's objects: a whole order that single objects could not have."""
    run = Run(standing(a=1, b=1))
    seen = seen_states(run)
    first = interim(Way.WIDEN, 1, {"Size": 12})
    later = interim(Way.WIDEN, 2, {"Size": 12}, waits_interim=("entry.dc1/a",))
    made = hand_made(
        change(run.world, "entry.dc1/a", 3, {"Size": 2}, interim=first, waits_interim=("entry.dc1/b",)),
        change(run.world, "entry.dc1/b", 4, {"Size": 2}, interim=later, waits=("entry.dc1/a",)),
    )

    await run(made)

    assert [(where[-1], body) for where, body in seen] == [
        ("a", {"Size": 12}),
        ("b", {"Size": 12}),
        ("a", {"Size": 2}),
        ("b", {"Size": 2}),
    ]


async def test_a_new_object_may_first_be_created_without_missing_references() -> None:
    run = Run(standing())
    part = interim(Way.WIDEN, 1, {"Size": "alone"})
    made = hand_made(change(run.world, RESOLVER, 2, {"Size": "with friends"}, interim=part))

    await run(made)

    assert run.world.writes == [("create", RESOLVER), ("update", RESOLVER)]
    assert run.world.objects[at(RESOLVER)] == {"Size": "with friends"}


async def test_an_object_that_is_made_in_part_only_is_reported_as_such() -> None:
    run = Run(standing())
    part = interim(Way.TAKE_DOWN, 1, {"Size": "alone"})
    run.world.after_write = lambda where: run.stop.request()

    ended = await run(hand_made(change(run.world, RESOLVER, 2, {"Size": "with friends"}, interim=part)))

    left = "it stays incomplete; the next apply completes it"
    assert ended[RESOLVER] == Skipped(
        at(RESOLVER), Action.CREATE, SkipReason.INTERRUPTED, "interrupted", left
    )


async def test_what_is_narrowed_first_and_goes_then_leaves_nothing_in_the_record() -> None:
    run = Run(standing(resolver="wide"))
    narrow = interim(Way.NARROW, 1, {"Size": "narrow"})

    await run(hand_made(change(run.world, RESOLVER, 2, None, interim=narrow)))

    assert run.world.writes == [("update", RESOLVER), ("delete", RESOLVER)]
    assert at(RESOLVER) not in run.record.entries


@pytest.mark.parametrize("tells", [True, False])
async def test_the_version_after_an_interim_step_is_read_only_where_unknown(
    tells: bool,
) -> None:
    run = Run(standing(resolver="v1", splitter="to v1"))
    run.world.tells_versions = tells
    provider = run.providers["memory"]

    ended = await run(widening(run.world))

    assert {type(event) for event in ended.values()} == {Succeeded}
    assert provider.requests == 3 + (0 if tells else 2)  # a read asks both clusters


async def test_every_step_is_announced_and_told_by_its_way() -> None:
    run = Run(standing(defaults="http", splitter="half"))

    await run(taking_down(run.world))

    told = [(type(e), e.interim) for e in run.events if isinstance(e, Started | Succeeded)]
    assert told == [
        (Started, Way.TAKE_DOWN),
        (Succeeded, Way.TAKE_DOWN),
        (Started, None),
        (Succeeded, None),
        (Started, None),
        (Succeeded, None),
    ]


async def test_while_it_is_away_an_object_is_recorded_as_one_to_be_recreated() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.before_write = lambda where: run.record.log.append(f"write {where}")

    await run(taking_down(run.world))

    assert run.record.log[:4] == [
        f"intent {SPLITTER}",
        f"write {SPLITTER}",
        f"intent {SPLITTER}",
        f"write {DEFAULTS}",
    ]
    assert [entry.pending for entry in run.record.seen if entry.address == at(SPLITTER)] == [
        "delete",
        "create",
        None,
    ]


async def test_an_interrupt_puts_back_at_once_what_was_taken_down_for_others() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.after_write = lambda where: run.stop.request()  # after the take-down

    ended = await run(taking_down(run.world))

    assert ended[DEFAULTS] == Skipped(at(DEFAULTS), Action.UPDATE, SkipReason.INTERRUPTED, "interrupted")
    assert isinstance(ended[SPLITTER], Succeeded)
    assert run.world.objects[at(SPLITTER)] == {"Size": "half"}


async def test_what_is_only_taken_down_for_others_comes_back_where_they_fail() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.faults[at(DEFAULTS)] = [Denied("no", cluster="dc1")]

    ended = await run(taking_down(run.world))

    assert isinstance(ended[DEFAULTS], Failed)
    assert isinstance(ended[SPLITTER], Succeeded)
    assert run.world.objects[at(SPLITTER)] == {"Size": "half"}


def changing(world: MemoryServers, was: dict[str, str] | None = HALF) -> Plan:
    """As `taking_down`, with a splitter that is another one afterwards."""
    defaults, splitter = taking_down(world).changes
    assert splitter.interim is not None
    other = {"Size": "third"}
    then = replace(splitter, action=Action.UPDATE, reason=Reason.CHANGED, after=other, owned=other)
    return hand_made(defaults, replace(then, interim=replace(splitter.interim, was=was)))


BACK = "it was taken down meanwhile, and has been restored"


async def test_an_interrupted_run_puts_back_what_it_took_down_as_it_was() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.after_write = lambda where: run.stop.request()

    ended = await run(changing(run.world))

    assert ended[SPLITTER] == Skipped(
        at(SPLITTER), Action.UPDATE, SkipReason.INTERRUPTED, f"interrupted; {BACK}"
    )
    assert ended[DEFAULTS] == Skipped(at(DEFAULTS), Action.UPDATE, SkipReason.INTERRUPTED, "interrupted")
    assert run.world.objects[at(SPLITTER)] == HALF
    assert run.record.entries[at(SPLITTER)].body == HALF
    assert run.record.entries[at(SPLITTER)].pending is None


async def test_a_failed_dependency_puts_back_what_was_taken_down_as_it_was() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.faults[at(DEFAULTS)] = [Denied("no", cluster="dc1")]

    ended = await run(changing(run.world))

    assert ended[SPLITTER] == Skipped(
        at(SPLITTER), Action.UPDATE, SkipReason.DEPENDENCY, f"needs {DEFAULTS}; {BACK}"
    )
    assert run.world.objects[at(SPLITTER)] == HALF


async def test_what_cannot_come_back_different_comes_back_as_it_was() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.judge = lambda step: "no thirds" if step.after == {"Size": "third"} else ""

    ended = await run(changing(run.world))

    failed = ended[SPLITTER]
    assert isinstance(failed, Failed)
    assert failed.left == ""
    assert BACK in failed.error.hint
    assert run.world.objects[at(SPLITTER)] == HALF


async def test_what_cannot_come_back_at_all_is_reported() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.judge = lambda step: "no splitter" if step.address == at(SPLITTER) and step.after else ""

    ended = await run(changing(run.world))

    failed = ended[SPLITTER]
    assert isinstance(failed, Failed)
    assert (failed.left, failed.error.message) == (LEFT, "no splitter")
    assert run.record.intents[at(SPLITTER)].pending == "create"


LEFT = "it stays taken down; the next apply restores it (meanwhile: callers of web reach v1 only)"


@pytest.mark.parametrize("error", [Ambiguous("no answer"), Conflict("exists by now")])
async def test_where_something_may_be_there_by_now_nothing_old_is_put_there(error: ProviderError) -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.after_write = lambda where: run.world.faults.update({at(SPLITTER): [error]})

    ended = await run(changing(run.world))

    failed = ended[SPLITTER]
    assert isinstance(failed, Failed)
    assert failed.left == LEFT
    assert at(SPLITTER) not in run.world.objects


async def test_putting_back_an_unrecorded_object_does_not_record_it() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    run.world.after_write = lambda where: run.stop.request()

    await run(changing(run.world, was=None))

    assert run.world.objects[at(SPLITTER)] == HALF
    assert run.record.log[-1] == f"removed {SPLITTER}"


async def test_a_part_that_was_taken_out_comes_back_with_the_current_version() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    defaults, splitter = changing(run.world).changes
    assert splitter.interim is not None
    part = {"Size": "part"}
    splitter = replace(splitter, interim=replace(splitter.interim, after=part, owned=part))
    run.world.after_write = lambda where: run.stop.request()

    ended = await run(hand_made(defaults, splitter))

    assert ended[SPLITTER] == Skipped(
        at(SPLITTER), Action.UPDATE, SkipReason.INTERRUPTED, f"interrupted; {BACK}"
    )
    assert run.world.writes == [("update", SPLITTER), ("update", SPLITTER)]
    assert run.world.objects[at(SPLITTER)] == HALF


async def test_a_link_that_is_to_be_another_one_is_not_recreated_as_it_was() -> None:
    run = Run(MemoryServers())
    run.world.put(LINK, {"Names": {"dc1": "old"}})
    run.world.after_write = lambda where: run.stop.request()
    down = interim(Way.TAKE_DOWN, 1, None, was={"Names": {"dc1": "old"}})
    new = {"Names": {"dc1": "new"}}
    made = hand_made(change(run.world, LINK, 2, new, interim=down, action=Action.REPLACE))

    ended = await run(made)

    skipped = ended[LINK]
    assert isinstance(skipped, Skipped)
    assert skipped.left == "it stays taken down; the next apply restores it"
    assert run.record.intents[at(LINK)].body == new


@pytest.mark.parametrize("writes", [1, 2])
@pytest.mark.parametrize("kind", [taking_down, changing])
async def test_after_any_interrupt_the_next_apply_completes_the_plan(
    writes: int, kind: Callable[[MemoryServers], Plan]
) -> None:
    run = Run(standing(defaults="http", splitter="half"))
    made = kind(run.world)
    left = iter(range(writes - 1, -100, -1))
    run.world.after_write = lambda where: run.stop.request() if next(left) == 0 else None
    await run(made)
    run.world.after_write = None
    want = desired(*(resource(str(c.address), c.after or {}) for c in made.changes))
    known = {**run.record.entries, **run.record.intents}

    again = Run(run.world)
    again.record.entries = dict(run.record.entries)
    then = await plan(run.world, want, state(*known.values()))
    assert [c for c in then.changes if c.drift.deleted] == []
    await again(then)
    last = await plan(run.world, want, state(*again.record.entries.values()))

    assert last.actions == ()
    assert {c.address: c.after for c in made.changes} == run.world.objects


async def widened_with_a_denied(where: str) -> tuple[Run, dict[str, Event]]:
    """A run that widens the resolver for the splitter, and may not write one of them."""
    run = Run(standing(resolver="v1", splitter="to v1"))
    run.world.faults[at(where)] = [Denied("no", cluster="dc1")]
    return run, await run(widening(run.world))


async def test_a_failed_interim_step_ends_its_object() -> None:
    run, ended = await widened_with_a_denied(RESOLVER)

    failed = ended[RESOLVER]
    assert isinstance(failed, Failed)
    assert (failed.interim, failed.left) == (Way.WIDEN, "")
    assert ended[SPLITTER] == Skipped(at(SPLITTER), Action.UPDATE, SkipReason.DEPENDENCY, f"needs {RESOLVER}")
    assert run.world.writes == []
    assert [type(e) for e in run.events if e.address == at(RESOLVER)] == [Started, Failed]


async def test_where_what_comes_in_between_fails_it_is_said_what_is_left() -> None:
    run, ended = await widened_with_a_denied(SPLITTER)

    skipped = ended[RESOLVER]
    assert isinstance(skipped, Skipped)
    assert skipped.because == f"needs {SPLITTER}"
    assert skipped.left == "it stays widened; the next apply completes it"
    assert run.record.entries[at(RESOLVER)].body == {"Size": "v1 v2"}


async def test_where_the_change_after_an_interim_fails_it_is_said_what_is_left() -> None:
    run = Run(standing(resolver="v1", splitter="to v1"))
    wide = interim(Way.NARROW, 1, {"Size": "v1 v2"})
    made = hand_made(change(run.world, RESOLVER, 2, {"Size": "v2"}, interim=wide))
    refuse_second(run, Denied("no", cluster="dc1"))

    ended = await run(made)

    failed = ended[RESOLVER]
    assert isinstance(failed, Failed)
    assert (failed.interim, failed.left) == (None, "it stays narrowed; the next apply completes it")


def refuse_second(run: Run, error: Denied | NotSent | Conflict) -> None:
    """After the first write every other one is refused."""

    def refuse(where: Address) -> None:
        run.world.faults[where] = [error]

    run.world.after_write = refuse


async def test_what_others_wrote_to_other_parts_in_between_stays() -> None:
    run = Run(standing())
    run.world.put("share.dc1/default", {"Items": [{"Name": "a"}, {"Name": "b"}]})
    made = hand_made(
        change(
            run.world,
            "share.dc1/default",
            2,
            {"Items": [{"Name": "c"}]},
            interim=interim(Way.NARROW, 1, {"Items": []}),
        )
    )

    def theirs(where: Address) -> None:
        run.world.after_write = None
        run.world.put(where, {"Items": [{"Name": "theirs"}]})

    run.world.after_write = theirs

    ended = await run(made)

    assert isinstance(ended["share.dc1/default"], Succeeded)
    names = [item["Name"] for item in run.world.objects[at("share.dc1/default")]["Items"]]
    assert names == ["c", "theirs"]


@pytest.mark.parametrize("there", [{"Size": "theirs"}, None])
async def test_what_others_wrote_to_the_same_part_in_between_is_a_conflict(
    there: dict[str, str] | None,
) -> None:
    run = Run(standing(resolver="v1", splitter="to v1"))

    def theirs(where: Address) -> None:
        run.world.after_write = None
        run.world.put(where, there or {})
        if there is None:
            del run.world.objects[where]

    run.world.after_write = theirs

    ended = await run(widening(run.world))

    failed = ended[RESOLVER]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Conflict)
    assert run.world.objects.get(at(RESOLVER)) == there


async def test_what_cannot_be_read_after_an_interim_is_not_written() -> None:
    run = Run(standing(resolver="v1"))
    wide = interim(Way.WIDEN, 1, {"Size": "v1 v2"})
    run.world.after_write = lambda where: run.world.down.add("dc1")

    ended = await run(hand_made(change(run.world, RESOLVER, 2, {"Size": "v2"}, interim=wide)))

    failed = ended[RESOLVER]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, NotSent)
    assert run.world.writes == [("update", RESOLVER)]


async def test_taking_a_link_down_and_recreating_it_have_intents_of_their_own() -> None:
    run = Run(MemoryServers())
    run.world.put(LINK, {"Names": {"dc1": "old"}})
    run.world.before_write = lambda where: run.record.log.append(f"call {where}")
    made = hand_made(
        change(
            run.world,
            LINK,
            2,
            {"Names": {"dc1": "new"}},
            interim=interim(Way.TAKE_DOWN, 1, None),
            action=Action.REPLACE,
        )
    )

    await run(made)

    assert run.world.writes == [("delete", LINK), ("create", LINK)]
    assert run.record.log == [
        f"intent {LINK}",
        f"call {LINK}",
        f"intent {LINK}",
        f"intent {LINK}",
        f"call {LINK}",
        f"applied {LINK}",
    ]


async def test_a_link_goes_on_from_what_its_interim_left() -> None:
    run = Run(MemoryServers())
    run.world.tells_versions = False
    run.world.put(LINK, {"Names": {"dc1": "a"}, "Meta": {"k": "1"}})
    narrow = interim(Way.NARROW, 1, {"Names": {"dc1": "a"}})
    made = hand_made(change(run.world, LINK, 2, {"Names": {"dc1": "a"}, "Meta": {"k": "2"}}, interim=narrow))

    ended = await run(made)

    assert isinstance(ended[LINK], Succeeded)
    assert run.world.objects[at(LINK)] == {"Names": {"dc1": "a"}, "Meta": {"k": "2"}}


async def test_a_link_changed_since_its_interim_step_is_left_to_the_next_plan() -> None:
    run = Run(MemoryServers())
    run.world.tells_versions = False
    run.world.put(LINK, {"Names": {"dc1": "a"}, "Meta": {"k": "1"}})
    narrow = interim(Way.NARROW, 1, {"Names": {"dc1": "a"}})
    made = hand_made(change(run.world, LINK, 2, {"Names": {"dc1": "a"}, "Meta": {"k": "2"}}, interim=narrow))
    run.world.after_write = lambda where: run.world.put(where, {"Names": {"dc1": "a"}, "Meta": {"x": "3"}})

    ended = await run(made)

    assert isinstance(ended[LINK], Failed)
    assert run.world.objects[at(LINK)] == {"Names": {"dc1": "a"}, "Meta": {"x": "3"}}


async def test_what_is_blocked_has_no_interim_either() -> None:
    run = Run(standing(resolver="v1"))
    wide = interim(Way.WIDEN, 1, {"Size": "v1 v2"})
    made = hand_made(
        change(
            run.world,
            RESOLVER,
            2,
            {"Size": "v2"},
            interim=wide,
            blocked=Block(BlockKind.NO_PERMISSION, "needs a rule"),
        )
    )

    ended = await run(made)

    assert run.world.writes == []
    assert ended[RESOLVER] == Skipped(
        at(RESOLVER), Action.UPDATE, SkipReason.BLOCKED, "blocked: needs a rule"
    )
    assert [type(event) for event in run.events] == [Skipped]


async def test_what_was_adopted_and_is_only_put_back_is_still_not_our_making() -> None:
    run = Run(standing(defaults="http", splitter="half"))
    made = taking_down(run.world)
    adopted = hand_made(*(replace(c, adopted=True) for c in made.changes))

    ended = await execute(adopted, run.reach())
    await confirm(adopted.actions, ended, run.reach())

    assert run.record.entries[at(SPLITTER)].adopted


async def test_only_what_stands_in_the_end_is_read_back() -> None:
    run = Run(standing(resolver="v1", splitter="to v1"))
    made = widening(run.world)

    ended = await execute(made, run.reach())
    final, notes, _ = await confirm(made.actions, ended, run.reach())

    assert notes == ()
    assert {type(event) for event in final.values()} == {Succeeded}


async def test_a_state_that_cannot_be_written_after_an_interim_step_fails_the_run() -> None:
    run = Run(standing(resolver="v1", splitter="to v1"))
    run.record.refuse_after = 0

    with pytest.raises(Failure, match="no space left") as caught:
        await run(widening(run.world))

    assert caught.value.cause is Cause.STATE_UNWRITABLE
    assert run.world.writes == [("update", RESOLVER)]


async def test_steps_that_wait_for_each_other_are_reported_and_not_left_out() -> None:
    run = Run(standing(a=1, b=1))
    wide = interim(Way.WIDEN, 1, {"Size": 12}, waits=("entry.dc1/b",))
    made = hand_made(
        change(run.world, "entry.dc1/a", 1, {"Size": 2}, waits=("entry.dc1/b",), interim=wide),
        change(run.world, "entry.dc1/b", 2, {"Size": 2}, waits=("entry.dc1/a",)),
    )

    ended: dict[str, Event] = await run(made)

    assert {str(address): type(event) for address, event in ended.items()} == {
        "entry.dc1/a": Skipped,
        "entry.dc1/b": Skipped,
    }
    assert [event.left for event in ended.values() if isinstance(event, Skipped)] == ["", ""]
