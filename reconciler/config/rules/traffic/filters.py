"""Filters of subsets: servers take several times longer with each further level of parentheses.

Measured on Consul 1.20: 8 levels 1 s, 9 levels 5 to 19 s, 10 levels more than 20 s; the server goes on when
the client has left. Length and repeated `not` cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.config.drafts.draft import Draft
from reconciler.config.fields.lookup import get, path_of
from reconciler.model.diagnostic import Diagnostic

_SLOW, _HANGING = 6, 9  # levels
_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|[()]')


def filter_problems(draft: Draft) -> Iterator[Diagnostic]:
    """Report the subsets of a raw resolver whose filter keeps a server busy."""
    subsets = get(draft.body, "Subsets")
    for name, subset in subsets.items() if draft.raw and isinstance(subsets, Mapping) else ():
        text = get(subset, "Filter")
        levels = depth(text) if isinstance(text, str) else 0
        if levels >= _SLOW:
            path = (*path_of(draft.body, "Subsets"), name, *path_of(subset, "Filter"))
            yield _problem(draft, path, levels)


def depth(text: str) -> int:
    """Return how deep the parentheses of a filter are nested.

    >>> depth('(a == "((") and (not (b == c))')
    2
    """
    level = deepest = 0
    for token in _TOKENS.findall(text):
        level += {"(": 1, ")": -1}.get(token, 0)
        deepest = max(deepest, level)
    return deepest


def _problem(draft: Draft, path: tuple[str | int, ...], levels: int) -> Diagnostic:
    hangs = levels >= _HANGING
    why = "a Consul server computes for minutes" if hangs else "each more makes servers several times slower"
    summary = f"{levels} levels of parentheses: {why}"
    place = draft.place.inner(*path)
    return place.problem("slow-filter", summary, "flatten it: and binds before or", warning=not hangs)
