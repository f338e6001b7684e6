from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.command.hosts import FakeGitHub, FakeGitLab, serving
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox, sandbox

BODY = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""
ALLOWED = "{from: web@dc2, action: allow}"


@dataclass
class Project:
    """A checkout of a repository with a configuration of two clusters, and the environment of a job in it."""

    lab: CommandLab
    clusters: Sandbox
    host: FakeGitHub | FakeGitLab
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.lab.folder

    def change(self, old: str = ALLOWED, new: str = "{from: '*@dc2', action: allow}") -> None:
        """Change the configuration."""
        text = (self.folder / "main.yaml").read_text()
        assert old in text
        self.lab.write(text.replace(old, new))

    def by_hand(self) -> None:
        """Allow another caller behind the tool's back."""
        sources = [{"Name": "web", "Peer": "dc2", "Action": "allow"}, {"Name": "intruder", "Action": "allow"}]
        body = {"Kind": "service-intentions", "Name": "api", "Sources": sources}
        self.clusters.call("dc1", "PUT", "/v1/config", body)


def _project(folder: Path, host: FakeGitHub | FakeGitLab) -> Iterator[Project]:
    with sandbox("dc1", "dc2") as clusters, serving(host):
        (folder / "checkout").mkdir()
        lab = CommandLab(folder / "checkout", clusters.urls)
        lab.declare(BODY)
        made = Project(lab, clusters, host)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        made.environ = {
            **lab.environment(),
            **host.environ(),
            "PATH": path,
            "CI": "true",
            "HOME": str(folder),
        }
        yield made


@pytest.fixture
def on_github(tmp_path: Path) -> Iterator[Project]:
    yield from _project(tmp_path, FakeGitHub())


@pytest.fixture
def on_gitlab(tmp_path: Path) -> Iterator[Project]:
    yield from _project(tmp_path, FakeGitLab())
