"""The values of one file, built from the events of its parser."""

from __future__ import annotations

import unicodedata
from typing import Any

from reconciler.config.text.document import Marks, SourceDoc, pack
from reconciler.config.text.hints import (
    ALIAS_HINT,
    BRACES_HINT,
    NULL_HINT,
    SURROGATE_HINT,
)
from reconciler.config.text.noted import Noted, place_at
from reconciler.config.text.scalars import EXACT, NotANumber, plain
from reconciler.config.text.surrogates import LoneSurrogate, Surrogates
from reconciler.sdk.dataclass import dataclass

_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
LAYOUT = frozenset("\t\n\r")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one file is read before it is refused."""

    max_file_bytes: int = 32 * 1024 * 1024
    max_events: int = 2_000_000
    max_depth: int = 64


class _Frame:
    """A container being built. `key` is the key whose value comes next (mappings only)."""

    __slots__ = ("is_map", "key", "key_mark", "marks", "value")

    def __init__(self, is_map: bool, at: int) -> None:
        self.is_map = is_map
        self.value: Any = {} if is_map else []
        self.marks = Marks(at, {} if is_map else None, {} if is_map else [])
        self.key: str | None = None
        self.key_mark = 0


def _inexact(value: int) -> tuple[str, str, str]:
    held = int(float(value))
    summary = f"{value} does not fit a 64-bit float, as Consul stores numbers: it becomes {held}"
    return "inexact-number", summary, "quote it to keep it as text"


class Builder(Noted):
    """Turns events into values. One per file."""

    def __init__(self, doc: SourceDoc, limits: Limits) -> None:
        super().__init__(doc)
        self.limits = limits
        self.stack: list[_Frame] = []
        self.documents = 0
        self.calm = False  # until the text says so
        self.surrogates = Surrogates("")
        self.known: dict[str, object] = {}  # unquoted scalars met so far: a few words make up most of a file

    def scalar(self, event: Any) -> None:
        """Take a scalar: a key, an item or a value."""
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
            self.append(self.doc.problem(at, *_inexact(value), warning=True))
        if value is None and frame is not None and not frame.is_map:
            self.note(at, "null-item", "an item without a value (null) in a list", NULL_HINT)
        if frame is not None and type(value) is str and "${" in value:
            step = frame.key if frame.key is not None else len(frame.value)
            self.doc.variables.append((frame.value, step, False, frame.marks))
        self._add(value, at)

    def _plain(self, text: str, at: int) -> object:
        """Return the value of an unquoted scalar that is met for the first time."""
        try:
            value = self.known[text] = plain(text)
        except NotANumber as error:
            self.note(at, "bad-number", str(error), "quote it to keep it as text")
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
            self.note(
                place_at(self.surrogates.text, error.index), "lone-surrogate", str(error), SURROGATE_HINT
            )

    def _key(self, frame: _Frame, value: object, text: str, at: int, is_plain: bool) -> None:
        if not isinstance(value, str):
            what = text or "nothing"
            self.note(at, "bad-key", f"a key must be text, not {what}", f'quote it: "{text}"')
            value = text
        elif is_plain and text == "<<":
            self.note(at, "merge-key", "merge keys (<<) are not supported", "write the keys out")
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
        self.append(problem)

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

    def open(self, event: Any, is_map: bool) -> None:
        """Begin a mapping, or a list."""
        at = pack(event.start_mark.line, event.start_mark.column)
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event, at)
        if len(self.stack) >= self.limits.max_depth:
            self.stop(at, "too-deep", f"nested deeper than {self.limits.max_depth} levels", "flatten it")
        if self.stack and self.stack[-1].is_map and self.stack[-1].key is None:
            self.stop(at, "bad-key", "a key must be text, not a mapping or a list", BRACES_HINT)
        frame = _Frame(is_map, at)
        self._add(frame.value, frame.marks)
        self.stack.append(frame)

    def close(self) -> None:
        """End the innermost mapping or list."""
        self.stack.pop()

    def document(self, event: Any) -> None:
        """Begin a document: there is one in a file, of YAML 1.2."""
        at = pack(event.start_mark.line, event.start_mark.column)
        self.documents += 1
        if self.documents > 1:
            self.stop(at, "many-documents", "a second YAML document", "put it into a file of its own")
        if event.version not in (None, (1, 2)):
            self.note(at, "yaml-version", "only YAML 1.2 is read", "remove the %YAML line")

    def refuse_alias(self, event: Any) -> None:
        """Note an alias, which has no effect."""
        at = pack(event.start_mark.line, event.start_mark.column)
        self.note(at, "alias", "YAML aliases are not supported", ALIAS_HINT)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.is_map and frame.key is None:
            self.stop(at, "bad-key", "a key must be text, not an alias", "write the key out")
        self._add(None, at)

    def _refuse_properties(self, event: Any, at: int) -> None:
        if event.anchor is not None:
            self.note(at, "anchor", "YAML anchors are not supported", ALIAS_HINT)
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self.note(at, "tag", f"the YAML tag {tag} is not supported", "remove it; quote text instead")

    def _check_invisible(self, text: str, at: int) -> None:
        for character in text:
            if character not in LAYOUT and unicodedata.category(character) in _FORBIDDEN:
                name = unicodedata.name(character, "a control character")
                what = f"an invisible character: U+{ord(character):04X} {name}"
                self.note(at, "invisible-character", what, "type the text again by hand")
                return
