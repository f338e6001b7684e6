"""The component for GitLab CI: its form, and its job's script run by a shell as a runner does."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command.pipelines.conftest import Project
from tests.command.pipelines.offline import BORROWING, product
from tests.command.pipelines.rendered import component, problems
from tests.support.command.hosts import TOKEN

TEMPLATE = Path(__file__).parents[3] / "templates" / "reconciler.yml"
COMMANDS = ("plan", "drift", "validate", "apply")


@dataclass
class Job:
    """How a job ended, and the folder of its artifacts."""

    code: int
    printed: str
    reports: Path

    def json(self, name: str) -> Any:
        return json.loads((self.reports / name).read_text())


def run(project: Project, shell: str = "bash", **inputs: Any) -> Job:
    """Run the job of the component: variables, then the script by a shell that ends at the first error."""
    (job,) = component(TEMPLATE, **{"install": "none", **inputs}).values()
    environ = {**project.environ, "CI_PROJECT_DIR": str(project.folder), **job["variables"]}
    script = "\n".join([*job["before_script"], *job["script"]])
    ended = subprocess.run(
        [shell, "-e", "-c", script],
        cwd=project.folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert TOKEN not in ended.stdout
    return Job(ended.returncode, ended.stdout, project.folder / "reconciler")


@pytest.mark.parametrize("command", COMMANDS)
def test_its_form_is_that_of_a_pipeline(tmp_path: Path, command: str) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(yaml.safe_dump(component(TEMPLATE, command=command)))
    assert problems("vendor.gitlab-ci", tmp_path / ".gitlab-ci.yml") == ""


def test_an_input_reaches_the_shell_as_a_variable_only() -> None:
    text = TEMPLATE.read_text().partition("\n---\n")[2]
    (job,) = yaml.safe_load(text.replace("$[[", "[[")).values()
    assert not any("[[" in line for line in [*job["before_script"], *job["script"]] if "inputs." in line)


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_a_plan_is_a_note_on_the_merge_request(on_gitlab: Project, shell: str) -> None:
    job = run(on_gitlab, shell)

    assert job.code == 0, job.printed
    (note,) = on_gitlab.host.bodies()
    assert note.startswith("<!-- reconciler comment: plan -->\n")
    assert "3 to add" in note
    assert ET.parse(job.reports / "junit.xml").getroot().tag == "testsuites"
    assert job.json("code-quality.json") == []
    assert job.json("result.json")["verdict"]["word"] == "changes"


def test_the_next_push_updates_the_note(on_gitlab: Project) -> None:
    run(on_gitlab)
    on_gitlab.change()
    run(on_gitlab)

    (note,) = on_gitlab.host.bodies()
    assert "*@dc2" in note


def test_a_change_by_hand_fails_the_job_and_is_in_code_quality(on_gitlab: Project) -> None:
    assert run(on_gitlab, command="apply").code == 0
    on_gitlab.by_hand()

    job = run(on_gitlab, command="drift")

    assert job.code == 2, job.printed
    (found,) = job.json("code-quality.json")
    assert found["location"]["path"] == "main.yaml"
    assert any(body.startswith("<!-- reconciler comment: drift -->") for body in on_gitlab.host.bodies())


def test_a_broken_configuration_fails_the_job(on_gitlab: Project) -> None:
    on_gitlab.change(new="{from: web@dc9, action: allow}")
    job = run(on_gitlab, command="validate")

    assert job.code == 1
    assert "dc9" in job.json("code-quality.json")[0]["description"]


def test_without_a_token_for_notes_the_job_goes_on(on_gitlab: Project) -> None:
    del on_gitlab.environ["GITLAB_TOKEN"]
    job = run(on_gitlab)

    assert (job.code, on_gitlab.host.comments) == (0, [])
    assert "GITLAB_TOKEN is not set" in job.printed


def test_no_note_where_none_is_wanted(on_gitlab: Project) -> None:
    assert run(on_gitlab, comment=False).code == 0
    assert on_gitlab.host.comments == []


def test_it_installs_what_the_input_says(on_gitlab: Project, tmp_path: Path) -> None:
    on_gitlab.environ |= BORROWING
    job = run(on_gitlab, install=str(product(tmp_path / "product")))

    assert job.code == 0, job.printed
    assert len(on_gitlab.host.bodies()) == 1


def test_arguments_are_words_and_never_a_script(on_gitlab: Project) -> None:
    job = run(on_gitlab, arguments="--target service_intentions.* --var x=$(touch${IFS}hacked)")

    assert job.code == 0, job.printed
    assert not (on_gitlab.folder / "hacked").exists()


def test_a_configuration_in_a_folder(on_gitlab: Project) -> None:
    (on_gitlab.folder / "mesh").mkdir()
    (on_gitlab.folder / "main.yaml").rename(on_gitlab.folder / "mesh" / "main.yaml")
    job = run(on_gitlab, directory="mesh", name="mesh")

    assert job.code == 0, job.printed
    assert on_gitlab.host.bodies()[0].startswith("<!-- reconciler comment: mesh -->")
