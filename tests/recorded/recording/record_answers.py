"""`python -m tests.recorded.recording.record_answers [group...]`: ask real servers of every version found.

Rewrites the groups `chains-*` and `odd-bodies` of data/recorded-answers.jsonl. What one server answers
differently from run to run, and what it does not live to answer, is left out.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.recorded.answers import ANSWERS, Line, answer_of, load_answers, send
from tests.recorded.chain_compare import Twin
from tests.recorded.recording.chains import Chains
from tests.recorded.recording.odd_bodies import steps as odd_steps
from tests.recorded.recording.real import Real
from tests.recorded.recording.record import found_versions
from tests.recorded.replay import group_versions, load
from tests.support.agents import TOO_OLD

SEEDS = (7, 11)
WRITES = 56


def chain_steps(seed: int, versions: list[str]) -> Iterator[Line]:
    """Yield the steps of a seed that every version answers in one way only."""
    twins = [Twin(version) for version in versions]
    for step in Chains(seed).steps(WRITES, asked_each=14):
        if all(twin.is_certain(step) for twin in twins):
            for twin in twins:
                twin.take(step)
            yield step


def groups(versions: list[str]) -> dict[str, list[Line]]:
    """Return the steps of every group by name."""
    found = {f"chains-{seed}": list(chain_steps(seed, versions)) for seed in SEEDS}
    return {**found, "odd-bodies": list(odd_steps())}


def recorded(group: str, steps: list[Line], version: str) -> list[Line | None]:
    """Return what fresh servers of a version answer; None for what is asked after another answer only."""
    out: list[Line | None] = []
    with tempfile.TemporaryDirectory() as folder:
        servers = Real(version, Path(folder), ("A",))
        try:
            for step in steps:
                before = out[-1] if out else None
                skipped = "after" in step and (before is None or before["status"] != step["after"])
                out.append(None if skipped else answer_of(send(servers, step)))
        finally:
            servers.close()
    return out


def merged(group: str, steps: list[Line], answers: dict[str, list[Line | None]]) -> Iterator[Line]:
    """Yield the lines of a group; versions that answer alike share an answer."""
    for number, step in enumerate(steps):
        kept: list[Line] = []
        for version, given in answers.items():
            answer = given[number]
            if answer is None:
                continue
            alike = next((one for one in kept if one["answer"] == answer), None)
            if alike is None:
                kept.append({"versions": [version], "answer": answer})
            else:
                alike["versions"].append(version)
        if kept:
            told = {key: value for key, value in step.items() if key != "after"}
            yield {
                "group": group,
                "id": f"{group}-{number:04}",
                **told,
                "answers": [{"versions": one["versions"], **one["answer"]} for one in kept],
            }


def main() -> int:
    """Record the groups that are named, or all."""
    releases = _releases()
    wanted = groups(list(releases))
    names = sys.argv[1:] or list(wanted)
    kept = load_answers()
    for group in names:
        answers = {release: recorded(group, wanted[group], version) for version, release in releases.items()}
        kept[group] = list(merged(group, wanted[group], answers))
        print(group, len(kept[group]), "lines", flush=True)
    write(kept)
    return 0


def _releases() -> dict[str, str]:
    """Return the versions found -> the recorded releases that they stand for."""
    known = {v for lines in load().values() for v in group_versions(lines)}
    return {
        version: release
        for version in found_versions()
        if version not in TOO_OLD
        for release in known
        if release.startswith(f"{version}.")
    }


def write(kept: dict[str, list[Line]]) -> None:
    """Write all groups below the line that explains the format."""
    with ANSWERS.open(encoding="utf-8") as file:
        about = next(file).rstrip("\n")
    texts = [json.dumps(line) for lines in kept.values() for line in lines]
    ANSWERS.write_text("\n".join([about, *texts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
