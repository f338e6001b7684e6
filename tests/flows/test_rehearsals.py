"""Rehearsals of what is declared, of what runs, and of a plan step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Selection
from reconciler.model.reaching.rehearsal import Fate
from reconciler.render.rehearsal.as_json import value_of
from reconciler.render.rehearsal.lines import lines_of
from reconciler.render.rehearsal.markdown import markdown_of
from reconciler.render.text.lines import paint
from tests.support.lab import Lab


async def test_what_is_declared_is_rehearsed_without_any_request(lab: Lab) -> None:
    found = await app.rehearse(lab.options(), app.WorldChoice(), ["dc1"], [])
    died = {(str(call.before.question.caller), str(call.before.question.to)) for call in found.of(Fate.DIES)}
    assert ("web@dc2", "billing@dc1") in died
    assert not lab.reads
    text = paint(lines_of(found))
    assert "without cluster dc1" in text
    assert "batch@dc3" in text
    assert "| from | to |" in markdown_of(found)
    assert value_of(found)["counts"]["dies"] == len(died)


async def test_what_runs_is_rehearsed_from_the_clusters(lab: Lab) -> None:
    await lab.apply()
    found = await app.rehearse(lab.options(), app.WorldChoice(live=True), [], ["peering.dc1/dc2"])
    # No service is registered: every call was dead before the loss.
    assert found.calls
    assert {Fate.DEAD_ALREADY} == {fate for fate in Fate if found.of(fate)}


async def test_what_is_not_known_is_no_row_of_a_table(lab: Lab) -> None:
    """Markdown takes a line right below a table for a part of it."""
    await lab.apply()
    lab.world.down("dc3")
    found = await app.rehearse(lab.options(), app.WorldChoice(live=True), ["dc1"], [])
    assert "|\n\n- Not known of dc3: " in markdown_of(found)


async def test_a_loss_that_is_named_twice_is_one(lab: Lab) -> None:
    """A peering is the same one from both of its ends."""
    found = await app.rehearse(lab.options(), app.WorldChoice(), ["dc1", "dc1"], ["dc2/dc3", "dc3/dc2"])
    assert found.lost == ("cluster dc1", "peering dc2/dc3")


@pytest.mark.parametrize(
    ("down", "without", "why"),
    [
        ([], [], "nothing to rehearse"),
        (["@dc1"], [], "not a cluster, gateway or service"),
        (["dc9"], [], "there is no cluster dc9"),
        (["nope@dc1"], [], "there is no service nope"),
        ([], ["dc1"], "not a peering"),
    ],
)
async def test_a_loss_that_is_none_is_an_error(
    lab: Lab, down: list[str], without: list[str], why: str
) -> None:
    with pytest.raises(Failure, match=why):
        await app.rehearse(lab.options(), app.WorldChoice(), down, without)


async def _staged(lab: Lab, file: Path, mode: Mode = Mode.NORMAL, *replaces: str) -> dict[str, list[str]]:
    """The calls that the plan cuts and opens again, and those that it opens for a while, with the steps."""
    planned = await app.plan(lab.options(), mode, Selection(replaces=replaces))
    app.save_plan(planned.plan, file)
    staged = await app.stage(lab.options(), app.WorldChoice(plan=file))
    assert value_of(staged)["steps"]
    assert markdown_of(staged)
    assert paint(lines_of(staged))
    found: dict[str, list[str]] = {"cut": [], "open": []}
    for one in staged.spells:
        word = "cut" if one.cut else "open"
        found[word].append(f"{one.caller} -> {one.to} #{one.since.index} to #{one.until.index}")
    return found


async def test_a_replaced_peering_cuts_its_calls_until_it_is_there_again(lab: Lab, tmp_path: Path) -> None:
    await lab.apply()
    found = await _staged(lab, tmp_path / "r.plan", Mode.NORMAL, "peering.dc1/dc2")
    assert "web@dc2 -> api@dc1 #1 to #1" in found["cut"]
    assert not found["open"]


async def test_a_plan_that_only_adds_cuts_nothing(lab: Lab, tmp_path: Path) -> None:
    assert await _staged(lab, tmp_path / "a.plan") == {"cut": [], "open": []}


async def test_every_step_of_a_plan_is_a_state(lab: Lab, tmp_path: Path) -> None:
    """Each step of the plan, interim ones included, is a state, in the plan's order."""
    lab.write(_routed(lab, "http"))
    await lab.apply()
    lab.write(_routed(lab, "tcp"))
    planned = await lab.plan()
    file = tmp_path / "s.plan"
    app.save_plan(planned, file)
    staged = await app.stage(lab.options(), app.WorldChoice(plan=file))
    steps = [(one.index, str(one.address)) for one in staged.moments]
    assert [(step[1] or step[0]).index for step in planned.steps] == [index for index, _ in steps]


def _routed(lab: Lab, protocol: str) -> str:
    text = lab.clusters_yaml() + f"service_defaults: {{dc1: {{api: {{protocol: {protocol}}}}}}}\n"
    allow = (
        "permissions: [{action: allow, http: {path_prefix: /v1}}]" if protocol == "http" else "action: allow"
    )
    return text + f"intentions: {{dc1: {{api: [{{from: web@dc1, {allow}}}]}}}}\n"
