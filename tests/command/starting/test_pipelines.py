"""The CI files of `init`: their commands run as they are written, against the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command.pipelines.rendered import BIN, problems
from tests.support.command.lab import CommandLab

ENVIRONMENT = {
    "github": {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "shop/mesh"},
    "gitlab": {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": "http://127.0.0.1:1",
        "CI_PROJECT_ID": "1",
    },
}
INSTALLS = "python3 -m pip install --quiet 'consul-reconciler=="


@pytest.fixture(params=["github", "gitlab"])
def host(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def repository(lab: CommandLab, host: str) -> Path:
    clusters = ",".join(f"{name}={lab.urls[name]}" for name in ("dc1", "dc2"))
    lab.run("-C", "mesh", "init", "--clusters", clusters, "--ci", host).expect(0, "the state is a directory")
    return lab.folder / "mesh"


FILES = {
    "github": (".github/workflows/reconciler.yml", "vendor.github-workflows"),
    "gitlab": (".gitlab-ci.yml", "vendor.gitlab-ci"),
}


def test_its_form_is_that_of_the_host(repository: Path, host: str) -> None:
    name, schema = FILES[host]
    assert problems(schema, repository / name) == ""


def test_nothing_in_the_workflow_can_be_used_against_its_users(lab: CommandLab) -> None:
    lab.run("-C", "mesh", "init", "--clusters", f"dc1={lab.urls['dc1']}", "--ci", "github").expect(0)
    words = [BIN / "zizmor", "--offline", "--no-progress", str(lab.folder / "mesh")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def scripts(folder: Path, host: str, job: str) -> Iterator[str]:
    """Yield what a job runs, step by step, without its installation, which is looked at instead."""
    if host == "github":
        document = yaml.safe_load((folder / ".github/workflows/reconciler.yml").read_text())
        steps = [step["run"] for step in document["jobs"][job]["steps"] if "run" in step]
    else:
        document = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
        steps = [*document["default"]["before_script"], "\n".join(document[job]["script"])]
    assert steps[0].startswith(INSTALLS), steps
    yield from steps[1:]


def run(lab: CommandLab, folder: Path, script: str, **environ: str) -> tuple[int, str]:
    """Run a script as a job does: by bash, which stops at the first command that fails."""
    ours = {**lab.environment(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **environ}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=ours,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.long
def test_each_job_does_what_it_is_for(lab: CommandLab, repository: Path, host: str) -> None:
    def job(name: str) -> list[tuple[int, str]]:
        return [run(lab, repository, one, **ENVIRONMENT[host]) for one in scripts(repository, host, name)]

    shown = job("plan")
    assert [code for code, _ in shown] == [0] * len(shown), shown
    assert "peering.dc1/dc2 will be created" in "".join(text for _, text in shown)
    assert "peering.dc1/dc2" in (repository / "reports" / "plan.md").read_text()
    shown = job("apply")
    assert [code for code, _ in shown] == [0] * len(shown), shown
    assert "Apply complete! Resources: 1 added" in shown[0][1]
    assert "is whole" in shown[-1][1]
    assert [code for code, _ in job("drift")] == [0]
    lab.run("-C", "mesh", "state", "list").expect(0, "peering.dc1/dc2")


def test_a_job_ends_with_what_the_command_ends_with(lab: CommandLab, repository: Path, host: str) -> None:
    (repository / "main.yaml").write_text("clusters: {")
    codes = [run(lab, repository, script)[0] for script in scripts(repository, host, "plan")]
    assert codes[0] == 1


def test_tokens_are_secrets_of_the_host_and_in_no_file(lab: CommandLab, repository: Path, host: str) -> None:
    text = "".join(path.read_text() for path in repository.rglob("*") if path.is_file())
    assert "RECONCILER_TOKEN_DC1" in text
    if host == "github":
        document: Any = yaml.safe_load((repository / ".github/workflows/reconciler.yml").read_text())
        for job in document["jobs"].values():
            assert job["env"]["RECONCILER_TOKEN_DC2"] == "${{ secrets.RECONCILER_TOKEN_DC2 }}"
            assert job["permissions"]["contents"] == "read"
        assert document["permissions"] == {}
