"""Rehearsals as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.reaching.rehearsal import Rehearsal, Staged
from reconciler.render.rehearsal.grouping import by_fate
from reconciler.render.rehearsal.lines import counts_of, spells_words
from reconciler.render.rehearsal.words import HEADS, shown, where
from reconciler.render.text.markdown import plain, table
from reconciler.sdk.access.rehearsal import Rehearsed


def markdown_of(result: Rehearsal | Staged) -> str:
    """Return what `rehearse --markdown` prints."""
    return rehearsal_markdown(result) if isinstance(result, Rehearsal) else staged_markdown(result)


def rehearsal_markdown(rehearsal: Rehearsal) -> str:
    """Return what becomes of the calls as one document."""
    lost = ", ".join(rehearsal.lost)
    out = [
        f"## Rehearsal without {plain(lost)}",
        "",
        f"{where(rehearsal.source, rehearsal.file, rehearsal.taken_at)}: {counts_of(rehearsal)}.",
    ]
    for fate, rows in by_fate(rehearsal):
        cells = ([plain(", ".join(row.callers)), plain(row.to), plain(row.details)] for row in rows)
        out += ["", f"### {HEADS[fate]}", "", *table(("from", "to", "what becomes of it"), cells)]
    out += _unknown(rehearsal.unknown)
    out += [part for caution in rehearsal.cautions for part in ("", f"Note: {plain(caution)}.")]
    return "\n".join(out) + "\n"


def _unknown(unknown: Mapping[str, str]) -> list[str]:
    """Return what is not known as a list of its own: right below a table it would be rows of that."""
    return (
        ["", *(f"- Not known of {plain(name)}: {plain(why)}" for name, why in unknown.items())]
        if unknown
        else []
    )


def staged_markdown(staged: Staged) -> str:
    """Return what each step of a plan does to access as one document."""
    out = [f"## Access while {plain(staged.file)} is applied", "", spells_words(staged)]
    if staged.spells:
        rows = (
            [
                plain(f"{one.caller} -> {one.to}"),
                "cut" if one.cut else "open",
                plain(f"{one.since.index}: {one.since.address} ({one.since.what})"),
                str(one.until.index),
            ]
            for one in staged.spells
        )
        out += ["", *table(("call", "meanwhile", "from", "until"), rows)]
    steps = (
        [
            str(one.index),
            plain(f"{one.address} ({one.what})"),
            *map(_calls, (one.closes, one.opens, one.changes)),
        ]
        for one in staged.moments
    )
    out += ["", *table(("#", "step", "closes", "opens", "changes"), steps), *_unknown(staged.unknown)]
    return "\n".join(out) + "\n"


def _calls(calls: Sequence[Rehearsed]) -> str:
    return plain(", ".join(map(shown, calls)) or "none")
