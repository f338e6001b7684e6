"""Text from servers and users inside Markdown: nothing in it becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from reconciler.sdk.text import escaped

_MARKUP = re.compile(r"([\\`*_{}\[\]|~$])")
_CODE = re.compile(r"`+")
# Forges make links, mentions and references of plain text, also where it is written with entities: an empty
# character inside breaks them. It is ours; one that a text brings is spelled out.
_BREAK = "&#8203;"
_LINKS = re.compile(
    r"(?<=:)(?=//)|(?<=www)(?=\.)"  # addresses
    r"|(?<=[\w.+-]@)(?=[^\s@]*\.)|(?<![a-z0-9_]@)(?<=@)(?=\S)"  # of mail, and mentions
    r"|(?<=#)(?=\d)|(?<=!)(?=\d)|(?<=gh)(?=-\d)",  # issues and pull requests
    re.IGNORECASE,
)
_FIRST = re.compile(r"^(\s*)(\d*)([-+=.)])(?=[\s=-]|$)")  # what begins a list or a rule


def plain(text: str) -> str:
    """Return a text whose characters mean themselves: no link, mention, tag or emphasis begins in it."""
    shown = _LINKS.sub("\x00", escaped(text))
    shown = _FIRST.sub(r"\1\2\\\3", _MARKUP.sub(r"\\\1", shown))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("#", "&#35;")
    return shown.replace("\x00", _BREAK)


def code(text: str) -> str:
    """Return a text as code, also inside a table."""
    shown = escaped(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in _CODE.findall(shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}" if shown.strip() else ""


def fenced(lines: Iterable[str], language: str = "") -> list[str]:
    """Return lines as a block of code; none of them can end it."""
    shown = [escaped(line) for line in lines]
    longest = max((len(run) for line in shown for run in _CODE.findall(line)), default=0)
    fence = "`" * max(longest + 1, 3)
    return [f"{fence}{language}", *shown, fence]


def html_code(text: str) -> str:
    """Return a text as code inside HTML, such as a summary: forges make no mention of what is in code."""
    return f"<code>{escape(escaped(text))}</code>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the cells are Markdown already."""
    out = [_row(heads), _row(["---"] * len(heads))]
    return [*out, *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
