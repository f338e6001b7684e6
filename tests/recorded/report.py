"""`python -m tests.recorded.report [--markdown]`: how many recorded requests the sandbox answers alike.

With `--markdown` it writes docs/conformance.md.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.recorded.answers import load_answers, run_answers, versions
from tests.recorded.limits import LIMITS, VARYING
from tests.recorded.recording.raw import load_raw, raw_results
from tests.recorded.replay import DATA, OWN, TRANSCRIPTS, Line, Replayer, Result, group_versions, load

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
KNOWN = DATA / "known-differences.json"


@dataclass
class Count:
    """Comparisons and differences by version."""

    compared: Counter[str] = field(default_factory=Counter)
    different: Counter[str] = field(default_factory=Counter)
    problems: list[Result] = field(default_factory=list)

    def add(self, results: Iterable[Result]) -> Count:
        for result in results:
            self.compared[result.version] += 1
            if result.problem:
                self.different[result.version] += 1
                self.problems.append(result)
        return self


@dataclass(frozen=True)
class Part:
    """One recording: its title, its groups and how they compare."""

    title: str
    groups: dict[str, list[Line]]
    count: Count

    @property
    def lines(self) -> int:
        return sum(map(len, self.groups.values()))


def transcripts(groups: dict[str, list[Line]]) -> Iterator[Result]:
    """Replay transcripts on every version they name."""
    for group, lines in groups.items():
        for version in group_versions(lines):
            yield from replayed(group, version)


@cache
def replayed(group: str, version: str) -> tuple[Result, ...]:
    """Return how a group of transcripts compares on a version; played once a process."""
    return tuple(Replayer(_transcripts()[group], version).run())


@cache
def _transcripts() -> dict[str, list[Line]]:
    return load(TRANSCRIPTS, OWN)


def answers(groups: dict[str, list[Line]]) -> Iterator[Result]:
    """Replay recorded answers on every version they name."""
    for lines in groups.values():
        for version in versions(lines):
            yield from run_answers(lines, version)


def parts() -> list[Part]:
    """Compare everything that is recorded."""
    first, own, single, raw = load(TRANSCRIPTS), load(OWN), load_answers(), load_raw()
    return [
        Part("Transcripts of the API", first, Count().add(transcripts(first))),
        Part("Suites of our own", own, Count().add(transcripts(own))),
        Part("Answers of single servers", single, Count().add(answers(single))),
        Part("Requests as bytes", raw, Count().add(raw_results(raw))),
    ]


def known() -> list[dict[str, Any]]:
    """Return the differences that are known, each with its reason."""
    found: list[dict[str, Any]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


def page(found: list[Part]) -> str:
    """Return docs/conformance.md."""
    return "\n".join([*_head(found), *_groups(found), *_differences(found), *_varying(), *_limits()]) + "\n"


def _head(found: list[Part]) -> Iterator[str]:
    names = sorted({v for part in found for v in part.count.compared}, key=_order)
    yield from (
        "# Conformance of the sandbox",
        "",
        "Requests were sent to real Consul servers of several versions and their answers recorded. The tests",
        "send the same requests to the sandbox and compare status, headers, body and, where a query waits,",
        "time. The same recordings are played against real servers too (`make live`), so that what the",
        "sandbox is held to stays what servers do. A comparison is one recorded request on one version.",
        "",
        "`make conformance` counts again and writes this page; a test compares the two.",
        "",
        "| Recording | groups | requests | " + " | ".join(names) + " | different |",
        "|---|---:|---:|" + "---:|" * len(names) + "---:|",
    )
    for part in found:
        cells = [str(part.count.compared[name] or "–") for name in names]
        numbers = [str(len(part.groups)), str(part.lines), *cells, str(part.count.different.total())]
        yield f"| {part.title} | " + " | ".join(numbers) + " |"
    total = sum(part.count.compared.total() for part in found)
    wrong = sum(part.count.different.total() for part in found)
    yield from ("", f"{total} comparisons, {total - wrong} alike, {wrong} different.")


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split("-", maxsplit=1)[0].split(".")]


def _groups(found: list[Part]) -> Iterator[str]:
    yield from ("", "## What was played", "", "| Group | shows | requests | versions |", "|---|---|---:|---|")
    for part in found:
        for name, lines in part.groups.items():
            about = lines[0].get("about", "odd forms of requests, one after the other")
            names = versions(lines) if "answers" in lines[0] else group_versions(lines)
            short = ", ".join(".".join(v.split(".")[:2]) for v in sorted(names, key=_order))
            yield f"| {name} | {about} | {len(lines)} | {short} |"


def _differences(found: list[Part]) -> Iterator[str]:
    yield from ("", "## Differences", "")
    reasons = {entry["id"]: entry["reason"] for entry in known()}
    problems = [result for part in found for result in part.count.problems]
    for name in dict.fromkeys(result.id for result in problems):
        names = ", ".join(result.version for result in problems if result.id == name)
        yield f"- `{name}` ({names}): {reasons.get(name, 'NOT EXPLAINED')}"
    if not problems:
        yield "None."


def _varying() -> Iterator[str]:
    yield from ("", "## What real servers answer differently from run to run", "")
    yield "Compared in full in the sandbox; of real servers only the status is compared."
    yield ""
    for name, reason in VARYING.items():
        yield f"- `{name}`: {reason}"


def _limits() -> Iterator[str]:
    yield from ("", "## What is not emulated", "")
    for title, text in LIMITS:
        yield f"- **{title}.** {text}"


def main() -> int:
    """Print the numbers and every difference; return 1 if one is not known."""
    found = parts()
    for part in found:
        for result in part.count.problems:
            print(f"{result.id} on {result.version}: {result.problem[:400]}")
    for part in found:
        compared, wrong = part.count.compared.total(), part.count.different.total()
        print(f"{part.title}: {part.lines} requests, {compared} comparisons, {wrong} different")
        for version in sorted(part.count.compared, key=_order):
            alike = part.count.compared[version] - part.count.different[version]
            print(f"  {version}: {alike} of {part.count.compared[version]}")
    if "--markdown" in sys.argv[1:]:
        PAGE.write_text(page(found), encoding="utf-8")
    explained = {entry["id"] for entry in known()}
    return int(any(result.id not in explained for part in found for result in part.count.problems))


if __name__ == "__main__":
    raise SystemExit(main())
