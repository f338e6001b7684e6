"""Ctrl-C, twice Ctrl-C, kill -9 at any moment: the next run goes on, the one after has nothing to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.command.lab import RESOURCES, CommandLab
from tests.support.command.servers import Sandbox
from tests.support.patience import wait_for

AT_ONCE = 4  # writes that wait for no other: three tokens, and the service defaults


def slow(clusters: Sandbox, seconds: float) -> None:
    """Make every write take so long."""
    for name in clusters.urls:
        for method in ("POST", "PUT", "DELETE"):
            clusters.fault(name, "latency", method=method, delay_s=seconds, times=None)


def converges(lab: CommandLab, clusters: Sandbox) -> None:
    """The next apply creates it so, the one after writes nothing, and no link is left half-made."""
    clusters.mend()
    lab.apply()
    clusters.clear()
    lab.run("apply", "--auto-approve", "--json").expect(0)
    assert clusters.writes == []
    assert len(lab.recorded()) == RESOURCES
    assert not (lab.folder / "state" / "state.journal").exists()
    for name in clusters.urls:
        rows = clusters.call(name, "GET", "/v1/peerings")
        assert [row["State"] for row in rows] == ["ACTIVE"] * 2


ENDINGS = [
    (signal.SIGINT, 130, "Interrupted"),
    (signal.SIGTERM, 143, "Terminated"),
    (signal.SIGHUP, 129, "Hangup"),
]


def hears_sighup() -> None:
    """The tests themselves may run under `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "code", "word"), ENDINGS)
def test_one_interrupt_finishes_what_is_in_flight(
    lab: CommandLab, clusters: Sandbox, number: signal.Signals, code: int, word: str
) -> None:
    clusters.hold()
    streams = {"stderr": subprocess.STDOUT, "preexec_fn": hears_sighup}
    process = lab.start("apply", "--auto-approve", "--json", **streams)
    wait_for(lambda: len(clusters.writes) >= 2)
    process.send_signal(number)
    seen = lab.until_printed(process, f"{word}: finishing what is in flight")
    clusters.release()
    seen += lab.end(process).expect(code).out
    messages = [json.loads(line) for line in seen.splitlines() if line.startswith("{")]
    started = {m["hook"]["resource"]["addr"] for m in messages if m["type"] == "apply_start"}
    done = {m["hook"]["resource"]["addr"] for m in messages if m["type"] == "apply_complete"}
    skipped = {m["hook"]["resource"]["addr"] for m in messages if m["type"] == "apply_skipped"}
    assert started == done, "what was in flight was finished"
    assert skipped
    assert len(done) + len(skipped) == RESOURCES
    assert lab.recorded() == done, "what was done is recorded, and nothing else"
    assert not (lab.folder / "state" / "state.journal").exists()
    converges(lab, clusters)


def test_two_interrupts_leave_at_once(lab: CommandLab, clusters: Sandbox) -> None:
    clusters.hold()
    process = lab.start("apply", "--auto-approve", stderr=subprocess.STDOUT)
    wait_for(lambda: len(clusters.writes) == AT_ONCE)
    process.send_signal(signal.SIGINT)
    lab.until_printed(process, "finishing what is in flight")
    process.send_signal(signal.SIGINT)
    ended = lab.end(process).expect(130, "Stopped at once")
    assert "Stopped at once" in ended.out
    clusters.release()
    assert len(clusters.writes) == AT_ONCE, "it did not go on"
    converges(lab, clusters)


@pytest.mark.long
def test_an_interrupt_while_reading_changes_nothing(lab: CommandLab, clusters: Sandbox) -> None:
    clusters.fault("dc2", "latency", method="GET", delay_s=3600.0, times=None)
    for command in (("plan",), ("apply", "--auto-approve"), ("drift",)):
        clusters.clear()
        process = lab.start(*command)
        wait_for(lambda: len(clusters.world.requests) >= 3)
        process.send_signal(signal.SIGINT)
        lab.end(process).expect(130, "Interrupted")
    assert clusters.writes == []
    assert not lab.state.exists()
    clusters.mend()
    lab.apply()  # the lock is free


HELD = """
import sys, time
class Held:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            print("reached", flush=True)
            time.sleep(3600)
sys.meta_path.insert(0, Held())
"""


MODULES = ["reconciler.cli.main", "reconciler.cli.program", "typer", "yaml", "pydantic"]


@pytest.mark.parametrize(
    ("module", "number", "code", "word"),
    [*((MODULES[0], *ending) for ending in ENDINGS), *((module, *ENDINGS[0]) for module in MODULES[1:])],
)
def test_an_interrupt_while_the_program_loads_is_one_line(
    lab: CommandLab, tmp_path: Path, module: str, number: signal.Signals, code: int, word: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HELD.format(module=module))
    lab.environ["PYTHONPATH"] = str(tmp_path)
    lab.declare(dc1="http://127.0.0.1:9")
    process = lab.start("plan", preexec_fn=hears_sighup)
    assert process.stdout is not None
    assert process.stdout.readline() == "reached\n"
    process.send_signal(number)
    assert lab.end(process).expect(code).text == f"{word}.\n"


@pytest.mark.long
def test_a_hangup_is_ignored_under_nohup(lab: CommandLab, clusters: Sandbox) -> None:
    slow(clusters, 0.05)
    process = lab.start(
        "apply", "--auto-approve", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    wait_for(lambda: len(clusters.writes) >= 2)
    process.send_signal(signal.SIGHUP)
    lab.end(process).expect(0, "Apply complete")


@pytest.mark.long
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_streams_do_not_matter(
    lab: CommandLab, clusters: Sandbox, closed: tuple[int, ...]
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    lab.end(lab.start("apply", "--auto-approve", preexec_fn=close)).expect(0)
    assert len(lab.recorded()) == RESOURCES, "nothing printed went into the state's files"
    lab.end(lab.start("plan", "-detailed-exitcode", preexec_fn=close)).expect(0)


def test_the_end_of_the_input_is_a_no(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("apply").expect(1, "not a terminal", "--auto-approve")
    lab.run("destroy").expect(0, "No objects need to be destroyed")
    lab.run("apply", stdin=subprocess.PIPE).expect(1, "not a terminal")
    assert clusters.writes == []


def killed(lab: CommandLab, clusters: Sandbox, write: int) -> None:
    """Start an apply and kill it at a write, which is executed; at its end if it makes fewer."""
    clusters.clear()
    process = lab.start("apply", "--auto-approve", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(clusters.writes) >= write or process.poll() is not None)
    process.kill()
    process.wait()


@pytest.mark.long
@pytest.mark.parametrize("writes", [(0, 1, 3, 5), (2, 4, 1, 2)])
def test_killed_four_times_and_then_left_in_peace(
    lab: CommandLab, clusters: Sandbox, writes: tuple[int, ...]
) -> None:
    slow(clusters, 0.03)
    for write in writes:
        killed(lab, clusters, write)
    converges(lab, clusters)


@pytest.mark.long
@pytest.mark.parametrize("write", [1, 5])
def test_killed_while_destroying(lab: CommandLab, clusters: Sandbox, write: int) -> None:
    lab.arrange()
    slow(clusters, 0.03)
    clusters.clear()
    process = lab.start("destroy", "--auto-approve", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(clusters.writes) >= write)
    process.kill()
    process.wait()
    lab.run("destroy", "--auto-approve").expect(0)
    assert lab.recorded() == set()
    for name in clusters.urls:
        assert clusters.call(name, "GET", "/v1/peerings") == []
    for kind in ("service-intentions", "service-resolver", "service-defaults", "exported-services"):
        assert clusters.call("dc1", "GET", f"/v1/config/{kind}") == []
