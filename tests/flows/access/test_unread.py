"""Clusters that do not answer, or whose peerings may not be read, while a plan opens something to them."""

from __future__ import annotations

import pytest

from reconciler.model.plan import Plan
from reconciler.model.reaching.diff import Effect
from reconciler.model.reaching.policy import Held
from reconciler.model.verdict.plans import plan_verdict
from reconciler.sdk.access.answer import Decision
from tests.flows.access.conftest import EXPORTED, PEERED, WHOLE, Estate

WIDER = WHOLE.replace("{from: web@dc2, action: allow}", "{from: web@dc2, action: allow}\n      - %s")
SHOP = "{from: shop@dc2, action: allow}"
RULES = 'policies: [{deny: "shop@dc2 -> api@dc1", undecided: %s}]\n'
KEPT = 'policies: [{require: "web@dc2 -> api@dc1"}]\n'


def opened(plan: Plan) -> list[str]:
    assert plan.access is not None
    return [f"{path}: {'; '.join(path.conditions)}" for path in plan.access.of(Effect.OPENS)]


def silent(estate: Estate, *clusters: str) -> None:
    estate.world.faults.down.update(clusters)


@pytest.fixture
async def silenced(applied: Estate) -> Estate:
    """dc2 does not answer any more, and dc1 is to let its `shop` in."""
    silent(applied, "dc2")
    applied.declare(WIDER % SHOP + RULES % "block")
    return applied


async def test_callers_of_a_cluster_that_is_silent_are_not_known_to_be_let_in(silenced: Estate) -> None:
    plan = await silenced.plan()

    (finding,) = plan.policies
    assert (finding.path, finding.held, finding.blocks) == ("shop@dc2 -> api@dc1", Held.UNDECIDED, True)
    assert finding.why == "depends on: dc2 is not known (it did not answer)"
    assert plan_verdict(plan).text == "Blocked: 1 policy is not decided."


async def test_what_a_silent_cluster_may_call_then_is_said_with_the_condition(silenced: Estate) -> None:
    silenced.declare(WIDER % SHOP + RULES % "warn")
    plan = await silenced.plan()

    assert opened(plan) == ["shop@dc2 -> api@dc1: dc2 is not known (it did not answer)"]
    assert plan.access is not None
    assert plan.access.unknown == {"dc2": "it did not answer"}
    (finding,) = plan.policies
    assert (finding.held, finding.blocks) == (Held.UNDECIDED, False)
    assert not plan.breaks_policies


async def test_what_the_exporter_refuses_a_silent_cluster_is_broken(applied: Estate) -> None:
    """No request of dc2 gets an answer, regardless of what dc2 is like."""
    silent(applied, "dc2")
    applied.declare(WHOLE.replace("action: allow", "action: deny") + KEPT)

    plan = await applied.plan()

    (finding,) = plan.policies
    assert (finding.path, finding.held, finding.blocks) == ("web@dc2 -> api@dc1", Held.BROKEN, True)


async def test_of_a_silent_caller_it_is_known_that_it_fails(applied: Estate) -> None:
    silent(applied, "dc2")
    for caller, fails in (("web@dc2", False), ("shop@dc2", True)):
        (answer,) = (await applied.ask(caller, to="api@dc1", live=True)).answers
        assert (answer.decision, answer.fails) == (Decision.DEPENDS, fails)
    (answer,) = (await applied.ask("web@dc2", to="db@dc1", live=True)).answers
    assert answer.decision is Decision.UNREACHABLE, "dc1 does not export it"


@pytest.mark.parametrize("cluster", ["dc1", "dc2", None])
async def test_peerings_that_may_not_be_read_are_those_that_the_run_looked_for(
    applied: Estate, cluster: str | None
) -> None:
    """What the intentions refused until now is open without them, to all callers of peers."""
    applied.world.faults.add(
        "answer", cluster=cluster, path="/v1/peerings", status=403, body="no", times=None
    )
    applied.declare(PEERED + EXPORTED + RULES % "block")

    plan = await applied.plan()

    assert [(one.path, one.blocks) for one in plan.policies] == [("shop@dc2 -> api@dc1", True)]
