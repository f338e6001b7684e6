"""The options of safety checks on the command line, with their exit codes and JSON."""

from __future__ import annotations

from tests.support.command.lab import CONFIGURATION, CommandLab
from tests.support.command.servers import Sandbox

LESS = CONFIGURATION.replace("  dc2: {api: [api@dc1]}\n", "  dc2: {}\n")


def test_a_limit_and_the_number_that_lifts_it(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("apply", "--auto-approve").expect(0)
    lab.write("safety: {limits: [{max_delete: 0}]}\n", "reconciler.yaml")
    lab.declare(LESS)
    value = lab.run("plan", "--json").expect(4).value()
    (breach,) = value["safety"]
    assert (breach["limit"], breach["flag"]) == ({"max_delete": "0"}, "--allow-delete 1")
    assert [item["kind"] for item in value["blocked"]] == ["over_limit"]
    lab.run("apply", "--auto-approve").expect(4, "--allow-delete 1")
    lab.run("apply", "--auto-approve", "--allow-delete", "2").expect(4)
    lab.run("apply", "--auto-approve", "--allow-delete", "1").expect(0, "1 destroyed")
    lab.run("apply", "--auto-approve", "--allow-delete", "1").expect(0, "0 destroyed")


def test_a_freeze_and_the_reason_that_breaks_it(lab: CommandLab, clusters: Sandbox) -> None:
    lab.write('freeze: [{until: "2999-01-01T00:00Z", reason: inventory}]\n', "reconciler.yaml")
    assert lab.run("plan", "--json").expect(0).value()["freeze"]["reason"] == "inventory"
    lab.run("drift").expect(1)  # nothing is recorded yet
    for command in (("apply",), ("destroy",), ("rotate", "--all"), ("apply", "--refresh-only")):
        lab.run(*command, "--auto-approve").expect(4, "a freeze is on: inventory (until 2999-01-01")
    assert clusters.writes == []
    lab.run("apply", "--auto-approve", "--break-freeze", " ").expect(1, "needs a reason")
    lab.run("apply", "--auto-approve", "--break-freeze", "outage 4711").expect(0)
    (entry,) = lab.run("audit", "list", "--json").expect(0).value()["entries"]
    assert "outage 4711" in str(entry)


def test_a_saved_plan_keeps_no_delete(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("apply", "--auto-approve").expect(0)
    lab.declare(LESS)
    lab.run("plan", "--no-delete", "-out", "p.plan").expect(0, "Left out by --no-delete: 1 resource")
    shown = lab.run("show", "p.plan").expect(0)
    assert "Left out by --no-delete" in shown.out
    lab.run("apply", "p.plan").expect(0)
    lab.run("apply", "--auto-approve", "--no-delete").expect(0, "0 destroyed")


def test_options_that_exclude_each_other(lab: CommandLab) -> None:
    lab.run("plan", "--no-delete", "--destroy").expect(1, "exclude each other")
    lab.run("plan", "--only-safe", "--refresh-only").expect(1, "exclude each other")
    lab.run("apply", "--no-delete", "--replace", "peering.dc1/dc2").expect(1, "exclude each other")
    lab.run("apply", "p.plan", "--allow-change", "3").expect(1, "cannot be narrowed")
