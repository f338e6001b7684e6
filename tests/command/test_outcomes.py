"""Exit codes, and JSON that parses and says the same as the text and the code."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from typing import Any

import pytest

from tests.support.command.desk import COMMAND, ESTATE, RESOURCES, Desk, Ended
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


def test_plan_tells_changes_by_its_code_only_when_asked(desk: Desk) -> None:
    desk.run("plan").expect(0, f"Plan: {RESOURCES} to add, 0 to change, 0 to destroy.")
    desk.run("plan", "--detailed-exitcode").expect(2)
    desk.apply()
    desk.run("plan", "-detailed-exitcode").expect(0, "No changes.")


def test_drift_is_two_and_its_absence_zero(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    desk.run("drift").expect(0, "No changes")
    changed_by_hand(clusters)
    desk.run("drift").expect(2, "service_intentions.dc1/api", "intruder")
    ended = desk.run("drift", "--json").expect(2)
    drifted = ended.value()["resource_drift"]
    assert [item["address"] for item in drifted] == ["service_intentions.dc1/api"]
    desk.apply()
    desk.run("drift").expect(0)


@pytest.mark.parametrize("mode", ["create", "nothing", "change", "destroy", "refresh"])
def test_a_plan_says_the_same_in_json_in_text_and_by_its_code(
    desk: Desk, clusters: Sandbox, mode: str
) -> None:
    more = {"destroy": ("-destroy",), "refresh": ("-refresh-only",)}.get(mode, ())
    if mode != "create":
        desk.apply()
    if mode in ("change", "refresh"):
        changed_by_hand(clusters)
    if mode == "change":
        desk.declare(ESTATE.replace("failover:\n  dc2: {api: [api@dc1]}\n", "") + "  dc3: []\n")
    text = desk.run("plan", *more)
    ended = desk.run("plan", "--json", "--detailed-exitcode", *more)
    plan = ended.value()
    found, summary = actions(plan), plan["summary"]
    assert (found["create"], found["update"], found["delete"]) == (
        summary["add"], summary["change"], summary["destroy"]
    )  # fmt: skip
    counts = re.search(r"Plan: (\d+) to add, (\d+) to change, (\d+) to destroy\.", text.out)
    if counts:
        assert tuple(map(int, counts.groups())) == (summary["add"], summary["change"], summary["destroy"])
    something = bool(counts) or bool(plan["resource_drift"])
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


def test_an_apply_in_json(desk: Desk, clusters: Sandbox) -> None:
    counts = outcome(desk.run("apply", "--auto-approve", "--json").expect(0))
    assert (counts["add"], counts["operation"]) == (RESOURCES, "apply")
    changed_by_hand(clusters)
    counts = outcome(desk.run("apply", "--auto-approve", "--json").expect(0))
    assert (counts["add"], counts["change"], counts["remove"]) == (0, 1, 0)
    assert outcome(desk.run("apply", "--auto-approve", "--json").expect(0))["change"] == 0
    counts = outcome(desk.run("destroy", "--auto-approve", "--json").expect(0))
    assert (counts["remove"], counts["operation"]) == (RESOURCES, "destroy")
    desk.run("apply", "--json").expect(1, "--auto-approve")


def test_an_apply_that_fails_in_part(desk: Desk, clusters: Sandbox) -> None:
    body = "Permission denied: token with AccessorID 'x' lacks permission 'service:write' on \"api\""
    clusters.fault(
        "dc1", "answer", method="PUT", path="/v1/config", contains="service-intentions", status=403, body=body
    )
    ended = desk.run("apply", "--auto-approve", "--json")
    counts = outcome(ended.expect(3))
    assert (counts["add"], counts["failed"], counts["skipped"]) == (RESOURCES - 2, 1, 1)
    failed = next(m for m in ended.lines() if m["type"] == "apply_errored")
    assert failed["hook"]["error"]["code"] == "denied"
    skipped = next(m for m in ended.lines() if m["type"] == "apply_skipped")
    assert skipped["hook"]["because"] == "needs service_intentions.dc1/api"
    assert len(desk.recorded()) == RESOURCES - 2
    clusters.clear()
    desk.apply()
    assert clusters.writes == ["PUT dc1/v1/config"] * 2, "what was done is not repeated"


def test_an_apply_of_which_nothing_succeeds(desk: Desk, clusters: Sandbox) -> None:
    for name in clusters.urls:
        for method in ("PUT", "POST"):
            clusters.fault(name, "answer", method=method, status=403, body="Permission denied", times=None)
    desk.run("apply", "--auto-approve").expect(1, "failed", "403: Permission denied")
    for name in clusters.urls:
        assert clusters.call(name, "GET", "/v1/peerings") == []
    desk.run("drift").expect(0)  # what never came to be was not deleted by anybody
    clusters.mend()
    desk.run("apply", "--auto-approve").expect(0, f"{RESOURCES} added")


def test_validate_in_json(desk: Desk) -> None:
    value = desk.run("validate", "--json").expect(0).value()
    assert (value["valid"], value["error_count"], value["diagnostics"]) == (True, 0, [])
    desk.declare("peerings: [{between: [dc1, dcx]}]\n")
    value = desk.run("validate", "--json").expect(1).value()
    (problem,) = value["diagnostics"]
    assert (value["valid"], value["error_count"]) == (False, 1)
    assert (problem["range"]["filename"], problem["range"]["start"]["line"]) == ("estate.yaml", 5)


@pytest.mark.parametrize(
    "argv", [("plan", "--json"), ("drift", "--json"), ("apply", "--auto-approve", "--json")]
)
def test_a_failure_is_json_where_json_was_asked_for(desk: Desk, argv: tuple[str, ...]) -> None:
    desk.declare("peerings: [{between: [dc1, dcx]}]\n")
    found = desk.run(*argv).expect(1).lines()
    problems = found[0].get("diagnostics") or [m["diagnostic"] for m in found if m["type"] == "diagnostic"]
    assert [item["code"] for item in problems] == ["unknown-cluster"]


def test_state_in_json(desk: Desk) -> None:
    desk.arrange()
    whole = desk.run("show", "--json").expect(0).value()
    listed = desk.run("state", "list").expect(0).out.splitlines()
    assert set(listed) == desk.recorded()
    assert json.dumps(whole).count('"peering.dc1/dc2"') >= 1
    one = desk.run("state", "show", "--json", "peering.dc1/dc2").expect(0)
    assert "peering.dc1/dc2" in json.dumps(one.value())
    assert "service_resolver.dc2/api" not in one.out


def test_a_reader_that_went_away(desk: Desk) -> None:
    for command in ("plan", "apply --auto-approve --json", "show"):
        script = f"set -o pipefail; {' '.join(COMMAND)} {command} | true; exit ${{PIPESTATUS[0]}}"
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=desk.folder,
            env=desk.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, ""), command
    assert len(desk.recorded()) == RESOURCES, "an apply goes on without its reader"


def test_a_full_disk_below_the_output_is_an_error(desk: Desk) -> None:
    with open("/dev/full", "w") as full:
        ended = desk.run("plan", stdout=full)
    assert ended.code == 1
    assert "could not be written" in ended.err


STEERING = "\x1b[31mred\x1b]0;owned\x07\x9b2J\u202egnp"


def test_nothing_that_a_server_says_steers_the_terminal(desk: Desk, clusters: Sandbox) -> None:
    desk.arrange()
    entry = {**INTRUDER, "Meta": {"note": STEERING}, "Sources": [
        {"Name": "web", "Peer": "dc2", "Action": "deny", "Description": STEERING}
    ]}  # fmt: skip
    clusters.call("dc1", "PUT", "/v1/config", entry)
    clusters.call(
        "dc2", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "x", "Meta": {"a": STEERING}}
    )
    desk.declare(ESTATE + "  dc2: [{Kind: service-defaults, Name: x, Protocol: http}]\n")
    for argv in (("plan",), ("drift",), ("plan", "--json"), ("apply", "--auto-approve", "--json"), ("show",)):
        shown = desk.run(*argv).expect(2 if argv == ("drift",) else 0).text
        assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e"}, argv


@pytest.mark.parametrize("answer", [b"y\n", b"\n", b"\x04", b"yes please\n"])
def test_only_yes_is_a_yes(desk: Desk, clusters: Sandbox, answer: bytes) -> None:
    with Terminal(desk, "apply") as terminal:
        terminal.wait_for(b"Enter a value:")
        terminal.type(answer)
        assert terminal.end() == 1
    assert b"Apply cancelled" in terminal.seen
    assert clusters.writes == []
    assert desk.files() == {"state/state.lock": b""}


def test_yes_on_a_terminal(desk: Desk) -> None:
    with Terminal(desk, "apply") as terminal:
        terminal.wait_for(b"Enter a value:")
        terminal.type(b"yes\n")
        assert terminal.end() == 0
    assert b"Apply complete!" in terminal.seen
    assert b"\x1b[1;32m" in terminal.seen, "colours on a terminal"


@pytest.mark.parametrize(("argv", "environ"), [(("plan",), {"NO_COLOR": "1"}), (("plan", "--no-color"), {})])
def test_no_colours_where_none_are_wanted(desk: Desk, argv: tuple[str, ...], environ: dict[str, str]) -> None:
    desk.environ = environ
    with Terminal(desk, *argv) as terminal:
        assert terminal.end() == 0
    assert b"Plan: 7 to add" in terminal.seen
    assert b"\x1b[3" not in terminal.seen
    assert b"\x1b[1" not in terminal.seen
