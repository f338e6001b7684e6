"""JUnit: one case for each resource, one for each cluster's reachability, and one for the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from reconciler.render.report.scanning.findings import drift_text
from reconciler.render.report.value import Kind, Level, Problem, Report
from reconciler.sdk.text import escaped


class Case(NamedTuple):
    """A case. `failed` is what went wrong (empty: nothing), `skipped` why it says nothing."""

    group: str
    name: str
    failed: str = ""
    skipped: str = ""
    out: str = ""
    place: str = ""
    seconds: float = 0.0


def junit(reports: Sequence[Report]) -> str:
    """Return the suites, one for each report. A suite has a failure where its verdict is bad, only there."""
    suites = [_suite(report) for report in reports]
    body = "".join(suite for suite, _ in suites)
    totals = [sum(numbers) for numbers in zip(*(counts for _, counts in suites), strict=True)] or [0, 0, 0]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="reconciler" tests="{totals[0]}" failures="{totals[1]}" errors="0">\n'
        f"{body}</testsuites>\n"
    )


def _suite(report: Report) -> tuple[str, tuple[int, int, int]]:
    cases = [one if report.verdict.is_bad else _lenient(one) for one in _cases(report)]
    failures, skipped = sum(bool(one.failed) for one in cases), sum(bool(one.skipped) for one in cases)
    name = " ".join(part for part in ("reconciler", report.title or report.kind.value, report.source) if part)
    at = f' timestamp="{_text(report.timestamp.rstrip("Z")[:19])}"' if report.timestamp else ""
    seconds = sum(one.seconds for one in cases)
    head = (
        f'<testsuite name="{_text(name)}" tests="{len(cases)}" failures="{failures}" errors="0" '
        f'skipped="{skipped}" time="{seconds:.3f}"{at}>\n'
    )
    return f"{head}{''.join(map(_xml, cases))}</testsuite>\n", (len(cases), failures, skipped)


def _lenient(case: Case) -> Case:
    """Return a case of a run that is not bad: what is wrong in it does not fail the run."""
    return case._replace(failed="", skipped=case.failed) if case.failed else case


def _cases(report: Report) -> Iterator[Case]:
    said = report.verdict
    yield Case("verdict", said.word.value, failed=said.text if said.is_bad else "", out=said.text)
    for cluster in report.clusters:
        problem = " ".join(part for part in (cluster.problem, cluster.hint) if part)
        yield Case("clusters", f"{cluster.name} answers", failed=problem, out=cluster.version)
    for number, item in enumerate(report.problems):
        yield _problem(item, number, strict=said.is_bad)
    yield from _resources(report)
    for one in report.policies:
        words = f"{one.path}: {one.because}"
        failed, skipped = (words, "") if one.is_broken else ("", words)
        yield Case("policies", f"{one.policy}: {one.path}", failed, skipped)
    for number, limit in enumerate(report.limits, 1):
        yield Case("safety", f"safety check {number}", failed=limit)


def _problem(item: Problem, number: int, *, strict: bool) -> Case:
    place = f" ({item.place})" if item.place is not None else ""
    words = "\n".join(part for part in (item.summary, item.detail, item.hint) if part)
    fails = item.level is Level.ERROR or strict
    return Case(
        "configuration", f"{item.rule}{place or f' #{number + 1}'}", failed=words if fails else "",
        out="" if fails else words, place=str(item.place or ""),
    )  # fmt: skip


def _resources(report: Report) -> Iterator[Case]:
    """Yield one case for each resource, in order of their addresses."""
    wrong: dict[str, list[str]] = {}
    also: dict[str, list[str]] = {}
    for drifted in report.drifted:
        (wrong if drifted.counts else also).setdefault(drifted.address, []).append(drift_text(drifted))
    unknown = {one.address: one.because for one in report.undecided}
    steps = {str(one.change.address): one for one in report.steps if one.interim is None}
    known = {one.address: one for one in report.resources}
    for name in sorted({*known, *wrong, *also, *unknown, *steps}):
        resource, step = known.get(name), steps.get(name)
        place = resource.place if resource is not None else None
        planned = f"{step.change.action.value} {step.result}".strip() if step is not None else "no change"
        bad = [*wrong.get(name, [])]
        skipped = unknown.get(name, "")
        if step is not None and step.result in ("failed", "unconfirmed"):
            bad.append(f"{step.result}: {step.message}\n{step.hint}".strip())
        elif step is not None and step.result == "skipped":
            skipped = step.message or "skipped"
        elif step is not None and step.change.blocked is not None and report.kind is not Kind.APPLY:
            bad.append(f"blocked: {step.change.blocked.text}")
        planned = "\n".join((planned, *also.get(name, [])))
        kind = name.partition(".")[0] or "resource"
        yield Case(
            kind, name, "\n".join(bad), "" if bad else skipped, planned,
            str(place or ""), step.seconds if step is not None else 0.0,
        )  # fmt: skip


def _xml(case: Case) -> str:
    head = f'<testcase classname="reconciler.{_text(case.group)}" name="{_text(case.name)}"'
    inner = ""
    if case.failed:
        first = case.failed.partition("\n")[0]
        inner += f'<failure message="{_text(first)}">{_lines(case.failed)}</failure>'
    elif case.skipped:
        inner += f'<skipped message="{_text(case.skipped)}"/>'
    out = "\n".join(part for part in (case.out, f"declared at {case.place}" if case.place else "") if part)
    inner += f"<system-out>{_lines(out)}</system-out>" if out else ""
    return f'{head} time="{case.seconds:.3f}">{inner}</testcase>\n'


def _lines(text: str) -> str:
    return "\n".join(map(_text, text.split("\n")))


def _text(text: str) -> str:
    """Return a text for XML, also as a value of an attribute: no control character is left in it."""
    return escape(escaped(text.replace("\n", " ")))
