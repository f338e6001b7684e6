"""Exit codes, and JSON that parses and says the same as the text and the code."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from typing import Any

import pytest

from tests.support.command.lab import COMMAND, CONFIGURATION, RESOURCES, CommandLab, Ended
from tests.support.command.servers import Sandbox
from tests.support.command.terminal import Terminal

INTRUDER = {
    "Kind": "service-intentions",
    "Name": "api",
    "Sources": [{"Name": "web", "Peer": "dc2", "Action": "deny"}, {"Name": "intruder", "Action": "allow"}],
}


def changed_by_hand(clusters: Sandbox) -> None:
    clusters.call("dc1", "PUT", "/v1/config", INTRUDER)


def actions(plan: dict[str, Any]) -> Counter[str]:
    return Counter(action for item in plan["resource_changes"] for action in item["change"]["actions"])


def test_plan_tells_changes_by_its_code_only_when_asked(lab: CommandLab) -> None:
    lab.run("plan").expect(0, f"Plan: {RESOURCES} to add, 0 to change, 0 to destroy.")
    lab.run("plan", "--detailed-exitcode").expect(2)
    lab.apply()
    lab.run("plan", "-detailed-exitcode").expect(0, "No changes.")


def test_drift_is_two_and_its_absence_zero(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    lab.run("drift").expect(0, "No changes")
    changed_by_hand(clusters)
    lab.run("drift").expect(2, "service_intentions.dc1/api", "intruder")
    ended = lab.run("drift", "--json").expect(2)
    drifted = ended.value()["resource_drift"]
    assert [item["address"] for item in drifted] == ["service_intentions.dc1/api"]
    lab.apply()
    lab.run("drift").expect(0)


@pytest.mark.parametrize("mode", ["create", "nothing", "change", "destroy", "refresh"])
def test_a_plan_says_the_same_in_json_in_text_and_by_its_code(
    lab: CommandLab, clusters: Sandbox, mode: str
) -> None:
    more = {"destroy": ("-destroy",), "refresh": ("-refresh-only",)}.get(mode, ())
    if mode != "create":
        lab.apply()
    if mode in ("change", "refresh"):
        changed_by_hand(clusters)
    if mode == "change":
        lab.declare(CONFIGURATION.replace("failover:\n  dc2: {api: [api@dc1]}\n", "") + "  dc3: []\n")
    text = lab.run("plan", *more)
    ended = lab.run("plan", "--json", "--detailed-exitcode", *more)
    plan = ended.value()
    found, summary = actions(plan), plan["summary"]
    assert (found["create"], found["update"], found["delete"]) == (
        summary["add"], summary["change"], summary["destroy"]
    )  # fmt: skip
    counts = re.search(r"Plan: (\d+) to add, (\d+) to change, (\d+) to destroy\.", text.out)
    if counts:
        assert tuple(map(int, counts.groups())) == (summary["add"], summary["change"], summary["destroy"])
    something = bool(counts) or bool(plan["resource_drift"])
    assert something == (mode != "nothing")
    assert ended.code == (2 if something else 0)
    assert plan["applyable"] == bool(counts)
    assert plan["complete"]
    assert not plan["errored"]
    order = [item["address"] for item in plan["actions_order"]]
    shown = re.findall(r"^  # \d+  (\S+) will be", text.out, re.MULTILINE)
    assert shown == order
    if counts:
        assert plan["fingerprint"] in text.out


def outcome(ended: Ended) -> dict[str, Any]:
    """The counts of an `apply --json`, after checking the stream as a whole."""
    messages = ended.lines()
    assert messages[0]["type"] == "version"
    assert all(m["@timestamp"] and m["@message"] and m["@level"] for m in messages)
    last = messages[-1]
    assert last["type"] == "change_summary"
    kinds = Counter(message["type"] for message in messages)
    assert kinds["apply_start"] == kinds["apply_complete"] + kinds["apply_errored"]
    counts: dict[str, Any] = last["changes"]
    assert kinds["apply_errored"] == counts["failed"]
    assert kinds["apply_skipped"] == counts["skipped"]
    return counts


def test_an_apply_in_json(lab: CommandLab, clusters: Sandbox) -> None:
    counts = outcome(lab.run("apply", "--auto-approve", "--json").expect(0))
    assert (counts["add"], counts["operation"]) == (RESOURCES, "apply")
    changed_by_hand(clusters)
    counts = outcome(lab.run("apply", "--auto-approve", "--json").expect(0))
    assert (counts["add"], counts["change"], counts["remove"]) == (0, 1, 0)
    assert outcome(lab.run("apply", "--auto-approve", "--json").expect(0))["change"] == 0
    counts = outcome(lab.run("destroy", "--auto-approve", "--json").expect(0))
    assert (counts["remove"], counts["operation"]) == (RESOURCES, "destroy")
    lab.run("apply", "--json").expect(1, "--auto-approve")


def test_an_apply_that_fails_in_part(lab: CommandLab, clusters: Sandbox) -> None:
    body = "Permission denied: token with AccessorID 'x' lacks permission 'service:write' on \"api\""
    clusters.fault(
        "dc1", "answer", method="PUT", path="/v1/config", contains="service-intentions", status=403, body=body
    )
    ended = lab.run("apply", "--auto-approve", "--json")
    counts = outcome(ended.expect(3))
    assert (counts["add"], counts["failed"], counts["skipped"]) == (RESOURCES - 2, 1, 1)
    failed = next(m for m in ended.lines() if m["type"] == "apply_errored")
    assert failed["hook"]["error"]["code"] == "denied"
    skipped = next(m for m in ended.lines() if m["type"] == "apply_skipped")
    assert skipped["hook"]["because"] == "needs service_intentions.dc1/api"
    assert len(lab.recorded()) == RESOURCES - 2
    clusters.clear()
    lab.apply()
    assert clusters.writes == ["PUT dc1/v1/config"] * 2, "what was done is not repeated"


def test_an_apply_of_which_nothing_succeeds(lab: CommandLab, clusters: Sandbox) -> None:
    for name in clusters.urls:
        for method in ("PUT", "POST"):
            clusters.fault(name, "answer", method=method, status=403, body="Permission denied", times=None)
    lab.run("apply", "--auto-approve").expect(1, "failed", "403: Permission denied")
    for name in clusters.urls:
        assert clusters.call(name, "GET", "/v1/peerings") == []
    lab.run("drift").expect(0)  # what never came to be was not deleted by anybody
    clusters.mend()
    lab.run("apply", "--auto-approve").expect(0, f"{RESOURCES} added")


def test_validate_in_json(lab: CommandLab) -> None:
    value = lab.run("validate", "--json").expect(0).value()
    assert (value["valid"], value["error_count"], value["diagnostics"]) == (True, 0, [])
    lab.declare("peerings: [{between: [dc1, dcx]}]\n")
    value = lab.run("validate", "--json").expect(1).value()
    (problem,) = value["diagnostics"]
    assert (value["valid"], value["error_count"]) == (False, 1)
    assert (problem["range"]["filename"], problem["range"]["start"]["line"]) == ("main.yaml", 5)


@pytest.mark.parametrize(
    "argv", [("plan", "--json"), ("drift", "--json"), ("apply", "--auto-approve", "--json")]
)
def test_a_failure_is_json_where_json_was_asked_for(lab: CommandLab, argv: tuple[str, ...]) -> None:
    lab.declare("peerings: [{between: [dc1, dcx]}]\n")
    found = lab.run(*argv).expect(1).lines()
    problems = found[0].get("diagnostics") or [m["diagnostic"] for m in found if m["type"] == "diagnostic"]
    assert [item["code"] for item in problems] == ["unknown-cluster"]


def test_state_in_json(lab: CommandLab) -> None:
    lab.arrange()
    whole = lab.run("show", "--json").expect(0).value()
    listed = lab.run("state", "list").expect(0).out.splitlines()
    assert set(listed) == lab.recorded()
    assert json.dumps(whole).count('"peering.dc1/dc2"') >= 1
    one = lab.run("state", "show", "--json", "peering.dc1/dc2").expect(0)
    assert "peering.dc1/dc2" in json.dumps(one.value())
    assert "service_resolver.dc2/api" not in one.out


@pytest.mark.long
def test_a_reader_that_went_away(lab: CommandLab) -> None:
    for command in ("plan", "apply --auto-approve --json", "show"):
        script = f"set -o pipefail; {' '.join(COMMAND)} {command} | true; exit ${{PIPESTATUS[0]}}"
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=lab.folder,
            env=lab.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, ""), command
    assert len(lab.recorded()) == RESOURCES, "an apply goes on without its reader"


def test_a_full_disk_below_the_output_is_an_error(lab: CommandLab) -> None:
    with open("/dev/full", "w") as full:
        ended = lab.run("plan", stdout=full)
    assert ended.code == 1
    assert "could not be written" in ended.err


STEERING = "\x1b[31mred\x1b]0;owned\x07\x9b2J\u202egnp"


def test_nothing_that_a_server_says_steers_the_terminal(lab: CommandLab, clusters: Sandbox) -> None:
    described = CONFIGURATION.replace("web@dc2, action: allow", "web@dc2, action: allow, description: ours")
    lab.declare(described)
    lab.arrange()
    entry = {**INTRUDER, "Meta": {"note": STEERING}, "Sources": [
        {"Name": "web", "Peer": "dc2", "Action": "deny", "Description": STEERING}
    ]}  # fmt: skip
    clusters.call("dc1", "PUT", "/v1/config", entry)
    clusters.call(
        "dc2", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "x", "Meta": {"a": STEERING}}
    )
    lab.declare(described + "  dc2: [{Kind: service-defaults, Name: x, Protocol: http}]\n")
    for argv in (("plan",), ("drift",), ("plan", "--json"), ("apply", "--auto-approve", "--json"), ("show",)):
        shown = lab.run(*argv).expect(2 if argv == ("drift",) else 0).text
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}, argv
        assert argv[0] in ("apply", "show") or "[31mred" in shown, f"{argv} shows it, as something to read"


@pytest.mark.long
@pytest.mark.parametrize("answer", [b"y\n", b"\n", b"\x04", b"yes please\n"])
def test_only_yes_is_a_yes(lab: CommandLab, clusters: Sandbox, answer: bytes) -> None:
    with Terminal(lab, "apply") as terminal:
        terminal.wait_for(b"Enter a value:")
        terminal.type(answer)
        assert terminal.end() == 1
    assert b"Apply cancelled" in terminal.seen
    assert clusters.writes == []
    assert lab.files() == {"state/state.lock": b""}


def test_yes_on_a_terminal(lab: CommandLab) -> None:
    with Terminal(lab, "apply") as terminal:
        terminal.wait_for(b"Enter a value:")
        terminal.type(b"yes\n")
        assert terminal.end() == 0
    assert b"Apply complete!" in terminal.seen
    assert b"\x1b[1;32m" in terminal.seen, "colours on a terminal"


@pytest.mark.parametrize(("argv", "environ"), [(("plan",), {"NO_COLOR": "1"}), (("plan", "--no-color"), {})])
def test_no_colours_where_none_are_wanted(
    lab: CommandLab, argv: tuple[str, ...], environ: dict[str, str]
) -> None:
    lab.environ = environ
    with Terminal(lab, *argv) as terminal:
        assert terminal.end() == 0
    assert b"Plan: 7 to add" in terminal.seen
    assert b"\x1b[3" not in terminal.seen
    assert b"\x1b[1" not in terminal.seen
