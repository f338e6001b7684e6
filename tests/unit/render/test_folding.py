"""One dead cluster is told once, and not once for each of its resources."""

from __future__ import annotations

from reconciler.model.change import Action
from reconciler.model.event import Failed, Outcome, Skipped, SkipReason
from reconciler.model.plan import Deferred, Mode, Plan
from reconciler.render.apply.outcome import outcome_lines
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import paint
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Invalid, NotSent, ProviderError

AWAY = NotSent("dc2 did not answer (connection refused)", cluster="dc2", hint="check that the cluster runs")
PLAN = Plan(Mode.NORMAL, ())


def at(number: int, cluster: str = "dc2") -> Address:
    return Address("service_defaults", cluster, f"s{number}")


def failed(number: int, error: ProviderError = AWAY) -> Failed:
    return Failed(at(number), Action.CREATE, 0.1, error)


def shown(outcome: Outcome) -> list[str]:
    return paint(outcome_lines(PLAN, outcome)).splitlines()


def test_failures_of_one_cluster_and_reason_are_one() -> None:
    skips = tuple(
        Skipped(at(n, "dc1"), Action.UPDATE, SkipReason.DEPENDENCY, "needs peering.dc1/dc2") for n in range(5)
    )
    lines = shown(Outcome(added=151, failed=tuple(map(failed, range(149))), skipped=skips))
    assert lines[3:8] == [
        "  ✗ 149 resources  dc2 did not answer (connection refused)",
        "      check that the cluster runs",
        "      service_defaults.dc2/s0, service_defaults.dc2/s1, service_defaults.dc2/s2 and 146 more",
        "  - 5 resources  update skipped  needs peering.dc1/dc2",
        "      service_defaults.dc1/s0, service_defaults.dc1/s1, service_defaults.dc1/s2 and 2 more",
    ]


def test_few_failures_and_those_of_declared_values_are_reported_one_by_one() -> None:
    assert sum("✗" in line for line in shown(Outcome(failed=tuple(map(failed, range(3)))))) == 3
    refused = [failed(n, Invalid("invalid config key", cluster="dc2")) for n in range(9)]
    assert sum("✗" in line for line in shown(Outcome(failed=tuple(refused)))) == 9


def test_what_is_not_decided_is_named_as_far_as_it_is_few() -> None:
    away = tuple(Deferred(at(n), "dc2 did not answer", "check it", "unreachable") for n in range(300))
    wait = tuple(
        Deferred(at(n, "dc1"), "needs peering.dc1/dc2, which is unknown", code="unknown-dependency")
        for n in range(40)
    )
    lines = paint(plan_lines(Plan(Mode.NORMAL, (), (*away, *wait)))).splitlines()
    assert "Not decided: dc2 did not answer. 300 resources are unknown and left alone." in lines
    assert "    and 290 more (plan --json has all)" in lines
    assert any(line.endswith("and 37 more   (needs peering.dc1/dc2, which is unknown)") for line in lines)
    assert len(lines) < 20
