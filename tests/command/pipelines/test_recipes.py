"""The recipes of examples/pipelines: valid for their hosts, and their commands run on the sandbox."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command.pipelines.composite import Composite
from tests.command.pipelines.conftest import Project
from tests.command.pipelines.rendered import component, problems

ROOT = Path(__file__).parents[3]
RECIPES = ROOT / "examples" / "pipelines"
WORKFLOW = RECIPES / "github" / "reconciler.yml"
SHELL = RECIPES / "shell"


def sh(project: Project, *words: str, environ: Mapping[str, str] | None = None, code: int = 0) -> str:
    """Run a program in the checkout; gives what it prints."""
    ended = subprocess.run(
        words,
        cwd=project.folder,
        env={**project.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stdout
    return ended.stdout


def test_the_workflow_has_the_form_of_one() -> None:
    assert problems("vendor.github-workflows", WORKFLOW) == ""


def test_nothing_in_the_workflow_can_be_used_against_its_users() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    words = [zizmor, "--offline", "--no-progress", str(WORKFLOW)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="no actionlint on PATH")
def test_actionlint_has_nothing_to_say() -> None:
    ended = subprocess.run(["actionlint", str(WORKFLOW)], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")


def test_the_workflow_uses_inputs_and_outputs_that_the_action_has() -> None:
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["reconciler"]["steps"]
    (step,) = [step for step in steps if step.get("id") == "reconciler"]
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    read = re.findall(r"steps\.reconciler\.outputs\.([\w-]+)", WORKFLOW.read_text())
    assert set(step["with"]) <= set(action["inputs"])
    assert read
    assert set(read) <= set(action["outputs"])


def test_the_way_of_a_change_on_github(on_github: Project) -> None:
    """What the workflow runs, in order: plan for a pull request, apply for main, drift at night."""
    action = Composite(ROOT, on_github.folder, on_github.environ)

    assert action.run(install="none", command="plan", sarif="true").outputs["verdict"] == "changes"
    assert action.run(install="none", command="apply", sarif="false").outputs["verdict"] == "applied"
    assert action.run(install="none", command="drift", sarif="true").outputs["verdict"] == "no-changes"


def included(tmp_path: Path) -> dict[str, Any]:
    """Return the pipeline of the recipe with its components put in, as GitLab does."""
    own = yaml.safe_load((RECIPES / "gitlab" / ".gitlab-ci.yml").read_text())
    jobs: dict[str, Any] = {}
    for one in own.pop("include"):
        assert one["component"].startswith("$CI_SERVER_FQDN/")
        jobs |= component(ROOT / "templates" / "reconciler.yml", **one["inputs"])
    whole = {
        **jobs,
        **{name: {**jobs.get(name, {}), **value} for name, value in own.items() if name != "stages"},
    }
    return {"stages": own["stages"], **whole}


def test_the_pipeline_of_gitlab_has_the_form_of_one(tmp_path: Path) -> None:
    pipeline = included(tmp_path)
    (tmp_path / ".gitlab-ci.yml").write_text(yaml.safe_dump(pipeline))

    assert problems("vendor.gitlab-ci", tmp_path / ".gitlab-ci.yml") == ""
    assert pipeline["apply"]["rules"][0]["when"] == "manual"
    assert {job["stage"] for name, job in pipeline.items() if name != "stages"} == set(pipeline["stages"])


def test_atlantis_plans_and_applies_what_was_planned(on_gitlab: Project) -> None:
    """Its steps, by the shell and with the variables that Atlantis gives them."""
    server = yaml.safe_load((RECIPES / "atlantis" / "repos.yaml").read_text())
    workflow = server["workflows"][server["repos"][0]["workflow"]]
    plan = {"PLANFILE": str(on_gitlab.folder / "mesh-default.tfplan")}

    def run(stage: str, code: int = 0) -> str:
        return "".join(
            sh(on_gitlab, "sh", "-c", step["run"], environ=plan, code=code)
            for step in workflow[stage]["steps"]
        )

    assert "Plan: 3 to add" in run("plan")
    assert "Apply complete! Resources: 3 added" in run("apply")
    assert "No changes." in run("plan")
    on_gitlab.by_hand()
    run("plan")
    on_gitlab.lab.run("apply", "--auto-approve").expect(0)
    assert "Error" in run("apply", code=4)


def test_a_folder_that_atlantis_plans_is_named_once() -> None:
    own = yaml.safe_load((RECIPES / "atlantis" / "atlantis.yaml").read_text())
    assert own["version"] == 3
    assert [project["dir"] for project in own["projects"]] == ["mesh"]
    assert "workflow" not in own["projects"][0]


def test_a_review_by_a_shell(on_gitlab: Project) -> None:
    said = sh(on_gitlab, "bash", str(SHELL / "review.sh"), ".", "reports")

    assert "To apply exactly this: reconciler apply reports/plan.reconciler" in said
    names = {path.name for path in (on_gitlab.folder / "reports").iterdir()}
    assert names == {"plan.reconciler", "report.md", "report.html", "junit.xml", "report.sarif"}
    on_gitlab.lab.run("apply", "reports/plan.reconciler").expect(0, "3 added")
    assert "Nothing to do." in sh(on_gitlab, "bash", str(SHELL / "review.sh"), ".", "reports")


def test_a_review_that_fails_ends_as_the_plan_does(on_gitlab: Project) -> None:
    on_gitlab.change(new="{from: web@dc9, action: allow}")
    sh(on_gitlab, "bash", str(SHELL / "review.sh"), ".", "reports", code=1)


def test_a_night_shows_what_is_new_since_the_last(on_gitlab: Project) -> None:
    def night(code: int) -> None:
        sh(on_gitlab, "bash", str(SHELL / "nightly.sh"), ".", "reports", code=code)

    on_gitlab.lab.run("apply", "--auto-approve").expect(0)
    night(0)
    on_gitlab.by_hand()
    night(2)
    night(0)  # it is known by now
    night(0)
    assert json.loads((on_gitlab.folder / "reports" / "all.json").read_text())["drift"]["items"]
    on_gitlab.clusters.fault("dc1", "refused", times=None)  # in every cluster
    before = (on_gitlab.folder / "reports" / "all.json").read_text()
    night(1)
    assert (on_gitlab.folder / "reports" / "all.json").read_text() == before
