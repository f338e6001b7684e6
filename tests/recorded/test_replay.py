"""Every recorded request is answered as the servers answered it, on every version it was recorded for."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.recorded.answers import load_answers, run_answers, versions
from tests.recorded.recording.record import lines_of
from tests.recorded.replay import DATA, Replayer, Result, group_versions, line_versions, load
from tests.recorded.report import PAGE, page, parts, replayed
from tests.recorded.steps import Suite
from tests.recorded.suites import SUITES
from tests.support.tables import each

GROUPS = load()
ANSWERS = load_answers()
KNOWN = json.loads((DATA / "known-differences.json").read_text(encoding="utf-8"))
CASES = [(group, version) for group, lines in GROUPS.items() for version in group_versions(lines)]
ANSWER_CASES = [(group, version) for group, lines in ANSWERS.items() for version in versions(lines)]


def check(results: Iterable[Result], version: str, ids: set[str]) -> None:
    different = {result.id: result.problem for result in results if result.problem}
    known = {entry["id"] for entry in KNOWN if version in entry["versions"]} & ids
    unexpected = {name: problem for name, problem in different.items() if name not in known}
    assert not unexpected
    assert known == different.keys(), "a known difference is gone: take it off the list"


@pytest.mark.long
@each(("group", "version"), CASES)
def test_a_transcript_replays(group: str, version: str) -> None:
    lines = GROUPS[group]
    check(replayed(group, version), version, {line["id"] for line in lines})


@pytest.mark.long
@each(("group", "version"), ANSWER_CASES)
def test_recorded_answers_are_given(group: str, version: str) -> None:
    lines = ANSWERS[group]
    check(run_answers(lines, version), version, {line["id"] for line in lines})


@pytest.mark.long
def test_the_page_says_what_the_recordings_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(parts()), "make conformance writes it"


def test_known_differences_say_why() -> None:
    known = {line["id"] for lines in (*GROUPS.values(), *ANSWERS.values()) for line in lines}
    assert all(entry["reason"] and entry["id"] in known for entry in KNOWN)


@pytest.mark.long
def test_every_line_is_compared_on_every_version_it_names() -> None:
    named = sum(len(line_versions(line)) for lines in GROUPS.values() for line in lines)
    assert named == sum(len(replayed(group, version)) for group, version in CASES)


def _add_key(line: dict[str, Any]) -> None:
    value = line["response"]
    if isinstance(value, list):
        value.append({"more": 1})
    elif isinstance(value, dict):
        value["more"] = 1


MUTATIONS: dict[str, Callable[[dict[str, Any]], None]] = {
    "status": lambda line: line.update(status=line["status"] + 1),
    "header": lambda line: line["headers"].update({"X-Consul-Default-ACL-Policy": "neither"}),
    "body": lambda line: line.update(response={"another": "body"}),
    "extra key": _add_key,
}


@pytest.mark.long
@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
def test_the_replay_notices_a_changed_recording(mutation: str) -> None:
    """A replay that compares nothing would be green as well: change a recording and it must differ."""
    unnoticed = []
    for group in ("peering-empty", "config-forms", "exports-visible"):
        for place, line in enumerate(GROUPS[group]):
            lines = copy.deepcopy(GROUPS[group])
            MUTATIONS[mutation](lines[place])
            if lines[place] == line:
                continue
            problems = {r.id: r.problem for r in Replayer(lines, "1.20.0-rc1").run()}
            if not problems[line["id"]]:
                unnoticed.append(line["id"])
    assert not unnoticed


@each("suite", SUITES, ids=lambda suite: suite.group)
def test_what_is_recorded_is_what_the_suite_asks(suite: Suite) -> None:
    """A suite that was changed is to be recorded again: python -m tests.recorded.recording.record GROUP."""
    asked = ("id", "about", "cluster", "action", "method", "path", "query", "pause_s", "background", "awaits")
    wanted = [{key: line.get(key) for key in asked} for line in lines_of(suite)]
    assert [{key: line.get(key) for key in asked} for line in GROUPS[suite.group]] == wanted
