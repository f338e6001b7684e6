"""`drift` at the command line: what is shown, what counts, and what it says of its options."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.command.test_outcomes import changed_by_hand
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox

STRANGER = {"Kind": "service-defaults", "Name": "stranger", "Protocol": "http"}
IGNORE = "ignore:\n  - {address: service_intentions.dc1/api, fields: ['Sources[*]'], reason: the mesh team}\n"


def test_what_counts_is_chosen(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    clusters.call("dc1", "PUT", "/v1/config", STRANGER)

    lab.run("drift").expect(0, "No changes")
    shown = lab.run("drift", "--unmanaged").expect(0, "service_defaults.dc1/stranger", "does not count")
    assert "1 unmanaged object" in shown.out
    lab.run("drift", "--fail-on", "changed,unmanaged-object").expect(2, "Found 1 difference that counts.")
    lab.run("drift", "--only=unmanaged-object").expect(2, "service_defaults.dc1/stranger")
    lab.run("drift", "--only", "changed", "--only", "removed").expect(0, "No difference that counts.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "remove"], "did you mean removed?"),
        (["--fail-on", "x"], "classes are all, changed, removed"),
        (["--only", "changed", "--fail-on", "removed"], "--fail-on names what --only leaves out: removed"),
        (["--baseline", "none.json"], "cannot use none.json as a baseline"),
    ],
)
def test_options_that_mean_nothing_are_errors(lab: CommandLab, arguments: list[str], said: str) -> None:
    lab.run("drift", *arguments).expect(1, said)
    lab.run("drift", "--json", *arguments).expect(1)


def test_a_baseline_shows_what_is_new(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    changed_by_hand(clusters)
    known = lab.run("drift", "--json").expect(2)
    (lab.folder / "known.json").write_text(json.dumps(known.value()))

    lab.run("drift", "--baseline", "known.json").expect(0, "No new difference", "Known from the baseline: 3")
    clusters.call("dc1", "DELETE", "/v1/config/service-intentions/api")
    ended = lab.run("drift", "--baseline", "known.json", "--json").expect(2)

    document = ended.value()["drift"]
    assert [(item["class"], item["new_since_baseline"]) for item in document["items"]] == [("removed", True)]
    assert document["baseline"] == {"known": 0, "gone": 3}


def test_what_is_ignored_is_in_a_footer_and_in_json(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    (lab.folder / "ignore.yaml").write_text(IGNORE)
    changed_by_hand(clusters)

    lab.run("drift").expect(0, "Ignored (3 differences)", "the mesh team; ignore.yaml:2:5")
    lab.run("plan", "--detailed-exitcode").expect(0, "Ignored (3 differences)")
    ignored = lab.run("plan", "--json").expect(0).value()["ignored"]
    assert {(item["address"], item["reason"]) for item in ignored} == {
        ("service_intentions.dc1/api", "the mesh team")
    }


def test_the_commit_that_was_applied_is_named(lab: CommandLab, clusters: Sandbox) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=lab.folder, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "shop")
    lab.apply()
    changed_by_hand(clusters)

    item = lab.run("drift", "--json").expect(2).value()["drift"]["items"][0]

    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=lab.folder, check=True, capture_output=True, text=True
    )
    assert f"since the apply of {head.stdout[:12]} on main" in item["who"]
