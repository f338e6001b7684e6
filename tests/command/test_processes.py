"""The command as a process: signals, pipes that close, terminals."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.patience import LIMIT, wait_for

# An app whose apply waits in flight until it is asked to stop, and says in which order things happened.
SLOW_APP = """
import asyncio, sys
from reconciler import app
from reconciler.model.event import Outcome, Skipped, Started, Succeeded
from tests.support import samples as s

async def apply(options, mode, selection, *, approve, observe, stop, saved=None):
    if MODE == "reading":
        print("ready", flush=True)
        await asyncio.sleep(30)
    if not approve(app.PlanResult(s.FIRST, (), 0.1)):
        return app.ApplyResult(s.FIRST, None, approved=False)
    observe(Started(s.CREATE.address, s.CREATE.action))
    print("ready", flush=True)
    while not stop.requested or MODE == "stubborn":
        await asyncio.sleep(0.01)
    observe(Succeeded(s.CREATE.address, s.CREATE.action, 0.5))
    return app.ApplyResult(s.FIRST, s.STOPPED, approved=True)

app.apply = apply
from reconciler.cli.main import run
from reconciler.cli.terminal.signals import exit_code
sys.exit(exit_code(run(ARGV)))
"""


def started(mode: str, *argv: str, **more: object) -> subprocess.Popen[str]:
    script = SLOW_APP.replace("MODE", repr(mode)).replace("ARGV", repr(list(argv)))
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", script], **{"stdout": -1, "stderr": -1, "text": True, **more}
    )


def wait_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        if line == "ready\n":
            return seen
        seen += line
    raise AssertionError(f"ended early: {seen}")


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_one_interrupt_finishes_what_is_in_flight(number: signal.Signals, code: int, word: str) -> None:
    process = started("gentle", "apply", "--auto-approve")
    wait_ready(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == code, out + err
    assert f"{word}: finishing what is in flight" in out
    assert "Creation complete after 0.5s" in out
    assert "Run the same command again to go on" in out
    assert err == ""


def test_two_interrupts_leave_at_once() -> None:
    process = started("stubborn", "apply", "--auto-approve")
    wait_ready(process)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    while "Interrupted: finishing" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert "Stopped at once." in out
    assert "Traceback" not in err


def test_an_interrupt_before_anything_is_written_cancels() -> None:
    process = started("reading", "apply", "--auto-approve")
    wait_ready(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert (out, err) == ("", "\nInterrupted.\n")


def test_ctrl_c_at_the_prompt_of_a_real_terminal() -> None:
    leader, follower = pty.openpty()
    process = started(
        "gentle", "apply", stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    seen = b""
    while b"Enter a value:" not in seen:
        seen += os.read(leader, 4096)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(leader, 4096):
            seen += chunk
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(leader)
    assert process.wait(timeout=LIMIT) == 130
    assert b"Interrupted." in seen
    assert b"Traceback" not in seen


@pytest.mark.long
def test_a_reader_that_goes_away_is_no_error() -> None:
    script = """
import sys
from reconciler import app
from tests.support import samples as s
async def plan(options, mode, selection):
    return app.PlanResult(s.plan(*[s.CREATE] * 20000))
app.plan = plan
from reconciler.cli.main import run
sys.exit(run(["plan", "--detailed-exitcode"]))
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=-1, stderr=-1, text=True)
    assert process.stdout is not None and process.stderr is not None  # noqa: PT018
    assert process.stdout.readline().startswith("Read 4 clusters")
    process.stdout.close()
    assert process.wait(timeout=LIMIT) == 2, "the exit code still tells what the plan says"
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_serves_until_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "sandbox", "--clusters", "a,b-1", "--port", "0", "--acl",
         "--management-token", "secret-1", "--version", "b-1=1.14", "--federation", "a,b-1",
         "--ready-file", str(ready)],
        stdout=-1, stderr=-1, text=True,
    )  # fmt: skip
    wait_for(ready.exists, "the sandbox never came up")
    urls = json.loads(ready.read_text())
    with urllib.request.urlopen(urls["b-1"] + "/v1/catalog/datacenters") as answer:
        assert json.loads(answer.read()) == ["b-1", "a"], "one federation"
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (0, "")
    assert list(urls) == ["a", "b-1"]
    assert all(url in out for url in urls.values())
    assert "export RECONCILER_TOKEN_B_1=secret-1" in out
