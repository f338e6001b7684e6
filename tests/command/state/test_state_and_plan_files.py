"""State that is damaged, locked or cannot be written, and plan files that are not what was approved."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command.lab import CONFIGURATION, RESOURCES, CommandLab
from tests.support.command.servers import Sandbox
from tests.support.command.terminal import Terminal
from tests.support.patience import wait_for

COMMANDS = {
    "plan": ("plan",),
    "apply": ("apply", "--auto-approve"),
    "destroy": ("destroy", "--auto-approve"),
    "drift": ("drift",),
    "state list": ("state", "list"),
    "show": ("show",),
}


def newer(content: bytes) -> bytes:
    return content.replace(b'"format_version":1', b'"format_version":99')


def other_value(content: bytes) -> bytes:
    return content.replace(b'"Action":"allow"', b'"Action":"deny"')


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "zero bytes": (lambda content: b"", "empty"),
    "cut in half": (lambda content: content[: len(content) // 2], "not complete JSON"),
    "one byte short": (lambda content: content[:-3], "not complete JSON"),
    "a newer format": (newer, "99"),
    "an altered value": (other_value, "checksum"),
    "another program's JSON": (lambda content: b'{"version": 4, "resources": []}', "format_version"),
    "deep JSON": (lambda content: b"[" * 1_000_000, "JSON"),
    "noise": (lambda content: bytes(range(256)), "JSON"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_state_stops_every_command_by_name(lab: CommandLab, clusters: Sandbox, damage: str) -> None:
    change, word = DAMAGE[damage]
    lab.arrange()
    lab.state.write_bytes(change(lab.state.read_bytes()))
    before = lab.files()
    clusters.clear()
    # One command a case is enough: all go the same way; which one moves on with the case.
    command = list(COMMANDS)[list(DAMAGE).index(damage) % len(COMMANDS)]
    for name in {command, "apply"}:
        lab.run(*COMMANDS[name]).expect(1, "state/state.json", word)
    assert lab.files() == before | {"state/state.lock": b""}
    assert clusters.writes == []


def test_a_damaged_state_says_how_to_go_on_and_that_works(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    lab.state.write_bytes(b"")
    ended = lab.run("plan").expect(1, "Restore it with: cp ")
    command = re.search(r"cp \S+ \S+", ended.err)
    assert command is not None
    subprocess.run(command[0].split(), cwd=lab.folder, check=True)
    clusters.clear()
    lab.apply()
    assert clusters.writes == []


def test_a_state_that_cannot_be_written_is_found_before_anything_is_done(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.write("not a directory", "state")
    lab.run("apply", "--auto-approve").expect(1, "state")
    lab.run("apply", "--auto-approve", "--state", "/proc/nowhere").expect(1, "/proc/nowhere")
    assert clusters.writes == []


@pytest.mark.long
def test_a_held_lock_names_its_owner_and_a_timeout_waits_for_it(lab: CommandLab, clusters: Sandbox) -> None:
    with Terminal(lab, "apply") as holder:
        holder.wait_for(b"Enter a value:")
        owner = f"PID:       {holder.process.pid}"
        lab.run("apply", "--auto-approve").expect(5, "locked", owner, "Operation: apply")
        lab.run("state", "rm", "*", "--auto-approve").expect(5, owner)
        lab.run("plan").expect(0)  # looking needs no lock
        waiter = lab.start("apply", "--auto-approve", "--lock-timeout", "20s")
        holder.type(b"yes\n")
        assert holder.end() == 0
    lab.end(waiter).expect(0, "No changes")
    assert len(clusters.writes) == 10, "each object was created once"


def test_a_plan_is_performed_exactly_once(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("plan", "-out", "plan.json").expect(0, "reconciler apply plan.json")
    lab.run("show", "plan.json").expect(0, f"Plan: {RESOURCES} to add")
    lab.run("apply", "plan.json").expect(0, f"{RESOURCES} added")
    clusters.clear()
    lab.run("apply", "plan.json").expect(4, "stale", "serial")
    assert clusters.writes == []


def test_a_plan_is_stale_when_what_it_rests_on_moved(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("plan", "-out", "plan.json").expect(0)
    entry = {"Kind": "service-defaults", "Name": "api", "Protocol": "grpc"}
    clusters.call("dc1", "PUT", "/v1/config", entry)
    clusters.clear()
    lab.run("apply", "plan.json").expect(4, "stale", "service_defaults.dc1/api")
    lab.declare("peerings: [{between: [dc1, dc2]}]\n")
    lab.run("apply", "plan.json").expect(4, "the configuration changed")
    assert clusters.writes == []


def test_a_plan_says_how_the_state_differs_from_the_one_it_was_made_on(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.apply()
    backup, state = lab.folder / "backup", lab.folder / "state"
    shutil.copytree(state, backup)
    lab.declare(CONFIGURATION.replace("action: deny", "action: allow"))
    lab.apply()
    lab.run("plan", "-out", "plan.json").expect(0)
    shutil.rmtree(state)
    lab.run("apply", "plan.json").expect(4, "there is no state here; the plan was created from serial 2")
    shutil.copytree(backup, state, dirs_exist_ok=True)
    lab.run("apply", "plan.json").expect(4, "older (serial 1)", "(serial 2)", "restored from a backup?")
    shutil.rmtree(state)
    lab.apply("--target", "peering.*/*")
    lab.run("apply", "plan.json").expect(4, "this is another state")


def test_an_altered_plan_is_refused_wherever_it_was_altered(lab: CommandLab, clusters: Sandbox) -> None:
    from reconciler.app import load_plan
    from reconciler.model.failure import Failure

    lab.run("plan", "-out", "plan.json").expect(0)
    path = lab.folder / "plan.json"
    original = path.read_bytes()
    value = json.loads(original)
    draw = random.Random(7)
    for at in [*draw.sample(range(len(original)), 400), 0, len(original) - 1]:
        altered = bytearray(original)
        altered[at] ^= 1 << draw.randrange(7)
        if loads(bytes(altered)) == value:
            continue  # only the layout changed
        path.write_bytes(altered)
        with pytest.raises(Failure):
            load_plan(path)
    path.write_bytes(original.replace(b'"allow"', b'"deny"', 1))
    lab.run("apply", "plan.json").expect(1, "plan.json", "changed after it was written")
    assert clusters.writes == []


def loads(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


NONSENSE = {
    "empty": b"",
    "text": b"hello",
    "binary": bytes(range(256)),
    "another JSON": b'{"format_version": "1.2", "resource_changes": []}',
    "a list": b"[]",
    "deep": b"[" * 1_000_000,
    "no checksum": b'{"plan": {}}',
    "a big number": b'{"plan": {"serial": ' + b"9" * 5000 + b"}}",
}


@pytest.mark.parametrize("content", NONSENSE)
def test_a_plan_file_of_nonsense(lab: CommandLab, content: str) -> None:
    lab.write(NONSENSE[content], "plan.json")
    lab.run("apply" if len(content) % 2 else "show", "plan.json").expect(1, "plan.json")


@pytest.mark.long
@pytest.mark.parametrize("command", [["apply"], ["show"]])
@pytest.mark.parametrize(
    ("path", "word"),
    [("pipe", "a named pipe"), ("/dev/zero", "a device"), (".", "a directory"), ("huge", "larger than")],
)
def test_a_plan_file_that_does_not_end_is_refused_unread(
    lab: CommandLab, command: list[str], path: str, word: str
) -> None:
    os.mkfifo(lab.folder / "pipe")
    with (lab.folder / "huge").open("wb") as file:
        file.truncate(1 << 40)  # sparse: takes no room
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))  # noqa: E731
    lab.end(lab.start(*command, path, preexec_fn=limit)).expect(1, path, word)


@pytest.mark.parametrize(("path", "word"), [("/dev/zero", "a device"), (".", "a directory")])
def test_a_variable_file_that_does_not_end_is_refused_unread(lab: CommandLab, path: str, word: str) -> None:
    lab.run("plan", "-var-file", path).expect(1, path, word)


def test_variables_may_come_through_a_pipe(lab: CommandLab, clusters: Sandbox) -> None:
    lab.write(
        "variables: {who: {}}\nintentions: {dc1: {pay: [{from: '${var.who}', action: deny}]}}\n", "b.yaml"
    )
    given, taken = os.pipe()
    os.write(taken, b"who = audit\n")
    os.close(taken)
    process = lab.start("plan", "-var-file", f"/dev/fd/{given}", pass_fds=(given,))
    os.close(given)
    assert "audit" in lab.end(process).expect(0).out


@pytest.mark.long
def test_a_state_directory_that_moves_during_an_apply_ends_it_by_name(
    lab: CommandLab, clusters: Sandbox
) -> None:
    clusters.hold()
    process = lab.start("apply", "--auto-approve")
    wait_for(lambda: clusters.writes)
    (lab.folder / "state").rename(lab.folder / "elsewhere")
    clusters.release()
    ended = lab.end(process)
    assert ended.code not in (0, 130)
    ended.expect(ended.code, "the state directory state was moved", "elsewhere")
    assert "Apply complete" not in ended.text
    (lab.folder / "elsewhere").rename(lab.folder / "state")
    clusters.mend()
    lab.apply()
    clusters.clear()
    lab.apply()
    assert clusters.writes == [], "the journal that moved with it lost nothing"


def test_a_forged_checksum_does_not_help(lab: CommandLab, clusters: Sandbox) -> None:
    from reconciler.app.planning.planfile import _checksum

    lab.run("plan", "-out", "plan.json").expect(0)
    path = lab.folder / "plan.json"
    value = json.loads(path.read_text())
    for change in value["plan"]["changes"]:
        change["action"] = "no-op"
    path.write_text(json.dumps({"plan": value["plan"], "checksum": _checksum(value["plan"])}))
    for command in ("show", "apply"):
        lab.run(command, "plan.json").expect(1, "plan.json", "its content does not match its digest")
    assert clusters.writes == []


def test_a_plan_that_cannot_be_saved(lab: CommandLab) -> None:
    lab.run("plan", "-out", "nowhere/plan.json").expect(1, "nowhere/plan.json")
    lab.run("plan", "-out", ".").expect(1, "cannot write the plan", "it is a directory")
    os.mkfifo(lab.folder / "pipe")
    lab.run("plan", "-out", "pipe").expect(1, "it is a named pipe, not a regular file")
    (lab.folder / "pipe").unlink()
    (lab.folder / "out").symlink_to("/dev/null")
    lab.run("plan", "-out", "out").expect(1, "it is a device, not a regular file")
    (lab.folder / "out").unlink()
    assert [path.name for path in Path(lab.folder).iterdir()] == ["main.yaml"]
