"""The YAML door: one file's text -> plain values with places, or the problems that forbid it.

Nothing is composed by the YAML library. Values are built from its event stream, so a structural bomb is
refused when the event is seen, and no alias, tag or merge key ever takes effect.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from reconciler.config.text.document import Marks, SourceDoc, pack
from reconciler.config.text.hints import (
    ALIAS_HINT,
    BRACES_HINT,
    LIMIT_HINT,
    NULL_HINT,
    SURROGATE_HINT,
    SYNTAX_HINTS,
)
from reconciler.config.text.scalars import EXACT, NotANumber, plain
from reconciler.config.text.surrogates import LoneSurrogate, Surrogates
from reconciler.model.diagnostic import Diagnostic

_MAX_PROBLEMS = 50
# libyaml reads ahead of its events; since PyYAML 6.0.4 it gives up by itself at 1 000 open brackets.
_LIBRARY_LIMIT = "exceeded maximum nesting depth"
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LAYOUT = frozenset("\t\n\r")
_NO_LAYOUT = dict.fromkeys(map(ord, _LAYOUT))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is read before it is refused."""

    max_file_bytes: int = 32 * 1024 * 1024
    max_events: int = 2_000_000
    max_depth: int = 64


class _Stop(Exception):
    """The file cannot be read any further; the problem is already noted."""


class _Frame:
    """A container being built. `key` is the key whose value comes next (mappings only)."""

    __slots__ = ("is_map", "key", "key_mark", "marks", "value")

    def __init__(self, is_map: bool, at: int) -> None:
        self.is_map = is_map
        self.value: Any = {} if is_map else []
        self.marks = Marks(at, {} if is_map else None, {} if is_map else [])
        self.key: str | None = None
        self.key_mark = 0


def _is_calm(text: str) -> bool:
    """Say whether no scalar of the text can have an anchor, a tag or an invisible character."""
    return not any(sign in text for sign in "&!\\") and text.translate(_NO_LAYOUT).isprintable()


def parse(text: str, file: str, limits: Limits | None = None) -> tuple[SourceDoc, list[Diagnostic]]:
    """Read one YAML document from text. The problems are complete up to the first that stops the reading;
    after one of those the document has no value."""
    builder = _Builder(SourceDoc(file, text.splitlines() or [""]), limits or Limits())
    if not builder.run(text):
        builder.doc.value, builder.doc.marks = None, 0
        builder.doc.variables.clear()
    return builder.doc, builder.problems


def _events(text: str, *, pure: bool = False) -> Callable[[], Any]:
    """Return the event source: libyaml, or the pure parser where asked for or the extension is missing."""
    loader = yaml.SafeLoader if pure else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    event: Callable[[], Any] = loader(text).get_event
    return event


def _at(text: str, index: int) -> int:
    """Return the place of a character of the text, packed."""
    before = text[:index].splitlines(keepends=True) or [""]
    fresh = before[-1].endswith(("\n", "\r", "\x85", "\u2028", "\u2029"))
    return pack(len(before), 0) if fresh else pack(len(before) - 1, len(before[-1]))


def _inexact(value: int) -> tuple[str, str, str]:
    held = int(float(value))
    summary = f"{value} does not fit a 64-bit float, as Consul stores numbers: it becomes {held}"
    return "inexact-number", summary, "quote it to keep it as text"


class _Builder:
    """Turns events into values. One per file."""

    def __init__(self, doc: SourceDoc, limits: Limits) -> None:
        self.doc = doc
        self.limits = limits
        self.problems: list[Diagnostic] = []
        self.stack: list[_Frame] = []
        self.documents = 0
        self.calm = False  # until the text says so
        self.surrogates = Surrogates("")
        self.known: dict[str, object] = {}  # unquoted scalars met so far: a few words make up most of a file

    def run(self, text: str, *, pure: bool = False) -> bool:
        """Read to the end; `False` where a problem stopped it. `pure`: with the parser that has no limits."""
        calm = _is_calm(text)
        bad = None if calm else re.search(_UNPRINTABLE, text)
        try:
            if bad is not None:
                self._unprintable(text, bad.start())
            self.calm = calm
            if not self.calm:
                self.surrogates = Surrogates(text)
                text = self.surrogates.text
            self._consume(_events(text, pure=pure))
            return True
        except _Stop:
            pass
        except yaml.MarkedYAMLError as error:
            if _LIBRARY_LIMIT in (error.problem or "") and not pure:
                return self._again(text)
            self._syntax(error)
        except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
            self.problems.append(self.doc.problem(0, "syntax", f"not readable as YAML: {error}"))
        return False

    def _again(self, text: str) -> bool:
        """Let our limits decide and report the place, not those of the library."""
        self.problems.clear()
        self.stack.clear()
        self.doc.variables.clear()
        self.documents = 0
        return self.run(text, pure=True)

    def _consume(self, get: Callable[[], Any]) -> None:
        """Consume the events: the hot loop, one turn per event."""
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        openers = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
        closers = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        for _ in range(self.limits.max_events):
            event = get()
            kind = type(event)
            if kind is scalar:
                self._scalar(event)
            elif kind in openers:
                self._open(event, kind is openers[0])
            elif kind in closers:
                self._close()
            elif kind is alias:
                self._refuse_alias(event)
            elif kind is yaml.DocumentStartEvent:
                self._document(event)
            elif event is None or kind is yaml.StreamEndEvent:
                return
        self._stop(0, "too-large", f"more than {self.limits.max_events} YAML events", LIMIT_HINT)

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        at = mark.line << 24 | mark.column
        if not self.calm:
            self._check_scalar(event, at)
        text: str = event.value
        value: object = text
        if event.implicit[0]:
            value = self.known[text] if text in self.known else self._plain(text, at)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.is_map and frame.key is None:
            self._key(frame, value, text, at, event.implicit[0])
            return
        if type(value) is int and not -EXACT <= value <= EXACT:
            self._append(self.doc.problem(at, *_inexact(value), warning=True))
        if value is None and frame is not None and not frame.is_map:
            self._note(at, "null-item", "an item without a value (null) in a list", NULL_HINT)
        if frame is not None and type(value) is str and "${" in value:
            step = frame.key if frame.key is not None else len(frame.value)
            self.doc.variables.append((frame.value, step, False, frame.marks))
        self._add(value, at)

    def _plain(self, text: str, at: int) -> object:
        """Return the value of an unquoted scalar that is met for the first time."""
        try:
            value = self.known[text] = plain(text)
        except NotANumber as error:
            self._note(at, "bad-number", str(error), "quote it to keep it as text")
            return text
        return value

    def _check_scalar(self, event: Any, at: int) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event, at)
        if self.surrogates.found:
            self._restore(event)
        if not event.value.isprintable():
            self._check_invisible(event.value, at)

    def _restore(self, event: Any) -> None:
        """Give a scalar the characters that its escaped surrogate pairs mean."""
        first, last = event.start_mark.index, event.end_mark.index
        try:
            event.value = self.surrogates.restored(event.value, first, last, quoted=event.style == '"')
        except LoneSurrogate as error:
            event.value = ""
            self._note(_at(self.surrogates.text, error.index), "lone-surrogate", str(error), SURROGATE_HINT)

    def _key(self, frame: _Frame, value: object, text: str, at: int, is_plain: bool) -> None:
        if not isinstance(value, str):
            what = text or "nothing"
            self._note(at, "bad-key", f"a key must be text, not {what}", f'quote it: "{text}"')
            value = text
        elif is_plain and text == "<<":
            self._note(at, "merge-key", "merge keys (<<) are not supported", "write the keys out")
        if value in frame.value:
            self._duplicate(frame, value, at)
        frame.key, frame.key_mark = value, at
        if "${" in value:
            self.doc.variables.append((frame.value, value, True, frame.marks))

    def _duplicate(self, frame: _Frame, key: str, at: int) -> None:
        first = self.doc.position((frame.marks.keys or {})[key])
        problem = self.doc.problem(
            at,
            "duplicate-key",
            f'the key "{key}" is already in this mapping',
            "merge the two, or remove one",
            related=((first, "first here"),),
        )
        self._append(problem)

    def _add(self, value: object, mark: Any) -> None:
        """Put a finished (or just opened) value where it belongs."""
        if not self.stack:
            self.doc.value, self.doc.marks = value, mark
            return
        frame = self.stack[-1]
        if not frame.is_map:
            frame.value.append(value)
            frame.marks.kids.append(mark)
        elif frame.key is not None:
            frame.value[frame.key] = value
            frame.marks.keys[frame.key] = frame.key_mark  # type: ignore[index]
            frame.marks.kids[frame.key] = mark
            frame.key = None

    def _open(self, event: Any, is_map: bool) -> None:
        at = pack(event.start_mark.line, event.start_mark.column)
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event, at)
        if len(self.stack) >= self.limits.max_depth:
            self._stop(at, "too-deep", f"nested deeper than {self.limits.max_depth} levels", "flatten it")
        if self.stack and self.stack[-1].is_map and self.stack[-1].key is None:
            self._stop(at, "bad-key", "a key must be text, not a mapping or a list", BRACES_HINT)
        frame = _Frame(is_map, at)
        self._add(frame.value, frame.marks)
        self.stack.append(frame)

    def _close(self) -> None:
        self.stack.pop()

    def _document(self, event: Any) -> None:
        at = pack(event.start_mark.line, event.start_mark.column)
        self.documents += 1
        if self.documents > 1:
            self._stop(at, "many-documents", "a second YAML document", "put it into a file of its own")
        if event.version not in (None, (1, 2)):
            self._note(at, "yaml-version", "only YAML 1.2 is read", "remove the %YAML line")

    def _refuse_alias(self, event: Any) -> None:
        at = pack(event.start_mark.line, event.start_mark.column)
        self._note(at, "alias", "YAML aliases are not supported", ALIAS_HINT)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.is_map and frame.key is None:
            self._stop(at, "bad-key", "a key must be text, not an alias", "write the key out")
        self._add(None, at)

    def _refuse_properties(self, event: Any, at: int) -> None:
        if event.anchor is not None:
            self._note(at, "anchor", "YAML anchors are not supported", ALIAS_HINT)
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._note(at, "tag", f"the YAML tag {tag} is not supported", "remove it; quote text instead")

    def _check_invisible(self, text: str, at: int) -> None:
        for character in text:
            if character not in _LAYOUT and unicodedata.category(character) in _FORBIDDEN:
                name = unicodedata.name(character, "a control character")
                what = f"an invisible character: U+{ord(character):04X} {name}"
                self._note(at, "invisible-character", what, "type the text again by hand")
                return

    def _unprintable(self, text: str, index: int) -> None:
        what = f"a character that text cannot have: U+{ord(text[index]):04X}"
        self._stop(_at(text, index), "not-text", what, "is this a YAML file?")

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        at = pack(mark.line, mark.column) if mark is not None else 0
        problem = error.problem or error.context or "not readable"
        context = f" {error.context}" if error.problem and error.context else ""
        hint = next((text for part, text in SYNTAX_HINTS if part in problem), "")
        self.problems.append(self.doc.problem(at, "syntax", f"not YAML: {problem}{context}", hint))

    def _note(self, at: int, code: str, summary: str, hint: str) -> None:
        self._append(self.doc.problem(at, code, summary, hint))

    def _append(self, problem: Diagnostic) -> None:
        self.problems.append(problem)
        if len(self.problems) >= _MAX_PROBLEMS:
            raise _Stop

    def _stop(self, at: int, code: str, summary: str, hint: str) -> None:
        self._note(at, code, summary, hint)
        raise _Stop
