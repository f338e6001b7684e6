"""What many pairs came to, as text and as docs/transitions.md."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "transitions.md"
LEGS = {
    "create": "from nothing to the first",
    "change": "from the first to the second",
    "undo": "back to the first",
    "target": "a part of the change (`--target`)",
    "exclude": "a part of it (`--exclude`)",
    "no-delete": "a part of it (`--no-delete`)",
    "only-safe": "a part of it (`--only-safe`)",
    "rest": "the rest of it",
    "destroy": "to nothing",
}


_BEFORE = "Before the order was found on what servers hold, 90 of 300 pairs needed a second apply or more."


def text(counts: Counter[str], kinds: Counter[str], failures: int, elapsed: float) -> str:
    """A page for the terminal."""
    lines = [f"{counts['pairs']} pairs in {elapsed:.0f} s, {failures} fail", *_kinds(kinds), *_table(counts)]
    return "\n".join(lines)


def _kinds(kinds: Counter[str]) -> list[str]:
    rows = [f"| {kind} | {count} |" for kind, count in sorted(kinds.items())]
    return ["", "| change | pairs |", "|---|---|", *rows]


def _table(counts: Counter[str]) -> list[str]:
    columns = ("legs", "with actions", "widen", "narrow", "take-down", "blocked by name", "opens by name")
    columns += ("opened, as named", "second apply", "opens", "wrong state", "did what it must not")
    names = ("runs", "with actions", "widen", "narrow", "take down", "blocked by name", "plan opens")
    names += ("opened, as named", "need a second apply", "open more", "wrong state", "did what it must not")
    head = "| run | " + " | ".join(names) + " |"
    rows = [
        f"| {words} | " + " | ".join(str(counts[f"{leg}: {column}"]) for column in columns) + " |"
        for leg, words in LEGS.items()
    ]
    kills = sum(counts[f"kill: {kind}"] for kind in ("500", "before", "after"))
    bad = sum(counts[f"kill: {kind}"] for kind in ("second apply", "opens", "wrong state"))
    ended = f"Runs that were ended or refused at one write, and the next run: {kills}; not well: {bad}."
    return ["", head, "|---" * (len(columns) + 1) + "|", *rows, "", ended]


def write(counts: Counter[str], kinds: Counter[str], failures: int, given: argparse.Namespace) -> None:
    """Put the numbers into docs/transitions.md, below what is written there by hand."""
    start = PAGE.read_text().partition("<!-- numbers -->")[0] if PAGE.exists() else ""
    which = f"--seed {given.seed} --versions {given.versions}"
    command = f"python -m tests.transitions --pairs {counts['pairs']} {which}"
    lines = [
        _BEFORE,
        "",
        f"`{command}`: {counts['pairs']} pairs, {failures} fail.",
        *_kinds(kinds),
        *_table(counts),
        "",
    ]
    PAGE.write_text(f"{start}<!-- numbers -->\n" + "\n".join(lines))
