"""Lines of files that hold something sensitive: no message shows them.

Found in the text, because a file may be unreadable, and before its content is known: what is
at a field of secrets, in a block of a private key, at the default of a sensitive variable, and where the
section `sensitive` points to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.config.fields.lookup import plain
from reconciler.config.text.document import Marks, Place, SourceDoc, Step
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.secrets.secret import MASK

_FIELD = re.compile(r"""(?<![\w.-])["']?(private_?key|jwks)["']?\s*:""", re.IGNORECASE)
_BEGIN = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")
_END = re.compile(r"-----END [A-Z ]*PRIVATE KEY")
_SAYS_SENSITIVE = re.compile(r"^\s*[-{]*\s*sensitive\s*:|[{,]\s*sensitive\s*:", re.MULTILINE)
_TEXTS = ("summary", "hint", "detail")
_SHORTEST = 4  # characters: a shorter value would mask ordinary words of a message


def concealed(
    problems: Sequence[Diagnostic], docs: Iterable[SourceDoc], places: Iterable[Place], values: Iterable[str]
) -> list[Diagnostic]:
    """Return the problems without the source lines that hold something sensitive, and without these values.

    `places` are those of further sensitive values.
    """
    if not problems:
        return []
    by_file = {doc.file: doc for doc in docs}
    extra: dict[str, set[int]] = {}
    for place in places:
        extra.setdefault(place.doc.file, set()).update(_block(place.doc.lines, place.position.line - 1))
    files = {problem.position.file for problem in problems if problem.position is not None}
    lines = {file: _joined(secret_lines(by_file[file]), extra.get(file)) for file in files & by_file.keys()}
    words = sorted((value for value in set(values) if len(value) >= _SHORTEST), key=len, reverse=True)
    return [_without(words, _lineless(problem, lines)) for problem in problems]


def _joined(found: set[int] | None, more: set[int] | None) -> set[int] | None:
    return None if found is None else found | (more or set())


def _lineless(problem: Diagnostic, lines: Mapping[str, set[int] | None]) -> Diagnostic:
    at = problem.position
    if problem.source is None or at is None or at.file not in lines:
        return problem
    secret = lines[at.file]
    return replace(problem, source=None) if secret is None or at.line - 1 in secret else problem


def _without(words: Sequence[str], problem: Diagnostic) -> Diagnostic:
    for word in words:
        texts = [getattr(problem, name) for name in _TEXTS]
        if any(word in text for text in texts):
            clean = {name: text.replace(word, MASK) for name, text in zip(_TEXTS, texts, strict=True)}
            problem = replace(problem, **clean)
        if word in (problem.source or ""):
            problem = replace(problem, source=None)
    return problem


def secret_lines(doc: SourceDoc) -> set[int] | None:
    """Return the numbers (from 0) of the lines of a file that hold secrets; `None`: any of them may."""
    if doc.value is None and any(map(_SAYS_SENSITIVE.search, doc.lines)):
        return None  # it could not be read, and says that something in it is sensitive
    out: set[int] = set()
    inside = False
    for number, line in enumerate(doc.lines):
        inside = inside or _BEGIN.search(line) is not None
        if inside:
            out.add(number)
        inside = inside and _END.search(line) is None
        if _FIELD.search(line):
            out.update(_block(doc.lines, number))
    return out


def _block(lines: Sequence[str], first: int) -> Iterator[int]:
    """Yield a line, and those below it that are indented deeper or empty."""
    if not 0 <= first < len(lines):
        return
    yield first
    own = _indent(lines[first])
    for number in range(first + 1, len(lines)):
        if lines[number].strip() and _indent(lines[number]) <= own:
            return
        yield number


def _indent(line: str) -> int:
    """Return where a line's text begins; that of an item of a list is behind its dash."""
    return len(line) - len(line.lstrip(" "))


def place_of(place: Place, path: Sequence[Step]) -> list[Place]:
    """Return the places in a file that a path below one leads to, with any spelling of its steps."""
    found = [place]
    for step in path:
        found = [below for one in found for below in _below(one, step)]
    return found


def _below(place: Place, step: Step) -> list[Place]:
    marks = place.mark
    if not isinstance(marks, Marks):
        return []
    if marks.keys is not None:
        names = [name for name in marks.keys if step == "*" or plain(name) == plain(str(step))]
        return [place.inner(name) for name in names]
    items = [Place(place.doc, mark) for mark in marks.kids]
    if isinstance(step, int) or step == "*":
        return items
    return [below for item in items for below in _below(item, step)] or items
