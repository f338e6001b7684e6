"""Scripts of the examples run, and the first plans alike on real Consul; findings/ applies every example."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.clusters import sandbox
from tests.support.agents import MANAGEMENT, Agent, binaries
from tests.support.command.lab import WARM

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if re.match(r"\d\d-", path.name))
MAIN = EXAMPLES[0]


class Walk:
    """One example in a folder of its own, with the addresses of its clusters."""

    def __init__(self, example: Path, folder: Path, addresses: Mapping[str, str]) -> None:
        shutil.copytree(example, folder)
        self.folder = folder
        self.environ = {
            **{k: value for k, value in os.environ.items() if not k.startswith("RECONCILER_") and k != "CI"},
            **{f"RECONCILER_VAR_{name}": address for name, address in addresses.items()},
        }

    def run(self, *arguments: str, expect: int = 0) -> str:
        code, out, err = WARM.run(arguments, self.folder, self.environ)
        assert code == expect, f"{arguments}: exit {code}\n{out}{err}"
        return out

    def whole(self, meanwhile: Callable[[], None] = lambda: None) -> str:
        """The main job, with `meanwhile` before it is destroyed; gives the text of the first plan."""
        self.run("validate")
        planned = self.run("plan", "--detailed-exitcode", expect=2)
        self.run("apply", "--auto-approve")
        self.run("plan", "--detailed-exitcode")
        self.run("drift")
        meanwhile()
        self.run("destroy", "--auto-approve")
        assert self.run("state", "list") == ""
        return planned


def comparable(text: str) -> str:
    """A plan's text without what differs from run to run: versions, times, the fingerprint."""
    lines = [line for line in text.splitlines() if not line.startswith(("Read ", "Fingerprint: "))]
    return "\n".join(lines)


@contextmanager
def sandboxed(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    folder.mkdir()
    with sandbox(folder, "dc1,dc2,dc3", *options) as addresses:
        yield addresses


# What the sandbox has to be for an example whose directory ends in this.
OPTIONS = {
    "acl": ("--acl", "--management-token", MANAGEMENT),
    "partitions": (
        *("--version", "dc1=1.20+ent", "--partition", "dc1=team", "--partition", "dc1=team:finance"),
        *("--version", "dc2=1.20+ent", "--partition", "dc2=west"),
    ),
}


def test_the_names_that_the_fourth_example_is_about(tmp_path: Path) -> None:
    walk = Walk(ROOT / "examples" / "04-names-to-dial", tmp_path / "run", {})

    listed = walk.run("output", "dc2", "--offline")

    assert "api.virtual.us-prod.<domain>" in listed
    assert 'destination_name = "billing", destination_peer = "us-prod"' in listed
    assert "payments (redirect)" in listed


@pytest.mark.live
def test_the_first_example_plans_the_same_on_sandbox_and_real_servers(
    tmp_path: Path,
) -> None:
    found = binaries()
    if not found:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    newest, other = list(found)[-1], list(found)[len(found) // 2]
    agents = [
        Agent(f"c{number}", f"dc{number}", found[version], tmp_path)
        for number, version in enumerate((newest, newest, other), start=1)
    ]
    try:
        for agent in agents:
            agent.start()
        for agent in agents:
            agent.wait()
        addresses = {agent.datacenter: agent.address for agent in agents}
        real = Walk(MAIN, tmp_path / "real", addresses).whole()
    finally:
        for agent in agents:
            agent.stop()
    with sandboxed(tmp_path / "sandbox") as addresses:
        pretended = Walk(MAIN, tmp_path / "pretended", addresses).run("plan")

    assert comparable(real) == comparable(pretended)


@pytest.mark.long
def test_two_checkouts_take_turns_on_one_state(tmp_path: Path) -> None:
    printed = followed("05-shared-state/take-turns.sh", tmp_path)

    assert printed.count("No changes. Your infrastructure matches the configuration.") == 2
    assert "Undo: back to serial 1" in printed
    assert "Resources: 3 destroyed." in printed
    assert "Resources: 0 destroyed." in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_plan_is_reviewed_by_policies(tmp_path: Path) -> None:
    printed = followed("06-policies/review.sh", tmp_path)

    assert "  + checkout@shop -> payments@vault\n" in printed
    assert printed.count("Policy broken: deny: *@{env: dev} -> *@{env: prod}   development stays apart") == 1
    assert "    tests@lab -> payments@vault: allowed" in printed
    assert "  ~ probe@lab -> catalog@vault    GET /health* -> GET /status*" in printed
    assert "  # breaks 1 path: probe@lab -> catalog@vault" in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_nightly_job_finds_what_is_drift_and_leaves_what_is_ignored(tmp_path: Path) -> None:
    printed = followed("07-drift/nightly.sh", tmp_path)

    assert printed.count("Meta.scale   (the scaler writes it") == 7
    assert "      + stranger   allow" in printed
    assert "service_defaults.dc2/forgotten   nothing here declares or records it" in printed
    assert "No new difference that counts.   Known from the baseline: 2" in printed
    assert "Found 1 new difference that counts." in printed
    assert '"scale":"5"' in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_demo_walks_through(tmp_path: Path) -> None:
    printed = followed("demo.sh", tmp_path)

    assert "No changes. Your infrastructure matches the configuration." in printed
    assert list(tmp_path.iterdir()) == []


def followed(script: str, folder: Path) -> str:
    """Run a script of the examples; gives what it prints."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", str(ROOT / "examples" / script)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,  # a busy machine takes its time
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
