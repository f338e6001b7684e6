"""The guide of reviews, followed in a git repository: a sandbox, and a host that has one pull request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.clusters import sandbox
from tests.docs.pages import CLUSTERS, Command, Reader, matches
from tests.support.agents import Agent, binaries
from tests.support.command.hosts import FakeGitHub, serving

pytestmark = pytest.mark.long

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "review.md"
PROGRAMS = ("git", "jq", "ssh-keygen")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]


class Shell(Reader):
    """Follows a page whose commands are those of a shell, in a checkout, with the environment of a job."""

    def __init__(self, folder: Path, addresses: Mapping[str, str], environ: Mapping[str, str]) -> None:
        super().__init__(folder, addresses)
        ours = ("RECONCILER_", "CONSUL_", "GIT", "CI", "FORCE_COLOR")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        who = {
            f"GIT_{role}_{part}": "anna@example.com"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        self.environ = {
            **kept, **who, **environ, "PATH": path, "HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull,
            "SSH_AUTH_SOCK": "",
        }  # fmt: skip

    def run(self, line: str) -> str:
        if line.startswith("curl "):
            return super().run(line)
        return self.shown(
            subprocess.run(
                ["bash", "-c", self._here(line)],
                cwd=self.folder,
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                check=False,
            ).stdout
        )


class Followed:
    """The page as it was followed once: each command and what it printed, the files, the comments."""

    def __init__(self, folder: Path, host: FakeGitHub, addresses: Mapping[str, str]) -> None:
        self.folder, self.host = folder, host
        shell = Shell(folder, addresses, host.environ())
        self.commands: list[tuple[Command, str]] = list(shell.follows(GUIDE.read_text(encoding="utf-8")))

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    if MISSING:
        pytest.skip(f"not on this machine: {', '.join(MISSING)}")
    place = tmp_path_factory.mktemp("review")
    (place / "checkout").mkdir()
    host = FakeGitHub()
    with sandbox(place, ",".join(CLUSTERS)) as addresses, serving(host):
        yield Followed(place / "checkout", host, addresses)


def differences(followed: Followed) -> list[str]:
    """Return the commands that print something else than the page says."""
    return [
        f"$ {command.line}\n{command.printed}\nbut it is\n{printed}"
        for command, printed in followed.commands
        if not matches(command.printed, printed)
    ]


def test_each_command_prints_what_the_page_says(followed: Followed) -> None:
    assert differences(followed) == [], "\n\n".join(differences(followed))


@pytest.mark.live
@pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
@pytest.mark.parametrize("version", list(binaries())[-1:] or ["none"])
def test_it_does_on_real_servers(version: str, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    agents = [Agent(f"c-{name}", name, binaries()[version], tmp_path) for name in CLUSTERS[:2]]
    host = FakeGitHub()
    (tmp_path / "checkout").mkdir()
    try:
        for agent in agents:
            agent.start()
        for agent in agents:
            agent.wait()
        with serving(host):
            addresses = {agent.datacenter: agent.address for agent in agents}
            found = differences(Followed(tmp_path / "checkout", host, addresses))
    finally:
        for agent in agents:
            agent.stop()
    assert found == [], "\n\n".join(found)


def test_there_is_one_comment_with_the_newest_plan(followed: Followed) -> None:
    (body,) = followed.host.bodies()
    assert followed.host.comments[0].edits == 1
    assert "batch@dc2" in body


def test_the_change_by_hand_is_one_alert_at_its_declaration(followed: Followed) -> None:
    (alert,) = followed.json("drift.sarif")["runs"][0]["results"]
    place = alert["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "main.yaml"
    assert alert["partialFingerprints"]
    assert len(followed.json("quality.json")) == 1
