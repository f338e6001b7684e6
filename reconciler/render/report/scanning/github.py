"""GitHub's workflow commands: findings as annotations of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.render.report.scanning.findings import Finding, findings, place_of_finding
from reconciler.render.report.value import Level, Report
from reconciler.sdk.text import escaped

MOST = 10  # annotations of a level that GitHub shows of one step
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def github(reports: Sequence[Report]) -> str:
    """Return one line for each finding, and one for each verdict that somebody has to look at."""
    return "".join(line for report in reports for line in _of(report))


def _of(report: Report) -> list[str]:
    out = _within(_together(findings(report)), report)
    if report.verdict.is_bad and not any(one.startswith("::error") for one in out):
        out.append(
            f"::error title=reconciler {report.title or report.kind.value}::{_data(report.verdict.text)}\n"
        )
    return out


def _together(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings with one for all resources that are not decided for the same reason."""
    alike: dict[str, list[Finding]] = {}
    for one in found:
        alike.setdefault(_cause(one) or one.digest, []).append(one)
    return [_joined(several) for several in alike.values()]


def _cause(found: Finding) -> str:
    """Return why a resource is not decided; empty for any other finding."""
    return found.text.partition(f"{found.subject} is not decided: ")[2] if found.rule == "undecided" else ""


def _joined(found: Sequence[Finding]) -> Finding:
    first = found[0]
    if len(found) == 1:
        return first
    names = ", ".join(one.subject for one in found)
    return replace(first, text=f"{len(found)} resources are not decided: {_cause(first)}: {names}")


def _within(found: Sequence[Finding], report: Report) -> list[str]:
    """Return the annotations. GitHub shows ten of each level: the tenth of more says how many follow."""
    out = []
    for level in dict.fromkeys(one.level for one in found):
        shown = [_annotation(one, report) for one in found if one.level is level]
        if len(shown) > MOST:
            more = f"and {len(shown) - MOST + 1} more: see the log or the summary of the job"
            shown.insert(MOST - 1, f"::{_COMMANDS[level]} title=reconciler::{more}\n")
        out += shown
    return out


def _annotation(found: Finding, report: Report) -> str:
    place = _place(found, report)
    file = {"file": place.pop("file")} if place else {}
    parts = {**file, "title": f"reconciler {found.rule}", **place}
    hint = f"\n{found.hint}" if found.hint else ""
    shown = ",".join(f"{name}={_property(value)}" for name, value in parts.items())
    return f"::{_COMMANDS[found.level]} {shown}::{_data(found.text + hint)}\n"


def _place(found: Finding, report: Report) -> dict[str, str]:
    """Return where a finding is shown; where no file is known, at the run as a whole."""
    if found.place is None and not report.places:
        return {}
    place = place_of_finding(found, report)
    numbers = {"line": max(place.line, 1), "col": place.column, "endColumn": place.end}
    shown = {name: str(number) for name, number in numbers.items() if number}
    return {"file": place.file.removeprefix("./"), **shown}


def _data(text: str) -> str:
    """Return a message of a workflow command on one line: GitHub reads %0A as the end of a line."""
    shown = "\n".join(map(escaped, text.split("\n")))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
