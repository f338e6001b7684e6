"""The git revision of a configuration: what is told of it, and that nothing a repository names is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.app.workspace.origin import actor_of
from reconciler.app.workspace.revision import revision_of
from reconciler.model.auditing.origin import Actor, Revision

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git on PATH")

Git = Callable[..., str]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    ours = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | ours


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo" / "meshes" / "[odd] *"
    root.mkdir(parents=True)
    return root


@pytest.fixture
def git(root: Path, environ: dict[str, str]) -> Git:
    def call(*words: str) -> str:
        said = ("-c", "user.name=ann", "-c", "user.email=ann@example.com")
        done = subprocess.run(
            ["git", *said, *words], cwd=root, env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    call("init", "-q", "-b", "main", str(root.parent.parent))
    (root / "main.yaml").write_text("name: shop\n")
    (root / "reconciler.yaml").write_text("parallelism: 3\n")
    call("add", ".")
    call("commit", "-q", "-m", "first")
    return call


def test_the_commit_and_its_branch(root: Path, git: Git, environ: dict[str, str]) -> None:
    assert revision_of(root, (), environ) == Revision(git("rev-parse", "HEAD"), "main", dirty=False)
    git("checkout", "-q", "--detach")
    assert revision_of(root, (), environ) == Revision(git("rev-parse", "HEAD"), None, dirty=False)


def change(root: Path) -> None:
    (root / "main.yaml").write_text("name: other\n")


def remove(root: Path) -> None:
    (root / "main.yaml").unlink()


def add(root: Path) -> None:
    (root / "more.yml").write_text("")


def add_ignored(root: Path) -> None:
    (root / ".gitignore").write_text("local.yaml\n")
    (root / "local.yaml").write_text("")


def operate(root: Path) -> None:
    (root / "reconciler.yaml").write_text("parallelism: 4\n")


@pytest.mark.parametrize("alter", [change, remove, add, add_ignored, operate])
def test_another_configuration_than_the_commits_is_dirty(
    root: Path, git: Git, environ: dict[str, str], alter: Callable[[Path], None]
) -> None:
    alter(root)
    found = revision_of(root, (), environ)
    assert found is not None
    assert found.dirty


def test_other_files_are_not_part_of_it(root: Path, git: Git, environ: dict[str, str]) -> None:
    (root / "notes.txt").write_text("")
    (root / "state").mkdir()
    (root / "state" / "state.json").write_text("{}")
    (root.parent / "others.yaml").write_text("")
    (root / "below").mkdir()
    (root / "below" / "more.yaml").write_text("")
    found = revision_of(root, (), environ)
    assert found is not None
    assert not found.dirty


def test_named_files_are_the_configuration(root: Path, git: Git, environ: dict[str, str]) -> None:
    add(root)
    one, two = (revision_of(root, (root / name,), environ) for name in ("main.yaml", "more.yml"))
    assert one is not None
    assert two is not None
    assert (one.dirty, two.dirty) == (False, True)


def test_where_nothing_is_known(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    assert revision_of(root, (), environ) is None  # no repository
    subprocess.run(["git", "init", "-q", str(root)], env=environ, check=True)
    assert revision_of(root, (), environ) is None  # no commit
    assert revision_of(root, (), {**environ, "PATH": str(tmp_path)}) is None  # no git
    assert revision_of(tmp_path / "nowhere", (), environ) is None


def test_a_repository_of_another_user_is_unknown(root: Path, git: Git, environ: dict[str, str]) -> None:
    assert revision_of(root, (), {**environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}) is None


def test_nothing_that_a_repository_names_is_run(
    root: Path, git: Git, environ: dict[str, str], tmp_path: Path
) -> None:
    """A file system monitor, hooks and filters: a plain `git status` here runs them."""
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{sprung}'\ncat\n")
    trap.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(trap, hooks / name)
    git("config", "core.fsmonitor", str(trap))
    git("config", "core.hooksPath", str(hooks))
    for key in ("clean", "smudge", "process"):
        git("config", f"filter.trap.{key}", str(trap))
    (root / ".gitattributes").write_text("*.yaml filter=trap\n")
    os.utime(root / "main.yaml", (1, 1))  # git has to look into it
    found = revision_of(root, (), environ)
    assert not sprung.exists()
    assert found == Revision(git("-c", "core.fsmonitor=false", "rev-parse", "HEAD"), "main", dirty=False)
    subprocess.run(["git", "status"], cwd=root, env=environ, capture_output=True, check=False)
    assert sprung.exists(), "the traps are none"


def test_a_filter_that_cannot_be_turned_off_makes_it_unknown(
    root: Path, git: Git, environ: dict[str, str]
) -> None:
    git("config", "filter.a=b.clean", "false")
    assert revision_of(root, (), environ) is None


def test_nothing_is_written(root: Path, git: Git, environ: dict[str, str]) -> None:
    os.utime(root / "main.yaml", (1, 1))  # a plain `git status` writes the index now
    index = root.parent.parent / ".git" / "index"
    before = index.read_bytes()
    revision_of(root, (), environ)
    assert index.read_bytes() == before


@pytest.mark.parametrize(
    ("environ", "actor"),
    [
        ({}, None),
        ({"CI": "false"}, None),
        ({"CI": "1"}, Actor("", "ci")),
        (
            {
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTOR": "octocat",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "shop/meshes",
                "GITHUB_RUN_ID": "7",
            },
            Actor("octocat", "github", "https://github.com/shop/meshes/actions/runs/7"),
        ),
        (
            {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ann", "CI_JOB_URL": "https://gitlab/jobs/7"},
            Actor("ann", "gitlab", "https://gitlab/jobs/7"),
        ),
    ],
)
def test_who_a_ci_system_says_that_started_the_job(environ: dict[str, str], actor: Actor | None) -> None:
    assert actor_of(environ) == actor
