"""A report as Markdown for a comment: the verdict first, then what matters most, details folded.

Nothing that a server or a user wrote becomes markup: names are code, sentences are plain, bodies are in
blocks of code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.render.report.cutting import Part, cut
from reconciler.render.report.reading.drifting import CLASSES
from reconciler.render.report.tables import access_parts, policy_parts, problem_parts, undecided_parts
from reconciler.render.report.value import Cluster, Drifted, Kind, Report, Step
from reconciler.render.report.words import action_word, detail_lines, peers_of, risk_word, symbol, tone, why
from reconciler.render.text.lines import count
from reconciler.render.text.markdown import code, fenced, html_code, plain, table

GITHUB = 65_000  # characters: GitHub takes 65 536, and the mark of `reconciler comment` is among them
SMALLEST = 2_000  # a smaller limit leaves nothing worth reading
MARK = "<!-- reconciler report -->"
_ICONS = {"good": "✅ ", "change": "", "warn": "⚠️ ", "bad": "❌ "}
_OPEN = 24  # lines of all details up to which they are unfolded
_DETAIL = 400  # lines of one object's details
_HEAVY = frozenset({"breaks", "closes"})


def markdown(reports: Sequence[Report], max_size: int = GITHUB) -> str:
    """Return the document, of at most `max_size` characters; it ends with a newline."""
    parts = [Part(f"{MARK}\n")]
    for report in reports:
        parts += _report(report)
    return cut(parts, max(max_size, SMALLEST)).rstrip("\n") + "\n"


def _report(report: Report) -> Iterator[Part]:
    yield Part(
        f"### {_ICONS[tone(report)]}{plain(_short(report.verdict.text))}\n\n{_facts(report)}\n\n", note=True
    )
    yield from _list([plain(limit) for limit in report.limits], "**Blocked by a safety check**", 5, "limit")
    yield from policy_parts(report.policies)
    yield from problem_parts(report.problems)
    yield from access_parts(report.access)
    yield from _actions(report)
    yield from _drift(report)
    yield from undecided_parts(report.undecided)
    yield from _clusters(report)
    yield from _list([plain(text) for text in report.sentences], "**Notes**", 45, "note")
    yield from _ignored(report)
    yield from _details(report)
    yield Part(_footer(report))


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}…"


def _facts(report: Report) -> str:
    name = f"reconciler {report.title or report.kind.value}"
    parts = [f"`{name}`", *([code(_short(report.source))] if report.source else [])]
    risk = risk_word(report)
    parts += [f"risk: **{risk}**"] if risk else []
    parts += [f"fingerprint {code(report.fingerprint)}"] if report.fingerprint else []
    parts += [f"{plain(label)} {plain(text)}" for label, text in report.facts if label != "requests"]
    return " · ".join(parts)


def _list(items: Sequence[str], head: str, weight: int, noun: str) -> Iterator[Part]:
    if not items:
        return
    yield Part(f"{head}\n\n", weight)
    for item in items:
        yield Part(f"- {item}\n", weight + 1, noun)
    yield Part("\n", weight)


def _actions(report: Report) -> Iterator[Part]:
    if not report.steps:
        return
    applied = report.kind is Kind.APPLY
    heads = ["#", "action", "resource", "result" if applied else "risk", "why"]
    yield Part("\n".join(["**Actions**", "", *table(heads, [])]) + "\n", 15)
    for step in report.steps:
        yield Part(_row(step, report), _weight(step, 25), "action")
    yield Part("\n", 15)


def _row(step: Step, report: Report) -> str:
    blocked = "**blocked** " if step.change.blocked is not None else ""
    risk = plain(step.risk.text or step.risk.word.replace("none", ""))
    risk = f"**{risk}**" if step.risk.word in _HEAVY else risk
    result = f"**{step.result}**" if step.result not in ("applied", "") else step.result
    cells = [
        str(step.index),
        f"{blocked}{code(symbol(step))} {action_word(step)}",
        code(str(step.change.address)),
        result if report.kind is Kind.APPLY else risk,
        plain(_short(" ".join(f"{why(step, report.kind)} {step.hint}".split()))),
    ]
    return f"{table(cells, [])[0]}\n"


def _weight(step: Step, base: int) -> int:
    """Return how soon a step is left out: what is blocked, failed or risky last."""
    if step.change.blocked is not None or step.result in ("failed", "unconfirmed"):
        return base
    return base + {"breaks": 1, "closes": 2, "opens": 3}.get(step.risk.word, 4)


def _drift(report: Report) -> Iterator[Part]:
    if not report.drifted:
        return
    since = ["since"] if any(one.by for one in report.drifted) else []
    heads = table(["object", "what", "field", "old", "new", *since], [])
    yield Part("\n".join(["**Changed outside reconciler**", "", *heads]) + "\n", 15)
    for one in report.drifted:
        cells = _difference(one)
        yield Part(f"{table(cells if since else cells[:-1], [])[0]}\n", 20, "difference")
    yield Part("\n", 15)


def _difference(one: Drifted) -> list[str]:
    """Return the cells of one difference."""
    mark = " **new**" if one.is_new else ""
    because = plain(_short(one.because)) if one.because and not one.path else code(_short(one.path))
    values = [code(_value(one.old)), code(_value(one.new))]
    what = f"{plain(CLASSES.get(one.kind, one.kind))}{mark}"
    return [code(one.address), what, because, *values, plain(_short(one.by))]


def _value(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}…"


def _clusters(report: Report) -> Iterator[Part]:
    down = [one for one in report.clusters if one.problem]
    yield from _list(list(map(_unanswered, down)), "**Clusters that did not answer**", 12, "cluster")


def _unanswered(cluster: Cluster) -> str:
    """Return what is known of a cluster that did not answer, and what to do."""
    is_named = cluster.problem.startswith(cluster.name)
    said = (
        plain(_short(cluster.problem))
        if is_named
        else f"{code(cluster.name)}: {plain(_short(cluster.problem))}"
    )
    return f"{said}; {plain(_short(cluster.hint))}" if cluster.hint else said


def _ignored(report: Report) -> Iterator[Part]:
    if not report.ignored:
        return
    yield Part(f"<details><summary>{count(len(report.ignored), 'difference')} ignored</summary>\n\n", 50)
    for one in report.ignored:
        until = f" (until {plain(one.until)})" if one.until else ""
        yield Part(
            f"- {code(one.address)} {code(one.path)}: {plain(_short(one.reason))}{until}\n", 51, "rule"
        )
    yield Part("\n</details>\n\n", 50)


def _details(report: Report) -> Iterator[Part]:
    peers = peers_of(report)
    found = [(step, detail_lines(step, peers)) for step in report.steps if report.kind is not Kind.APPLY]
    unfolded = " open" if sum(len(lines) for _, lines in found) <= _OPEN else ""
    for step, lines in found:
        if lines:
            yield Part(_detail(step, lines, unfolded), _weight(step, 60), "detail")


def _detail(step: Step, lines: Sequence[str], unfolded: str) -> str:
    shown = [*lines[:_DETAIL], *([f"  ({len(lines) - _DETAIL} more lines)"] if len(lines) > _DETAIL else [])]
    head = f"{step.index} {action_word(step)} {html_code(str(step.change.address))}"
    body = "\n".join(fenced(shown, "diff"))
    return f"<details{unfolded}><summary>{head}</summary>\n\n{body}\n\n</details>\n\n"


def _footer(report: Report) -> str:
    at = f" · {plain(report.timestamp)}" if report.timestamp else ""
    version = f" {plain(report.version)}" if report.version else ""
    step = f"**Next:** {plain(' '.join(report.next_step.split()))}\n\n" if report.next_step else ""
    return f"{step}<sub>reconciler{version}{at}</sub>\n\n"
