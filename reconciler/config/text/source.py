"""The YAML door: one file's text -> plain values with places, or the problems that forbid it.

Nothing is composed by the YAML library. Values are built from its event stream, so a structural bomb is
refused when the event is seen, and no alias, tag or merge key ever takes effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from reconciler.config.text.building import LAYOUT, Builder, Limits
from reconciler.config.text.comments import comments, may_have_comments
from reconciler.config.text.document import SourceDoc, pack
from reconciler.config.text.hints import (
    LIMIT_HINT,
    SYNTAX_HINTS,
)
from reconciler.config.text.noted import Stop, place_at
from reconciler.config.text.surrogates import Surrogates
from reconciler.model.diagnostic import Diagnostic

# libyaml reads ahead of its events; since PyYAML 6.0.4 it gives up by itself at 1 000 open brackets.
_LIBRARY_LIMIT = "exceeded maximum nesting depth"
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_NO_LAYOUT = dict.fromkeys(map(ord, LAYOUT))


def _is_calm(text: str) -> bool:
    """Say whether no scalar of the text can have an anchor, a tag or an invisible character."""
    return not any(sign in text for sign in "&!\\") and text.translate(_NO_LAYOUT).isprintable()


def parse(text: str, file: str, limits: Limits | None = None) -> tuple[SourceDoc, list[Diagnostic]]:
    """Read one YAML document from text. The problems are complete up to the first that stops the reading;
    after one of those the document has no value."""
    builder = _Reader(SourceDoc(file, text.splitlines() or [""]), limits or Limits())
    if not builder.run(text):
        builder.doc.value, builder.doc.marks = None, 0
        builder.doc.variables.clear()
    elif may_have_comments(text):
        builder.doc.comments = comments(builder.doc.lines, _again(text))
    return builder.doc, builder.problems


def _again(text: str) -> Iterator[Any]:
    """Yield the events of a text that was read without a problem that stopped it."""
    get = _events(Surrogates(text).text)
    while (event := get()) is not None:
        yield event


def _events(text: str, *, pure: bool = False) -> Callable[[], Any]:
    """Return the event source: libyaml, or the pure parser where asked for or the extension is missing."""
    loader = yaml.SafeLoader if pure else getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    event: Callable[[], Any] = loader(text).get_event
    return event


class _Reader(Builder):
    """Reads one file: its parser's events become values, its parser's errors problems."""

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
        except Stop:
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
                self.scalar(event)
            elif kind in openers:
                self.open(event, kind is openers[0])
            elif kind in closers:
                self.close()
            elif kind is alias:
                self.refuse_alias(event)
            elif kind is yaml.DocumentStartEvent:
                self.document(event)
            elif event is None or kind is yaml.StreamEndEvent:
                return
        self.stop(0, "too-large", f"more than {self.limits.max_events} YAML events", LIMIT_HINT)

    def _unprintable(self, text: str, index: int) -> None:
        what = f"a character that text cannot have: U+{ord(text[index]):04X}"
        self.stop(place_at(text, index), "not-text", what, "is this a YAML file?")

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        at = pack(mark.line, mark.column) if mark is not None else 0
        problem = error.problem or error.context or "not readable"
        context = f" {error.context}" if error.problem and error.context else ""
        hint = next((text for part, text in SYNTAX_HINTS if part in problem), "")
        self.problems.append(self.doc.problem(at, "syntax", f"not YAML: {problem}{context}", hint))
