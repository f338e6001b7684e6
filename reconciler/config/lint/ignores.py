"""Ignore comments: `# reconciler: ignore[rule, …] reason`, and what is wrong with one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.config.text.comments import Comment
from reconciler.config.text.document import Place, SourceDoc, pack
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass

Key = tuple[str, str, int]  # rule, file, line

_FORM = re.compile(r"ignore\[([^\]]*)\]\s*(.*)\Z")
_EXAMPLE = "as in  # reconciler: ignore[not-exported] billing exports it next week"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that a comment ignores. `line` is the line that it is about, counted from 1."""

    rule: str
    reason: str
    file: str
    line: int
    place: Place

    @property
    def key(self) -> Key:
        """What a problem must have to be ignored: its rule, and its place."""
        return self.rule, self.file, self.line


def read(docs: Iterable[SourceDoc]) -> tuple[list[Ignore], list[Diagnostic]]:
    """Return what the comments of all files ignore, and the problems of their form.

    A comment without a reason ignores nothing.
    """
    ignores: list[Ignore] = []
    problems: list[Diagnostic] = []
    for doc in docs:
        for comment in doc.comments:
            found, problem = _one(doc, comment)
            ignores += found
            problems += [problem] if problem is not None else []
    return ignores, problems


def _one(doc: SourceDoc, comment: Comment) -> tuple[list[Ignore], Diagnostic | None]:
    place = Place(doc, pack(comment.line, comment.column))
    match = _FORM.match(comment.text)
    rules = list(_names(match.group(1))) if match is not None else []
    if match is None or not rules:
        return [], _warning(place, "bad-ignore", "this comment is not understood, and ignores nothing")
    reason = match.group(2).strip(" \t:-–—")
    if not re.search(r"\w", reason):
        summary = f"ignoring {', '.join(rules)} needs a reason; without one nothing is ignored"
        return [], _warning(place, "ignore-without-reason", summary)
    return [Ignore(rule, reason, doc.file, comment.about + 1, place) for rule in rules], None


def _names(text: str) -> Iterator[str]:
    yield from (name for name in (part.strip() for part in text.split(",")) if name)


def _warning(place: Place, code: str, summary: str) -> Diagnostic:
    return place.problem(code, summary, _EXAMPLE, warning=True)
