"""What the commands print, and what they ask of the app."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.event import Failed, Skipped, SkipReason, Started, Succeeded
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode
from tests.support import samples as s
from tests.unit.cli.conftest import Cli, FakeApp


def test_validate(cli: Cli, fake: FakeApp) -> None:
    ended = cli("validate")
    assert ended.code == 0
    assert ended.out == "Success! The configuration is valid. 18 resources on 3 clusters, in 1 file.\n"


def test_validate_with_problems(cli: Cli, fake: FakeApp) -> None:
    fake.problems = s.PROBLEMS
    ended = cli("validate")
    assert ended.code == 1
    assert ended.out.endswith("2 errors, 2 warnings in 1 file\n")
    fake.problems = s.PROBLEMS[2:]
    assert cli("validate").code == 0


def test_validate_as_json(cli: Cli, fake: FakeApp) -> None:
    fake.problems = s.PROBLEMS
    value = json.loads(cli("validate", "--json").out)
    assert (value["valid"], value["error_count"], value["warning_count"]) == (False, 2, 2)
    first = value["diagnostics"][0]
    assert first["range"]["filename"] == "teams/shop.yaml"
    assert first["range"]["start"] == {"line": 14, "column": 15}
    assert first["range"]["end"] == {"line": 14, "column": 20}
    assert first["snippet"]["code"] == "    catalog: [sooth, west]"


def test_validate_fails_on_warnings_where_it_is_asked_to(cli: Cli, fake: FakeApp) -> None:
    fake.problems = s.PROBLEMS[2:]
    ended = cli("validate", "--fail-on", "warning")
    assert ended.code == 1
    assert "Success" not in ended.out
    assert ended.out.endswith(
        "Warnings are not allowed here (fail on warning).\n0 errors, 2 warnings in 1 file\n"
    )
    assert json.loads(cli("validate", "--fail-on=warning", "--json").out)["valid"] is False
    assert cli("validate", "--fail-on", "error").code == 0
    assert fake.asked.fail_on_warning is False
    assert cli("validate").code == 0
    assert fake.asked.fail_on_warning is None, "as reconciler.yaml says"


def test_rules_lists_all_and_explains_one(cli: Cli) -> None:
    lines = cli("rules").out.splitlines()
    assert any(line.startswith("not-exported ") and "error or warning" in line for line in lines)
    ended = cli("rules", "not-exported")
    assert ended.out.startswith("not-exported: A target that its cluster does not export\n")
    assert "\nWhy\n" in ended.out
    assert "\nWhat to do\n" in ended.out
    value = json.loads(cli("rules", "not-exported", "--json").out)
    assert [(rule["id"], rule["optional"]) for rule in value["rules"]] == [("not-exported", True)]


def test_an_unknown_rule_is_named_with_the_nearest(cli: Cli) -> None:
    ended = cli("rules", "not-exportd")
    assert ended.code == 1
    assert 'there is no rule "not-exportd"' in ended.err
    assert 'did you mean "not-exported"?' in ended.err


def test_plan_warnings_go_to_the_log(cli: Cli, fake: FakeApp) -> None:
    fake.planned = app.PlanResult(s.FIRST, s.PROBLEMS[2:3], 0.1)
    ended = cli("plan")
    assert "nothing is declared here" in ended.err
    assert "nothing is declared here" not in ended.out
    assert json.loads(cli("plan", "--json").out)["warnings"] == ["empty.yaml: nothing is declared here"]


def test_a_configuration_with_problems_is_reported_with_all_of_them(cli: Cli, fake: FakeApp) -> None:
    fake.failure = Failure(Cause.CONFIGURATION, "the configuration has 2 errors", diagnostics=s.PROBLEMS)
    ended = cli("plan")
    assert ended.err.count("error: ") == 2
    assert "Error: the configuration has 2 errors" in ended.err
    value = json.loads(cli("plan", "--json").out)
    assert (value["errored"], value["applyable"]) == (True, False)
    assert len(value["diagnostics"]) == 4


def test_show(cli: Cli, fake: FakeApp) -> None:
    assert "2 resources, serial 42" in cli("show").out
    assert "Plan: 2 to add, 1 to change, 0 to destroy.\n" in cli("show", "plan.json").out
    value = json.loads(cli("show", "plan.json", "-json").out)
    assert value["fingerprint"] == s.FIRST.fingerprint
    assert "timestamp" not in value, "showing the same plan twice gives the same bytes"
    assert json.loads(cli("show", "--json").out)["serial"] == 42


def test_state(cli: Cli, fake: FakeApp) -> None:
    assert cli("state", "list").out == "peering.north/lab\nservice_intentions.north/pricing\n"
    assert cli("state", "list", "peering.*").out == "peering.north/lab\n"
    shown = cli("state", "show", "peering.north/lab").out
    assert 'north "sandbox-lab"  <->  lab "hq"' in shown
    assert "pricing" not in shown
    value = json.loads(cli("state", "show", "*pricing", "--json").out)
    found = value["values"]["root_module"]["resources"]
    assert [item["address"] for item in found] == ["service_intentions.north/pricing"]
    assert cli("state", "show", "nothing/*").code == 1
    removed = cli("state", "rm", "*", "--auto-approve").out
    assert "Removed 2 resources from the state; nothing was destroyed." in removed
    assert fake.asked.patterns == ("*",)


def test_the_log_and_the_summary_of_an_apply(cli: Cli, fake: FakeApp) -> None:
    where, action = s.CREATE.address, s.CREATE.action
    fake.events = (
        Started(where, action),
        Succeeded(where, action, 0.6, "active on both ends"),
        *s.PARTLY.failed,
        *s.PARTLY.skipped,
    )
    fake.outcome = s.PARTLY
    out = cli("apply", "--auto-approve").out
    assert "peering.north/lab: Creation complete after 0.6s [active on both ends]\n" in out
    assert out.index("Plan: 2 to add") < out.index("Creation complete") < out.index("2 applied, 1 failed")


def test_apply_as_json(cli: Cli, fake: FakeApp) -> None:
    where, action = s.CREATE.address, s.CREATE.action
    fake.events = (Started(where, action), Succeeded(where, action, 0.6), *s.PARTLY.failed, *s.PARTLY.skipped)
    fake.outcome = s.PARTLY
    lines = [json.loads(line) for line in cli("apply", "--auto-approve", "--json").out.splitlines()]
    assert [line["type"] for line in lines] == [
        "version",
        "planned_change",
        "planned_change",
        "planned_change",
        "change_summary",
        "apply_start",
        "apply_complete",
        "apply_errored",
        "apply_skipped",
        "change_summary",
    ]
    assert all({"@level", "@message", "@module", "@timestamp"} <= line.keys() for line in lines)
    assert {line["@module"] for line in lines} == {"reconciler.ui"}
    assert lines[4]["@message"] == "Plan: 2 to add, 1 to change, 0 to destroy."
    assert lines[7]["hook"]["error"]["code"] == "denied"
    assert lines[-1]["@message"] == "2 applied, 1 failed, 1 skipped"
    assert lines[-1]["changes"]["operation"] == "apply"


def test_apply_as_json_tells_a_failure_on_both_streams(cli: Cli, fake: FakeApp) -> None:
    fake.failure = Failure(Cause.STATE_LOCKED, "locked", hint="wait")
    ended = cli("apply", "--auto-approve", "--json")
    assert ended.code == 5
    last = json.loads(ended.out.splitlines()[-1])
    assert last["diagnostic"] == {
        "severity": "error", "summary": "locked", "detail": "", "code": "state-locked", "hint": "wait"
    }  # fmt: skip
    assert "Error: locked" in ended.err


@pytest.mark.parametrize("argv", ["destroy --auto-approve", "apply --destroy -auto-approve"])
def test_destroy(cli: Cli, fake: FakeApp, argv: str) -> None:
    fake.planned = app.PlanResult(s.plan(s.CREATE, mode=Mode.DESTROY))
    ended = cli(*argv.split())
    assert fake.asked.mode is Mode.DESTROY
    assert "Destroy complete! Resources: 0 destroyed." in ended.out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("--version 9.9", "choose one of"),
        ("--clusters a,a", "named twice"),
        ("--clusters ,", "needs a cluster"),
        ("--version x=1.20", "no such cluster"),
        ("--federation dc1,dc9", "names dc9, but there is no such cluster"),
        ("--federation dc1,dc2 --federation dc2,dc1", "in two federations"),
        ("--partition team", "does not name the partition's cluster"),
        ("--partition dc1=team", "partitions need Enterprise, --version dc1=1.20+ent"),
        ("--version 1.20+ent --partition dc1=Team", "is not a name for a partition"),
    ],
)
def test_a_sandbox_that_cannot_be(cli: Cli, argv: str, says: str) -> None:
    ended = cli("sandbox", "--port", "0", *argv.split())
    assert ended.code == 1
    assert says in ended.err


def test_a_sandbox_whose_port_is_taken(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = cli("sandbox", "--port", str(taken.getsockname()[1]))
    assert ended.code == 1
    assert "--port 0 for free ones" in ended.err


def test_the_ready_file_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    ended = cli("sandbox", "--port", "0", "--ready-file", str(tmp_path / "no" / "file"))
    assert ended.code == 1
    assert "No such file" in ended.err


def test_skipped_steps_are_reported_once(cli: Cli, fake: FakeApp) -> None:
    failed = Failed(s.EXPORTS.address, s.EXPORTS.action, 0.1, s.PARTLY.failed[0].error)
    fake.events = (failed, Skipped(s.CREATE.address, s.CREATE.action, SkipReason.DEPENDENCY, "needs x"))
    fake.outcome = s.PARTLY
    assert "needs x" not in cli("apply", "--auto-approve").out
