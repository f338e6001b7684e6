"""A report as one self-contained HTML page: light and dark, printable, with a picture where there is one.

All of it is HTML that is there without the script; the script filters, and opens details for printing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.render.graph.layout import laid_out
from reconciler.render.graph.legend import legend
from reconciler.render.graph.svg import drawn
from reconciler.render.report.reading.drifting import CLASSES
from reconciler.render.report.sections import (
    access_section,
    clusters_section,
    code,
    lines,
    list_section,
    policies_section,
    problems_section,
    section,
    table,
    undecided_section,
)
from reconciler.render.report.topology import topology_of
from reconciler.render.report.value import Kind, Report, Step
from reconciler.render.report.words import action_word, detail_lines, peers_of, risk_word, symbol, tone, why
from reconciler.render.text.html_page import asset, html_page, text
from reconciler.render.text.peers import Peers

_OPEN = 12  # steps up to which all details are open
_SMALL = 4  # clusters up to which a picture needs little height
_SIGNS = {"+": "add", "-": "remove", "!": "change"}


def html(reports: Sequence[Report]) -> str:
    """Return the page."""
    title = reports[0].verdict.text if len(reports) == 1 else f"{len(reports)} reports"
    body = "\n".join(_report(report, number) for number, report in enumerate(reports, 1))
    return html_page(
        f"reconciler: {title}",
        body=_contents(reports) + body,
        styles=[
            asset("reconciler.render.text", "page.css"),
            *(asset("reconciler.render.graph", name) for name in ("colours.css", "picture.css")),
            asset(__package__, "page.css"),
        ],
        script=asset(__package__, "page.js"),
        data={},
    )


def _contents(reports: Sequence[Report]) -> str:
    """Return the list of the reports on a page of several."""
    if len(reports) == 1:
        return ""
    rows = (
        f'<li class="{tone(report)}"><a href="#report-{number}">{text(_name(report))}</a> '
        f"{text(report.verdict.text)}</li>"
        for number, report in enumerate(reports, 1)
    )
    return f'<nav><ul class="reports">{"".join(rows)}</ul></nav>'


def _name(report: Report) -> str:
    return " ".join(part for part in ("reconciler", report.title or report.kind.value, report.source) if part)


def _report(report: Report, number: int) -> str:
    parts = (
        _head(report),
        list_section("Blocked by a safety check", report.limits, "bad"),
        policies_section(report.policies),
        problems_section(report.problems),
        access_section(report.access),
        _actions(report),
        _drift(report),
        undecided_section(report.undecided),
        clusters_section(report.clusters),
        list_section("Notes", report.sentences),
        _ignored(report),
        _picture(report),
        _foot(report),
    )
    return f'<article id="report-{number}">{"".join(parts)}</article>'


def _head(report: Report) -> str:
    facts = [("command", _name(report))]
    facts += [("risk", risk_word(report))] if risk_word(report) else []
    facts += [("fingerprint", report.fingerprint)] if report.fingerprint else []
    facts += [*report.facts, ("exit code", str(report.verdict.exit_code))]
    shown = "".join(f"<div><dt>{text(label)}</dt><dd>{text(value)}</dd></div>" for label, value in facts)
    return (
        f'<header class="verdict {tone(report)}"><h1>{text(report.verdict.text)}</h1>'
        f'<dl class="facts">{shown}</dl></header>'
    )


def _actions(report: Report) -> str:
    if not report.steps:
        return ""
    peers = peers_of(report)
    unfolded = " open" if len(report.steps) <= _OPEN else ""
    rows = "".join(_step(step, report, peers, unfolded) for step in report.steps)
    tools = _tools(report) if len(report.steps) > _OPEN else ""
    return section("Actions", f'{tools}<div class="steps">{rows}</div>', len(report.steps))


def _tools(report: Report) -> str:
    words = dict.fromkeys(action_word(step) for step in report.steps)
    boxes = "".join(
        f'<label><input type="checkbox" checked data-action="{word}">{word} '
        f'<span class="faint">{sum(action_word(step) == word for step in report.steps)}</span></label>'
        for word in words
    )
    return (
        '<div class="tools"><label>find <input type="search" class="find" placeholder="resource"></label>'
        f'{boxes}<button class="unfold">Unfold all</button><button class="fold">Fold all</button></div>'
    )


def _step(step: Step, report: Report, peers: Peers, unfolded: str) -> str:
    word, name = action_word(step), str(step.change.address)
    marks = [f'<span class="mark bad">{step.result}</span>'] if step.result not in ("", "applied") else []
    marks += ['<span class="mark bad">blocked</span>'] if step.change.blocked is not None else []
    if step.risk.word not in ("", "none"):
        words = text(step.risk.text or step.risk.word)
        marks.append(f'<span class="mark {text(step.risk.word)}">{words}</span>')
    reason = why(step, report.kind)
    head = (
        f'<span class="number">{step.index}</span><span class="sign {word}">{symbol(step)}</span>'
        f'<span class="what"><code>{text(name)}</code> {"".join(marks)} '
        f'<span class="why">{text(reason)}</span></span>'
    )
    details = [] if report.kind is Kind.APPLY else detail_lines(step, peers)
    attributes = f'class="step" data-action="{word}" data-name="{text(name.lower())}"'
    if not details and not step.hint:
        return f"<div {attributes}><div>{head}</div></div>"
    body = f"<pre>{''.join(map(_line, details))}</pre>" if details else ""
    hint = f"<p>{lines(step.hint)}</p>" if step.hint else ""
    return f"<details {attributes}{unfolded}><summary>{head}</summary>{body}{hint}</details>"


def _line(line: str) -> str:
    kind = _SIGNS.get(line[:1], "")
    shown = line if kind != "change" else f"~{line[1:]}"
    return f'<span class="{kind}">{text(shown)}</span>\n' if kind else f"{text(shown)}\n"


def _drift(report: Report) -> str:
    rows = [
        (
            code(one.address),
            f"{text(CLASSES.get(one.kind, one.kind))}{' <span class=mark>new</span>' if one.is_new else ''}",
            code(one.path) or text(one.because),
            code(one.old),
            code(one.new),
            text(one.by),
        )
        for one in report.drifted
    ]
    return table("Changed outside reconciler", ("object", "what", "field", "old", "new", "since"), rows)


def _ignored(report: Report) -> str:
    rows = [
        (
            code(one.address),
            code(one.path),
            text(one.reason),
            text(one.until),
        )
        for one in report.ignored
    ]
    return table("Ignored differences", ("object", "field", "reason", "until"), rows)


def _picture(report: Report) -> str:
    topology = topology_of(report)
    if topology is None:
        return ""
    picture = drawn(topology, laid_out(topology))
    title = "Peerings after the plan" if report.steps else "Peerings"
    kind = "picture large" if len(topology.topology.sites) > _SMALL else "picture"
    return section(title, f'<div class="{kind}">{picture}</div>{legend(topology)}')


def _foot(report: Report) -> str:
    parts: Iterator[str] = filter(None, (report.version, report.timestamp))
    step = f'<p class="next">{lines(report.next_step)}</p>' if report.next_step else ""
    return f'{step}<footer class="faint">reconciler {text(" · ".join(parts))}</footer>'
