"""Sections of the HTML page: lists and tables, escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reconciler.render.report.tables import LISTED
from reconciler.render.report.value import Access, Cluster, PathLine, Policy, Problem, Undecided
from reconciler.render.text.html_page import text
from reconciler.render.text.lines import count


def lines(value: str) -> str:
    """Return a text of several lines for HTML."""
    return "<br>".join(text(line) for line in value.split("\n"))


def section(title: str, body: str, number: int | None = None) -> str:
    """Return a section with its title; `body` is HTML."""
    counted = f' <span class="faint">{number}</span>' if number is not None else ""
    return f"<section><h2>{text(title)}{counted}</h2>{body}</section>"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a section with a table; the cells are HTML. Columns without any content are left out, and the
    section is empty where there are no rows.
    """
    if not rows:
        return ""
    used = [number for number, _ in enumerate(heads) if any(row[number] for row in rows)]
    head = "".join(f"<th>{text(heads[number])}</th>" for number in used)
    body = "".join(f"<tr>{''.join(f'<td>{row[number]}</td>' for number in used)}</tr>" for row in rows)
    shown = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    return section(title, shown, len(rows))


def list_section(title: str, items: Iterable[str], kind: str = "") -> str:
    """Return a section with a list of sentences; empty where there are none."""
    rows = "".join(f"<li>{text(item)}</li>" for item in items)
    return section(title, f'<ul class="{kind}">{rows}</ul>') if rows else ""


def access_section(access: Access | None) -> str:
    """Return the paths that are opened, closed and changed."""
    if access is None:
        return ""
    rows: list[tuple[str, str, str, str]] = []
    for effect, paths in (("opens", access.opened), ("closes", access.closed), ("changes", access.changed)):
        total = access.counts.get(effect, len(paths))
        rows += [_path(effect, one) for one in paths] if total <= LISTED else _pairs(access, effect)
    unknown = list_section(
        "Access is not known of", (f"{name}: {why}" for name, why in access.unknown.items())
    )
    return table("Access", ("", "from", "to", ""), rows) + unknown


def _path(effect: str, path: PathLine) -> tuple[str, str, str, str]:
    word = "breaks" if path.breaks else effect
    mark = f'<span class="mark {word}">{word}</span>'
    return mark, code(path.caller), code(path.to), text(path.words)


def _pairs(access: Access, effect: str) -> list[tuple[str, str, str, str]]:
    mark = f'<span class="mark {effect}">{effect}</span>'
    found = sorted(access.pairs, key=lambda pair: -pair.counts[effect])
    return [
        (mark, code(pair.caller), code(pair.to), count(pair.counts[effect], "path"))
        for pair in found
        if pair.counts[effect]
    ]


def code(value: str) -> str:
    """Return an address or a value for HTML; a long one is broken at its parts. Empty for an empty one."""
    shown = re.sub(r"([./])", r"\1<wbr>", text(value))
    return f"<code>{shown}</code>" if value else ""


def policies_section(policies: Sequence[Policy]) -> str:
    """Return the policies that are broken or not decided."""
    rows = [
        (
            '<span class="mark bad">broken</span>' if one.is_broken else "not decided",
            code(one.policy),
            code(one.path),
            text("; ".join(part for part in (one.because, one.reason) if part)),
            code(str(one.place or "")),
        )
        for one in policies
    ]
    return table("Policies", ("", "policy", "path", "because", "where"), rows)


def problems_section(problems: Sequence[Problem]) -> str:
    """Return problems of the configuration, or the failure that ended the run."""
    rows = [
        (
            f'<span class="mark {"bad" if one.level.value == "error" else "warn"}">{one.level.value}</span>',
            code(str(one.place or one.address)),
            "<br>".join(lines(part) for part in (one.summary, one.detail, one.hint) if part),
            code(one.rule),
        )
        for one in problems
    ]
    return table("Problems", ("", "where", "what", "rule"), rows)


def undecided_section(undecided: Sequence[Undecided]) -> str:
    """Return what is not decided."""
    rows = [(code(one.address), lines(one.because), lines(one.hint)) for one in undecided]
    return table("Not decided", ("resource", "because", "what to do"), rows)


def clusters_section(clusters: Sequence[Cluster]) -> str:
    """Return the clusters, where one of them did not answer."""
    rows = [
        (
            code(one.name),
            text(one.version),
            code(one.address),
            text(one.problem or "answered"),
            text(one.hint),
        )
        for one in clusters
    ]
    return (
        table("Clusters", ("cluster", "version", "address", "state", "what to do"), rows)
        if any(one.problem for one in clusters)
        else ""
    )
