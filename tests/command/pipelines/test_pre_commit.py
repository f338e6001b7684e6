"""The hooks of .pre-commit-hooks.yaml, run by pre-commit in a repository with a configuration."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command.pipelines.offline import BORROWING, ROOT, product

BIN = Path(sys.executable).parent
VALID = "clusters: {dc1: {address: 'http://127.0.0.1:8500'}}\nconfig_entries: {dc1: [{Kind: mesh}]}\n"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git on this machine")


def environment(home: Path) -> dict[str, str]:
    """Without an index: the hook's environment borrows libraries and build backend from this one."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("RECONCILER_", "GIT_", "PRE_COMMIT", "PIP_"))
    }
    return {
        **kept, "HOME": str(home), "PRE_COMMIT_HOME": str(home / "hooks"), "GIT_CONFIG_GLOBAL": os.devnull,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **BORROWING,
    }  # fmt: skip


def repository(folder: Path) -> Path:
    """Commit what is in a folder."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


def run(team: Path, home: Path, *words: str) -> tuple[int, str]:
    """Run pre-commit in a repository; gives its exit code and what it prints."""
    ended = subprocess.run(
        [str(BIN / "pre-commit"), *words, "--all-files", "--verbose"],
        cwd=repository(team),
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A folder with a configuration."""
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "main.yaml").write_text(VALID)
    return tmp_path / "team"


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository that has the hooks, and nothing to install."""
    (tmp_path / "hooks-only").mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", tmp_path / "hooks-only")
    return repository(tmp_path / "hooks-only")


def test_a_valid_configuration_passes(tmp_path: Path, team: Path, hooks: Path) -> None:
    code, printed = run(team, tmp_path, "try-repo", str(hooks), "reconciler-validate-installed")
    assert (code, "Passed" in printed) == (0, True), printed


def test_a_broken_one_stops_the_commit(tmp_path: Path, team: Path, hooks: Path) -> None:
    (team / "main.yaml").write_text("clusters: {dc1: {adress: x}}\n")
    code, printed = run(team, tmp_path, "try-repo", str(hooks), "reconciler-validate-installed")
    assert (code, "main.yaml:1:" in printed) == (1, True), printed


def test_a_configuration_in_a_folder_takes_an_argument(tmp_path: Path, team: Path, hooks: Path) -> None:
    revision = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=hooks, text=True).strip()
    (team / "mesh").mkdir()
    (team / "main.yaml").rename(team / "mesh" / "main.yaml")
    wanted = {"id": "reconciler-validate-installed", "args": ["-C", "mesh"]}
    source = {"repo": str(hooks), "rev": revision, "hooks": [wanted]}
    (team / ".pre-commit-config.yaml").write_text(json.dumps({"repos": [source]}))

    code, printed = run(team, tmp_path, "run")

    assert (code, "Passed" in printed) == (0, True), printed


def test_pre_commit_installs_it_by_itself(tmp_path: Path, team: Path) -> None:
    source = repository(product(tmp_path / "product"))
    code, printed = run(team, tmp_path, "try-repo", str(source), "reconciler-validate")
    assert (code, "Passed" in printed) == (0, True), printed
