"""What a narrowed plan leaves out and a blocked change would need is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.planner import make_plan
from reconciler.engine.planning.settling import decided
from reconciler.engine.planning.unselected import unnarrowed, with_left_out
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Verdict, Write
from tests.support.judged import JudgedServers, at
from tests.support.memory import MemoryServers
from tests.support.plans import KINDS_IN_PLAY, desired, providers, recorded, resource, state

Bodies = Mapping[str, Mapping[str, Any]]

LOW, HIGH = {"Tone": "low", "Has": ["v1"]}, {"Tone": "high", "Has": ["v1"]}
TO_WEB = {"web": "v1"}


class ShortSighted(JudgedServers):
    """Servers that take every write, whatever it breaks."""

    def judge(self, write: Write) -> Verdict:
        return replace(super().judge(write), refused="")

    def broken(self, near: Iterable[Address]) -> Mapping[str, str]:
        found = {}
        for address in near:
            found[address.name] = super().judge(Write(address, self.body(address))).refused
        return {name: why for name, why in found.items() if why}


async def narrowed(
    before: Bodies,
    after: Bodies,
    selection: Selection,
    mode: Mode = Mode.NORMAL,
    servers: type[JudgedServers] = JudgedServers,
) -> Plan:
    world = MemoryServers()
    for name, body in before.items():
        world.put(at(name), body)
    want = desired(*(resource(str(at(name)), body) for name, body in after.items()))
    known = state(*(recorded(str(at(name)), body) for name, body in before.items()))
    observed = await refresh(wanted(want.resources, known.resources), providers(world))
    standings = {"memory": servers({at(name): body for name, body in before.items()})}
    inputs = decided(
        Inputs(want, known, observed, KINDS_IN_PLAY, mode, selection=selection, standings=standings)
    )
    made = make_plan(inputs)
    whole = unnarrowed(inputs, made)
    return made if whole is None else with_left_out(made, inputs, whole)


def blocked(plan: Plan) -> dict[str, str]:
    return {change.address.name: str(change.blocked) for change in plan.actions if change.blocked}


def targets(*names: str) -> Selection:
    return Selection(targets=tuple(str(at(name)) for name in names))


BEFORE = {"web": LOW, "split": {"Tone": "low", "Uses": TO_WEB}, "other": LOW}
AFTER = {"web": HIGH, "split": {"Tone": "high", "Uses": TO_WEB}, "other": HIGH}


async def test_what_would_change_first_is_named() -> None:
    plan = await narrowed(BEFORE, AFTER, targets("web"))
    assert blocked(plan) == {
        "web": "dc1 would refuse it: split and web differ in tone; entry.dc1/split goes with it, and "
        "--target leaves it out: select it too, or run without --target"
    }


async def test_with_what_was_named_it_is_not_blocked() -> None:
    assert blocked(await narrowed(BEFORE, AFTER, targets("web", "split"))) == {}


async def test_what_would_go_is_named() -> None:
    plan = await narrowed(BEFORE, {"web": HIGH}, targets("web"))
    assert "entry.dc1/split goes with it, and --target leaves it out" in blocked(plan)["web"]


async def test_of_what_rests_on_it_only_what_is_in_the_way_is_named() -> None:
    """`front` uses what stays, `web` what goes."""
    before = {
        "db": {"Tone": "low", "Has": ["v1", "v2"]},
        "web": {"Tone": "low", "Uses": {"db": "v1"}},
        "front": {"Tone": "low", "Uses": {"db": "v2"}},
    }
    after = {
        "db": {"Tone": "low", "Has": ["v2"]},
        "web": {"Tone": "low", "Uses": {"db": "v2"}},
        "front": {"Tone": "low", "Has": ["v1"], "Uses": {"db": "v2"}},
    }
    plan = await narrowed(before, after, targets("db"))
    assert "; entry.dc1/web goes with it, and" in blocked(plan)["db"]


async def test_all_that_is_needed_is_named_and_nothing_else() -> None:
    more = {name: {"Tone": "low", "Uses": TO_WEB} for name in ("a", "b", "c", "d")}
    before = {**BEFORE, **more}
    after = {**AFTER, **{name: {**body, "Tone": "high"} for name, body in more.items()}}
    plan = await narrowed(before, after, targets("web"))
    assert blocked(plan)["web"].endswith(
        "entry.dc1/a, entry.dc1/b, entry.dc1/c and 2 more go with it, and --target leaves them out: "
        "select them too, or run without --target"
    )


async def test_what_exclude_leaves_out_is_named_as_that() -> None:
    plan = await narrowed(BEFORE, AFTER, Selection(excludes=(str(at("split")),)))
    assert blocked(plan)["web"].endswith(
        "entry.dc1/split goes with it, and --exclude leaves it out: do not exclude it, or run without "
        "--exclude"
    )


async def test_a_removal_of_part_names_what_is_left() -> None:
    plan = await narrowed(BEFORE, {}, targets("web"), Mode.DESTROY)
    assert "entry.dc1/split goes with it" in blocked(plan)["web"]


@pytest.mark.parametrize("selection", [targets("web"), Selection()])
async def test_what_is_refused_in_any_case_names_nothing(selection: Selection) -> None:
    """The splitter stays in the way whether it is selected or not."""
    after = {"web": {"Tone": "low", "Has": []}, "split": BEFORE["split"], "other": HIGH}
    plan = await narrowed(BEFORE, after, selection)
    assert blocked(plan) == {"web": "dc1 would refuse it: web has no v1"}


async def test_a_plan_that_blocks_nothing_is_made_once() -> None:
    world = MemoryServers()
    world.put(at("other"), LOW)
    want = desired(resource(str(at("other")), HIGH))
    observed = await refresh(wanted(want.resources, {}), providers(world))
    standings = {"memory": JudgedServers({at("other"): LOW})}
    inputs = Inputs(want, state(), observed, KINDS_IN_PLAY, selection=targets("other"), standings=standings)
    assert unnarrowed(inputs, make_plan(inputs)) is None
    assert unnarrowed(replace(inputs, selection=Selection()), make_plan(inputs)) is None


LEAVES = "dc1 would take it, and what works now would be broken after it: split and web differ in tone"


async def test_a_selected_part_that_breaks_something_else_is_blocked() -> None:
    plan = await narrowed(BEFORE, AFTER, targets("web", "other"), servers=ShortSighted)
    assert blocked(plan) == {
        "web": f"{LEAVES}; entry.dc1/split goes with it, and --target leaves it out: select it too, or run "
        "without --target"
    }


async def test_with_what_goes_with_it_nothing_is_broken_by_the_end() -> None:
    assert blocked(await narrowed(BEFORE, AFTER, targets("web", "split"), servers=ShortSighted)) == {}


async def test_what_is_broken_already_blocks_nothing() -> None:
    before = {**BEFORE, "web": {"Tone": "middle", "Has": ["v1"]}}
    assert blocked(await narrowed(before, AFTER, targets("web"), servers=ShortSighted)) == {}


async def test_all_that_is_declared_is_done_whatever_it_leaves() -> None:
    """It is what the configuration says; `validate` has rules for that."""
    after = {**AFTER, "split": BEFORE["split"]}
    assert blocked(await narrowed(BEFORE, after, Selection(), servers=ShortSighted)) == {}
