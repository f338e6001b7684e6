"""Limits of the operator on a run: what is over them is blocked, with what depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.block import BlockKind
from reconciler.model.event import SkipReason
from reconciler.model.guarding.limits import Allowed
from reconciler.model.plan import Mode, Plan
from reconciler.model.plan_codec import decode, encode
from tests.support.lab import Lab

ENTRIES = "service_defaults:\n  dc1: {{{entries}}}\n"
PEERING = "peerings: [{between: [dc1, dc2]}]\nexports: {dc1: {s1: [dc2]}}\n"


def entries(count: int, protocol: str = "http") -> str:
    named = ", ".join(f"s{number}: {{protocol: {protocol}}}" for number in range(1, count + 1))
    return ENTRIES.format(entries=named)


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    """Twelve services on dc1, of which a third may go in one run."""
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + entries(12) + PEERING)
    await lab.apply()
    lab.write(
        "safety: {limits: [{max_delete: 34%, max_change: 50%}]}",
        "reconciler.yaml",
    )
    lab.clear()
    return lab


def over(plan: Plan) -> list[str]:
    return sorted(
        str(c.address) for c in plan.actions if c.blocked and c.blocked.kind is BlockKind.OVER_LIMIT
    )


async def test_so_many_may_go_in_one_run(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + entries(8) + PEERING)
    assert (await lab.apply()).plan.summary().destroy == 4


async def test_one_more_is_blocked_and_the_rest_is_applied(lab: Lab) -> None:
    added = "intentions: {dc2: {x: [{from: y, action: allow}]}}\n"
    lab.write(lab.clusters_yaml() + entries(7) + PEERING + added)

    done = await lab.apply()

    assert over(done.plan) == [f"service_defaults.dc1/s{n}" for n in sorted(map(str, range(8, 13)))]
    assert done.outcome is not None
    assert (done.outcome.added, done.outcome.destroyed) == (1, 0)
    assert {event.reason for event in done.outcome.skipped} == {SkipReason.BLOCKED}
    assert [row for row in lab.writes if "service-defaults" in row] == []


async def test_the_exact_number_lifts_it_for_one_run(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + entries(7) + PEERING)
    for number, destroyed in ((4, 0), (6, 0), (5, 5)):
        lab.given = {"allowed": Allowed(number)}
        done = await lab.apply()
        assert done.outcome is not None
        assert done.outcome.destroyed == destroyed


async def test_changes_in_place_have_a_limit_of_their_own(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + entries(12, "grpc") + PEERING)
    plan = await lab.plan()
    assert len(over(plan)) == 12
    assert [item.flag for item in plan.safety.breaches] == ["--allow-change 12"]


async def test_what_depends_on_a_blocked_removal_waits_too(lab: Lab) -> None:
    lab.write("safety: {limits: [{types: [exported_services], max_delete: 0}]}", "reconciler.yaml")
    lab.write(lab.clusters_yaml() + entries(12))

    plan = await lab.plan()

    blocked = {str(c.address): c.blocked.kind for c in plan.actions if c.blocked}
    assert blocked == {
        "exported_services.dc1/default": BlockKind.OVER_LIMIT,
        "peering.dc1/dc2": BlockKind.DEPENDENCY,
    }


async def test_a_destroy_is_held_too(lab: Lab) -> None:
    lab.write("safety: {limits: [{types: [peering], max_delete: 0}]}", "reconciler.yaml")
    assert over(await lab.plan(Mode.DESTROY)) == ["peering.dc1/dc2"]


async def test_a_saved_plan_has_what_was_allowed(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + entries(7) + PEERING)
    plan = await lab.plan()
    assert decode(encode(plan)).safety == plan.safety
    assert plan.safety.breaches


async def test_a_limit_about_nothing_is_a_warning(lab: Lab) -> None:
    lab.write("safety: {limits: [{clusters: [dc9], max_delete: 0}]}", "reconciler.yaml")
    plan = await lab.plan()
    assert [text for text in plan.warnings if "safety.limits[0]" in text]
