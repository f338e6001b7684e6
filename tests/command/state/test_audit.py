"""The audit log, as a user sees it: who wrote what, and whether the log is whole."""

from __future__ import annotations

import os
import subprocess

from tests.support.command.lab import RESOURCES, CommandLab
from tests.support.command.servers import Sandbox


def commit(lab: CommandLab) -> str:
    """Make the folder a repository with all that is in it but the state; return the commit."""
    said = ("-c", "user.name=ann", "-c", "user.email=ann@example.com")
    environ = {**os.environ, "HOME": str(lab.folder)}
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "*.yaml"),
        ("commit", "-q", "-m", "first"),
        ("rev-parse", "HEAD"),
    ):
        done = subprocess.run(
            ["git", *said, *words], cwd=lab.folder, env=environ, capture_output=True, text=True, check=True
        )
    return done.stdout.strip()


def test_an_apply_is_in_the_log_with_revision_plan_and_outcome(lab: CommandLab) -> None:
    lab.declare()
    made = commit(lab)
    revision = {"commit": made, "branch": "main", "dirty": False}
    assert lab.run("plan", "--json").expect(0).value()["revision"] == revision
    lab.environ |= {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "octocat"}
    lab.run("apply", "--auto-approve").expect(0)
    (entry,) = lab.run("audit", "list", "--json").expect(0).value()["entries"]
    assert (entry["operation"], entry["outcome"], entry["revision"]) == ("apply", "applied", revision)
    assert entry["actor"] == {"name": "octocat", "system": "github", "job": ""}
    assert (entry["serial_before"], entry["serial_after"], entry["counts"]["added"]) == (0, 1, RESOURCES)
    assert len(entry["plan"]["digest"]) == 64
    assert entry["plan"]["digest"].startswith(entry["plan"]["fingerprint"].replace("-", ""))
    lab.run("audit", "list").expect(0, "octocat (github)", made[:12], "0 -> 1", f"applied ({RESOURCES} added)")
    (kept,) = lab.run("state", "history", "--json").expect(0).value()["generations"]
    assert kept["revision"] == revision
    lab.run("state", "history").expect(0, "REVISION", made[:12])


def test_a_dirty_configuration_is_shown_as_such(lab: CommandLab) -> None:
    lab.declare()
    commit(lab)
    lab.declare("peerings: [{between: [dc1, dc2]}]\n")
    lab.run("apply", "--auto-approve").expect(0)
    lab.run("audit", "list").expect(0, " dirty  ")


def test_plans_and_applies_without_a_change_are_not_in_it(lab: CommandLab) -> None:
    lab.arrange()
    before = lab.run("audit", "list").expect(0).out
    for words in (("plan",), ("drift",), ("apply", "--auto-approve"), ("state", "list")):
        lab.run(*words).expect(0)
    assert lab.run("audit", "list").expect(0).out == before


def test_every_command_that_writes_is_in_it(lab: CommandLab) -> None:
    lab.arrange()
    lab.run("rotate", "peering.dc1/dc2", "--auto-approve").expect(0)
    lab.run("state", "mv", "peering.dc1/dc3", "peering.dc1/north").expect(0)
    lab.run("state", "restore", "1", "--auto-approve").expect(0)
    text = lab.run("state", "pull").expect(0).out
    lab.run("state", "rm", "peering.dc1/dc3").expect(0)
    (lab.folder / "pulled.json").write_text(text)
    lab.run("state", "push", "pulled.json", "--force").expect(0)
    lab.run("destroy", "--auto-approve").expect(0)
    listed = lab.run("audit", "list", "--json").expect(0).value()["entries"]
    operations = [(one["operation"], one["outcome"]) for one in listed]
    assert operations == [
        ("apply", "applied"),
        ("rotate", "applied"),
        ("state mv", "recorded"),
        ("state restore", "recorded"),
        ("state rm", "recorded"),
        ("state push", "recorded"),
        ("destroy", "applied"),
    ]
    lab.run("audit", "verify").expect(0, "is whole")


def test_a_line_that_was_altered_is_named(lab: CommandLab) -> None:
    lab.arrange()
    lab.run("audit", "verify").expect(0, "The audit log in state is whole: 2 lines.")
    log = lab.state.parent / "audit.jsonl"
    log.write_text(log.read_text().replace('"outcome":"applied"', '"outcome":"failed"'))
    lab.run("audit", "verify").expect(
        1, "problem  line 2: entry 2 was altered: its hash does not match its content", "1 problem"
    )
    found = lab.run("audit", "verify", "--json").expect(1).value()
    assert (found["valid"], found["breaks"][0]["line"]) == (False, 2)


def test_a_log_that_was_cut_off_is_noticed(lab: CommandLab) -> None:
    lab.arrange()
    (lab.state.parent / "audit.jsonl").write_text("")
    lab.run("audit", "verify").expect(1, "it is cut off after entry 0: the ")
    (lab.state.parent / "audit.last").unlink()
    lab.run("audit", "verify").expect(1, "the snapshot of serial 1 names entry 2")


def test_a_migrated_state_takes_its_log_along(lab: CommandLab) -> None:
    lab.arrange()
    lab.run("state", "migrate", "--to", "elsewhere").expect(0)
    lab.run("audit", "verify").expect(4, "was moved from")
    lab.run("--state", "elsewhere", "audit", "verify").expect(0, "is whole")
    lab.run("--state", "elsewhere", "audit", "list").expect(0, "apply", "state migrate")


def test_without_a_state_there_is_no_log(bare: CommandLab) -> None:
    bare.run("audit", "list").expect(0, "The audit log is empty")
    bare.run("audit", "verify").expect(0, "There is no audit log in state")
    assert not (bare.folder / "state").exists()


def test_a_log_that_cannot_be_written_stops_a_run_before_it_writes(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare()
    (lab.folder / "state").mkdir()
    (lab.folder / "state" / "audit.jsonl").mkdir()
    lab.run("apply", "--auto-approve").expect(1, "audit.jsonl")
    assert clusters.writes == []
