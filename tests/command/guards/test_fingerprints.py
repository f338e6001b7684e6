"""Whether a plan that was reviewed is still what would be done: plan --verify, fingerprints."""

from __future__ import annotations

import pytest

from tests.support.command.lab import CONFIGURATION, CommandLab
from tests.support.command.servers import Sandbox

MORE = CONFIGURATION.replace("Protocol: http", "Protocol: grpc")


@pytest.mark.long
def test_a_saved_plan_is_fresh_until_something_differs(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("plan", "-out", "p.plan").expect(0)
    shown = lab.run("plan", "--verify", "p.plan").expect(0, "The saved plan is what would be done now.")
    assert lab.run("plan", "--verify", "p.plan", "--json").value()["freshness"] == "fresh"
    assert clusters.writes == []
    lab.declare(MORE)
    lab.run("plan", "--verify", "p.plan").expect(
        2, "The saved plan is stale.", "the configuration changed", "service_defaults.dc1/api: changed"
    )
    value = lab.run("plan", "--verify", "p.plan", "--json").expect(2).value()
    assert value["verdict"]["word"] == value["freshness"] == "stale"
    assert value["saved"] in shown.out
    lab.declare()
    lab.run("plan", "--verify", "p.plan").expect(0)
    lab.run("apply", "p.plan").expect(0)
    lab.run("plan", "--verify", "p.plan").expect(2, "the state moved")


def test_where_a_cluster_does_not_answer_it_is_not_known(lab: CommandLab) -> None:
    lab.run("plan", "-out", "p.plan").expect(0)
    lab.declare(dc3="http://127.0.0.1:1")
    assert lab.run("plan", "--verify", "p.plan", "--json").expect(1).value()["freshness"] == "unknown"
    lab.run("plan", "--verify", "p.plan").expect(1, "is not known", "dc3")


def test_a_stale_plan_is_a_comment_and_an_annotation(lab: CommandLab) -> None:
    lab.run("plan", "-out", "p.plan").expect(0)
    verify = ("plan", "--verify", "p.plan")
    assert "::error" not in lab.run(*verify, "--format", "github").expect(0).out
    fresh = lab.run(*verify, "--format", "markdown").expect(0).out
    assert "### ✅ The saved plan is what would be done now." in fresh
    lab.declare(MORE)
    lines = lab.run(*verify, "--format", "github", "--format", "markdown", "--output", "c.md").expect(2).out
    assert "\n::error title=reconciler plan-stale::the configuration changed\n" in lines
    comment = (lab.folder / "c.md").read_text()
    assert "### ❌ The saved plan is stale." in comment
    assert "changed since it was planned" in comment
    assert "Create a new plan" in comment
    assert '<failure message="the configuration changed' in lab.run(*verify, "--format", "junit").out
    lab.run(*verify, "--format", "sarif").expect(1, "--format sarif has no meaning here", "junit, github")
    (lab.folder / "v.json").write_text(lab.run(*verify, "--json").out)
    assert "The saved plan is stale." in lab.run("report", "v.json").expect(0).out


def test_whether_a_plan_is_stale_is_not_known(lab: CommandLab) -> None:
    lab.run("plan", "-out", "p.plan").expect(0)
    lab.declare(dc3="http://127.0.0.1:1")
    shown = lab.run("plan", "--verify", "p.plan", "--format", "github").expect(1).out
    assert "\n::warning title=reconciler plan-not-verified::dc3" in shown


def test_what_is_no_plan_cannot_be_verified(lab: CommandLab) -> None:
    lab.run("plan", "--verify", "nothing.plan").expect(1, "cannot read the plan file")
    lab.run("plan", "--verify", "p.plan", "--target", "*").expect(1, "--verify is given alone")


def test_a_plan_with_another_fingerprint_is_not_applied(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("plan", "--fingerprint-file", "f").expect(0)
    first, digest = (lab.folder / "f").read_text().split()
    assert digest.startswith(first.replace("-", ""))
    lab.declare(MORE)
    for given in (
        ("--expect-fingerprint", first),
        ("--expect-fingerprint", digest),
        ("--fingerprint-file", "f"),
    ):
        lab.run("apply", "--auto-approve", *given).expect(4, "was expected", "Nothing was written")
    assert clusters.writes == []
    lab.declare()
    lab.run("apply", "--auto-approve", "--fingerprint-file", "f").expect(0)


def test_a_fingerprint_does_not_stand_for_a_yes(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("plan", "--fingerprint-file", "f").expect(0)
    lab.run("apply", "--fingerprint-file", "f").expect(1, "not a terminal")
    lab.run("plan", "-out", "p.plan").expect(0)
    lab.run("apply", "p.plan", "--fingerprint-file", "f").expect(0)


def test_what_is_no_fingerprint(lab: CommandLab) -> None:
    lab.run("apply", "--auto-approve", "--expect-fingerprint", "abc").expect(1, "is no fingerprint")
    lab.run("apply", "--auto-approve", "--fingerprint-file", "none").expect(1, "cannot read the fingerprint")
    (lab.folder / "f").write_text("hello\n")
    lab.run("apply", "--auto-approve", "--fingerprint-file", "f").expect(1, "holds no fingerprint")
    (lab.folder / "f").write_text("")
    lab.run("apply", "--auto-approve", "--fingerprint-file", "f").expect(1, "holds no fingerprint")
