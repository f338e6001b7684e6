"""Plans with interim steps at the command line: what is shown, what Ctrl-C in the middle leaves."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox
from tests.support.patience import wait_for

HALVES = """
service_defaults: {{dc1: {{web: {{protocol: {protocol}}}, api: {{protocol: {protocol}}}}}}}
splits: {{dc1: {{web: {{web: {web}, api: {api}}}}}}}
"""
SUBSETS = """
service_defaults: {{dc1: {{web: {{protocol: http}}}}}}
config_entries:
  dc1:
    - {{Kind: service-resolver, Name: web, DefaultSubset: {name}, Subsets: {{{name}: {{}}}}}}
    - {{Kind: service-splitter, Name: web, Splits: [{{Weight: 100, ServiceSubset: {name}}}]}}
"""
SPLITTER = "service_splitter.dc1/web"


def between(lab: CommandLab, before: str, after: str) -> None:
    """Stand in the first configuration, with the second one declared."""
    lab.declare(before)
    lab.arrange()
    lab.declare(after)


def converges(lab: CommandLab, clusters: Sandbox) -> None:
    clusters.mend()
    lab.apply()
    clusters.clear()
    lab.apply()
    assert clusters.writes == []


def interrupted_in_the_first_write(lab: CommandLab, clusters: Sandbox) -> subprocess.Popen[str]:
    """An apply that hears Ctrl-C while its first write is under way."""
    clusters.clear()
    clusters.hold()
    process = lab.start("apply", "--auto-approve", stderr=subprocess.STDOUT)
    wait_for(lambda: clusters.writes)
    process.send_signal(signal.SIGINT)
    lab.until_printed(process, "finishing what is in flight")
    clusters.release()
    return process


def kept(lab: CommandLab) -> None:
    between(
        lab,
        HALVES.format(protocol="http", web=50, api=50),
        HALVES.format(protocol="http2", web=50, api=50),
    )


def changed(lab: CommandLab) -> None:
    between(
        lab,
        HALVES.format(protocol="http", web=50, api=50),
        HALVES.format(protocol="http2", web=90, api=10),
    )


def test_a_widening_is_shown_before_what_it_makes_room_for(lab: CommandLab) -> None:
    between(lab, SUBSETS.format(name="v1"), SUBSETS.format(name="v2"))
    page = lab.run("plan").expect(
        0,
        "# 1  service_resolver.dc1/web will be widened first   (until #3)",
        "# 2  service_splitter.dc1/web will be updated in-place",
        "# 3  service_resolver.dc1/web will be updated in-place   (after #1)",
        "Plan: 0 to add, 2 to change, 0 to destroy.   Also: 1 interim step.",
    )
    assert page.out.index("# 1  ") < page.out.index("# 2  ") < page.out.index("# 3  ")
    lab.apply().expect(0, "Widening complete", "0 added, 2 changed, 0 destroyed.", "1 interim step")
    lab.run("plan", "--detailed-exitcode").expect(0)


def test_a_saved_plan_with_a_take_down_is_done_as_it_was_approved(lab: CommandLab) -> None:
    kept(lab)
    lab.run("plan", "-out", "p").expect(
        0,
        f"# 1  {SPLITTER} will be taken down   (put back by #",
        "cuts access meanwhile: ",
        f"{SPLITTER} will be put back   (taken down by #1)",
        "Plan: 1 to add, 2 to change, 1 to destroy.   Also: 1 interim step.",
    )
    lab.run("show", "p").expect(0, f"{SPLITTER} will be taken down")
    lab.run("apply", "p").expect(0, "Take-down complete", "1 added, 2 changed, 1 destroyed.")
    lab.run("plan", "--detailed-exitcode").expect(0)


def test_a_take_down_for_machines(lab: CommandLab) -> None:
    kept(lab)
    value = lab.run("plan", "--json").expect(0).value()
    (change,) = (item for item in value["resource_changes"] if item["address"] == SPLITTER)
    assert change["change"]["actions"] == ["delete", "create"]
    assert change["action_reason"] == "replace_because_taken_down"
    (place,) = (item for item in value["actions_order"] if item["address"] == SPLITTER)
    assert (place["interim"]["way"], place["interim"]["cuts"]) == ("take-down", True)
    messages = lab.run("apply", "--auto-approve", "--json").expect(0).lines()
    mine = [m for m in messages if m.get("hook", {}).get("resource", {}).get("addr") == SPLITTER]
    assert [(m["type"], m["hook"].get("interim")) for m in mine] == [
        ("apply_start", "take-down"),
        ("apply_complete", "take-down"),
        ("apply_start", None),
        ("apply_complete", None),
    ]


@pytest.mark.parametrize("setting", ["same-access", "never"])
def test_the_operator_may_rule_out_what_cuts_access(lab: CommandLab, clusters: Sandbox, setting: str) -> None:
    kept(lab)
    lab.write(f"take_down: {setting}\n", "reconciler.yaml")
    lab.run("plan").expect(0, f"{SPLITTER} would have to be taken down", f"take_down: {setting}", "2 blocked")
    clusters.clear()
    lab.run("apply", "--auto-approve").expect(4, "blocked: ")
    assert clusters.writes == []


def test_the_operator_may_rule_out_take_downs_and_have_widenings(lab: CommandLab) -> None:
    between(lab, SUBSETS.format(name="v1"), SUBSETS.format(name="v2"))
    lab.write("take_down: never\n", "reconciler.yaml")
    lab.apply().expect(0, "Widening complete")


@pytest.mark.long
def test_ctrl_c_while_something_is_down_for_others_puts_it_back_first(
    lab: CommandLab, clusters: Sandbox
) -> None:
    kept(lab)
    process = interrupted_in_the_first_write(lab, clusters)
    lab.end(process).expect(130, "Interrupted: 2 applied, 0 failed, 2 skipped")
    (there,) = clusters.call("dc1", "GET", "/v1/config/service-splitter")
    assert [split["Weight"] for split in there["Splits"]] == [50, 50]
    assert SPLITTER in lab.recorded()
    converges(lab, clusters)


@pytest.mark.long
def test_ctrl_c_before_what_is_to_come_back_different_leaves_it_as_it_was(
    lab: CommandLab, clusters: Sandbox
) -> None:
    changed(lab)
    process = interrupted_in_the_first_write(lab, clusters)
    ended = lab.end(process).expect(130, "Interrupted: 0 applied, 0 failed, 3 skipped")
    assert "it was taken down meanwhile, and has been restored" in ended.out
    (there,) = clusters.call("dc1", "GET", "/v1/config/service-splitter")
    assert [split["Weight"] for split in there["Splits"]] == [50, 50]
    page = lab.run("plan").expect(0, "Plan: 1 to add, 2 to change, 1 to destroy.")
    assert "Changed outside" not in page.out
    converges(lab, clusters)


def test_the_next_apply_puts_back_what_a_dying_cluster_left_taken_down(
    lab: CommandLab, clusters: Sandbox
) -> None:
    changed(lab)
    clusters.fault("dc1", "answer", method="PUT", status=403, body="Permission denied", times=None)
    ended = lab.run("apply", "--auto-approve").expect(3, "left at an interim step: it stays taken down")
    assert "the next apply restores it" in ended.out
    assert clusters.call("dc1", "GET", "/v1/config/service-splitter") == []
    state = json.loads(lab.state.read_bytes())["resources"]
    assert state[SPLITTER]["pending"] == "create"
    lab.run("plan").expect(0, f"{SPLITTER} will be created", "its creation did not finish")
    converges(lab, clusters)


@pytest.mark.long
def test_ctrl_c_between_a_widening_and_its_change_goes_on_at_the_next_apply(
    lab: CommandLab, clusters: Sandbox
) -> None:
    between(lab, SUBSETS.format(name="v1"), SUBSETS.format(name="v2"))
    process = interrupted_in_the_first_write(lab, clusters)
    lab.end(process).expect(130, "left at an interim step: it stays widened; the next apply completes it")
    page = lab.run("plan").expect(0)
    assert "Changed outside" not in page.out
    assert "widened" not in page.out
    converges(lab, clusters)


def test_a_target_that_something_unselected_is_in_the_way_of_names_that(lab: CommandLab) -> None:
    """The splitter needs no change, and would be taken down for a while; it needs the defaults of both."""
    kept(lab)
    lab.run("plan", "--target", "service_defaults.dc1/api").expect(
        0,
        "service_defaults.dc1/api would be updated in-place   BLOCKED  dc1 would refuse it: discovery chain ",
        "; service_defaults.dc1/web and service_splitter.dc1/web go with it, and --target leaves them "
        "out: select them too, or run without --target",
    )
    targets = ("service_defaults.dc1/api", "service_defaults.dc1/web", SPLITTER)
    options = [option for target in targets for option in ("--target", target)]
    lab.apply(*options).expect(0, "2 changed", "1 added", "1 destroyed")


def test_an_exclusion_that_is_in_the_way_is_named(lab: CommandLab) -> None:
    kept(lab)
    lab.run("plan", "--exclude", SPLITTER).expect(
        0,
        f"; {SPLITTER} goes with it, and --exclude leaves it out: do not exclude it, or run without "
        "--exclude",
        "2 blocked",
    )
