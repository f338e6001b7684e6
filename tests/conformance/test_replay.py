"""Every recorded line is answered as the servers answered it, on every version that it was recorded for."""

from __future__ import annotations

import copy
import json

import pytest

from .replay import DATA, Replayer, group_versions, load

GROUPS = load()
KNOWN = json.loads((DATA / "known-differences.json").read_text(encoding="utf-8"))
CASES = [(group, version) for group, lines in GROUPS.items() for version in group_versions(lines)]


@pytest.mark.parametrize(("group", "version"), CASES)
def test_group_replays(group: str, version: str) -> None:
    different = {r.id: r.problem for r in Replayer(GROUPS[group], version).run() if r.problem}
    known = {entry["id"] for entry in KNOWN if entry["version"] == version and entry["group"] == group}
    unexpected = {name: problem for name, problem in different.items() if name not in known}
    assert not unexpected
    assert known == different.keys(), "a known difference is gone: take it off the list"


def test_every_line_is_compared_on_every_version_it_names() -> None:
    named = sum(len(line["versions"]) for lines in GROUPS.values() for line in lines)
    compared = sum(1 for group, version in CASES for _ in Replayer(GROUPS[group], version).run())
    assert compared == named


MUTATIONS = {
    "status": lambda line: line.update(status=line["status"] + 1),
    "header": lambda line: line["headers"].update({"X-Consul-Default-ACL-Policy": "neither"}),
    "body": lambda line: line.update(response={"another": "body"}),
    "extra key": lambda line: _add_key(line["response"]),
}


def _add_key(value: object) -> None:
    if isinstance(value, list):
        value.append({"more": 1})
    elif isinstance(value, dict):
        value["more"] = 1


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
