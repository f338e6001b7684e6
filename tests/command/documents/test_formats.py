"""Formats at the command line: files beside text, also where a run fails, and reports of what was kept."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox

FILES = {
    "markdown": "comment.md", "html": "page.html", "junit": "cases.xml", "sarif": "found.sarif",
    "gitlab": "quality.json", "json": "plan.json",
}  # fmt: skip
WRITES = [word for name, file in FILES.items() for word in ("--format", name, "--output", file)]


def test_one_run_writes_several_and_prints_text(lab: CommandLab) -> None:
    ended = lab.run("plan", "--detailed-exitcode", *WRITES).expect(2, "Plan: 7 to add")
    shown = {name: (lab.folder / file).read_text() for name, file in FILES.items()}
    document = json.loads(shown["json"])
    assert document["verdict"] == {
        "exit_code": 2,
        "word": "changes",
        "text": "Plan: 7 to add, 0 to change, 0 to destroy.",
    }
    assert document["next_step"] in ended.out
    for name in ("markdown", "html", "junit", "sarif"):
        assert document["verdict"]["text"] in shown[name], name
    assert json.loads(shown["gitlab"]) == []


def test_a_file_is_written_also_where_the_run_fails(bare: CommandLab) -> None:
    bare.write("clusters: {dc1: {address: 'http://127.0.0.1:1'}}\npeerings: [{between: [dc1, dc9]}]\n")
    for command in ("plan", "drift", "validate"):
        bare.run(command, *WRITES).expect(1)
        run = json.loads((bare.folder / "found.sarif").read_text())["runs"][0]
        assert {one["ruleId"] for one in run["results"]} == {"unknown-cluster"}, command
        place = run["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "main.yaml"
        assert place["region"]["startLine"] == 2
        assert "unknown cluster" in (bare.folder / "comment.md").read_text()
        for file in FILES.values():
            (bare.folder / file).unlink()


def test_an_apply_that_fails_has_its_files(lab: CommandLab, clusters: Sandbox) -> None:
    lab.run("apply", "--format", "junit", "--output", "cases.xml").expect(1, "stdin is not a terminal")
    assert '<failure message="Error: cannot ask for approval' in (lab.folder / "cases.xml").read_text()


def test_jsonl_is_the_events_and_nothing_else(lab: CommandLab) -> None:
    lines = (
        lab.run("apply", "--auto-approve", "--format", "jsonl", "--format", "html", "--output", "a.html")
        .expect(0)
        .lines()
    )
    kinds = [line["type"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("version", "change_summary")
    assert lines[-1]["verdict"]["word"] == "applied"
    assert lines[-1]["verdict"]["text"] in (lab.folder / "a.html").read_text()


def test_another_format_on_stdout_leaves_the_log_to_stderr(lab: CommandLab) -> None:
    ended = lab.run("apply", "--auto-approve", "--format", "markdown").expect(0)
    assert ended.out.startswith("<!-- reconciler report -->\n### ✅ Apply complete! Resources: 7 added")
    assert "Creation complete after" in ended.err


def test_reports_need_no_cluster(lab: CommandLab, clusters: Sandbox, tmp_path: Path) -> None:
    lab.run("plan", "-out", "p.plan").expect(0)
    (lab.folder / "plan.json").write_text(lab.run("plan", "--json").expect(0).out)
    (lab.folder / "valid.json").write_text(lab.run("validate", "--json").expect(0).out)
    (lab.folder / "apply.json").write_text(lab.run("apply", "--auto-approve", "--json").expect(0).out)
    alone = CommandLab(tmp_path / "alone")
    alone.folder.mkdir()
    kept = [str(lab.folder / name) for name in ("p.plan", "plan.json", "valid.json", "apply.json")]
    text = alone.run("report", *kept).expect(0).out
    heads = [line for line in text.splitlines() if line.startswith("### ")]
    assert [head.split(":")[0].split(".")[0] for head in heads] == [
        "### Plan", "### Plan", "### ✅ Success! The configuration is valid",
        "### ✅ Apply complete! Resources",
    ]  # fmt: skip
    first, second = (
        text.split("### ")[number].partition("Actions")[2].partition("<details")[0] for number in (1, 2)
    )
    assert first == second, "a saved plan is reported as the plan that was printed"


def test_what_is_no_document_is_refused_by_name(bare: CommandLab) -> None:
    for content, says in (
        ("nonsense: [", "it is not JSON"),
        ("[]", "no document"),
        ('{"a": 1}', "neither a plan"),
        ("[" * 500 + "]" * 500, "nested"),
    ):
        bare.write(content, "x.json")
        bare.run("report", "x.json").expect(1, "cannot read x.json", says)


def test_a_step_summary_is_appended(lab: CommandLab) -> None:
    summary = lab.write("before\n", "summary.md")
    lab.environ |= {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}
    lab.run("plan", "--format", "github").expect(0, "Plan: 7 to add")
    text = summary.read_text()
    assert text.startswith("before\n<!-- reconciler report -->\n### Plan: 7 to add")


def test_an_output_that_cannot_be_written_stops_before_the_work(lab: CommandLab) -> None:
    lab.run("apply", "--auto-approve", "--format", "html", "--output", "no/such/a.html").expect(
        1, "there is no directory"
    )
    assert not lab.state.exists()


def test_a_format_without_a_meaning_names_those_that_have_one(lab: CommandLab) -> None:
    lab.run("apply", "--format", "sarif").expect(
        1, "--format sarif has no meaning here", "markdown, html, junit"
    )
    lab.run("plan", "--format", "jsonl").expect(1, "--format jsonl has no meaning here")
    lab.run("plan", "--format", "nonsense").expect(1, "nonsense")
