"""Text from servers and users inside Markdown: nothing in it becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reconciler.sdk.text import escaped

_MARKUP = re.compile(r"([\\`*_{}\[\]#|~$])")
_CODE = re.compile(r"`+")
# Forges make links and mentions of these also in plain text.
_LINKS = (("://", ":&#47;&#47;"), ("www.", "www&#46;"))
_MENTION = re.compile(r"(?<!\w)@(?=\w)")


def plain(text: str) -> str:
    """Return a text whose characters mean themselves: no link, mention, tag or emphasis begins in it."""
    shown = _MARKUP.sub(r"\\\1", escaped(text))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for link, instead in _LINKS:
        shown = shown.replace(link, instead)
    return _MENTION.sub("@&#8203;", shown)


def code(text: str) -> str:
    """Return a text as code, also inside a table."""
    shown = escaped(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in _CODE.findall(shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}" if shown.strip() else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the cells are Markdown already."""
    out = [_row(heads), _row(["---"] * len(heads))]
    return [*out, *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
