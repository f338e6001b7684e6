"""Filter expressions, applied: reading them into a tree, checking it against fields, matching rows.

The semantics are those of go-bexpr 0.1.2: a selector goes into lists (any item may match), a key that a map
does not have equals nothing, and values are texts that are read as the field's type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.emulator.filters.fields import ANY, Fields
from reconciler.emulator.filters.language import FAILED, require_filter
from reconciler.emulator.wire.messages import Refusal

Predicate = Callable[[Any], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<sign>==|!=|[()\[\].])|(?P<word>[^\s()\[\]=!"`]+))"""
)
EQUAL, NOT_EQUAL, IN, NOT_IN = "Equal", "Not Equal", "In", "Not In"
IS_EMPTY, IS_NOT_EMPTY, MATCHES, NOT_MATCHES = "Is Empty", "Is Not Empty", "Matches", "Not Matches"
NEGATIONS = {NOT_EQUAL: EQUAL, NOT_IN: IN, IS_NOT_EMPTY: IS_EMPTY, NOT_MATCHES: MATCHES}
OF_TEXT = (EQUAL, NOT_EQUAL, IN, NOT_IN, MATCHES, NOT_MATCHES)
OF_MANY = (IN, NOT_IN, IS_EMPTY, IS_NOT_EMPTY)
TRUTHS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison: where, how, with what (None for emptiness)."""

    selector: tuple[str, ...]
    operator: str
    raw: str | None


def compile_filter(text: str, fields: Fields) -> Predicate:
    """Return what decides whether a row stays; a Refusal (500) with Consul's words for what is no filter."""
    if not text:
        return lambda row: True
    require_filter(text)
    return _Reader(text, fields).read()


class _Reader:
    """Reads an expression that the grammar takes."""

    def __init__(self, text: str, fields: Fields) -> None:
        self.tokens = [(found.lastgroup or "", found[found.lastgroup or 0]) for found in TOKEN.finditer(text)]
        self.place = 0
        self.fields = fields

    def read(self) -> Predicate:
        return self._any_of()

    def _peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def _take(self, *expected: str) -> bool:
        if self._peek() not in expected:
            return False
        self.place += 1
        return True

    def _any_of(self) -> Predicate:
        left = self._all_of()
        if not self._take("or"):
            return left
        right = self._any_of()
        return lambda row: left(row) or right(row)

    def _all_of(self) -> Predicate:
        left = self._negation()
        if not self._take("and"):
            return left
        right = self._all_of()
        return lambda row: left(row) and right(row)

    def _negation(self) -> Predicate:
        if self._peek() == "not" and self._peek(1) not in (
            "in",
            "contains",
            "matches",
            "==",
            "!=",
            "is",
            ".",
        ):
            self.place += 1
            inner = self._negation()
            return lambda row: not inner(row)
        if self._take("("):
            inside = self._any_of()
            self._take(")")
            return inside
        return _predicate(self._comparison(), self.fields)

    def _comparison(self) -> Match:
        first = self._value()
        negated = self._take("not")
        word = self._peek()
        self.place += 1
        if word == "is":
            empty = IS_NOT_EMPTY if self._take("not") else IS_EMPTY
            self.place += 1
            return Match(first, empty, None)
        second = self._value()
        if word == "in":
            return Match(second, NOT_IN if negated else IN, ".".join(first))
        if word == "contains":
            return Match(first, NOT_IN if negated else IN, ".".join(second))
        if word == "matches":
            return Match(first, NOT_MATCHES if negated else MATCHES, ".".join(second))
        return Match(first, EQUAL if word == "==" else NOT_EQUAL, ".".join(second))

    def _value(self) -> tuple[str, ...]:
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "text":
            return (_unquoted(text),)
        parts = text.split(".") if text[0].isalpha() else [text]
        while self._peek() in ("[", "."):
            if self._take("["):
                parts.append(_unquoted(self._peek()))
                self.place += 2
            else:
                self.place += 1
                parts += self._peek().split(".")
                self.place += 1
        return tuple(part for part in parts if part)


def _unquoted(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1]
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]


def _refused(text: str) -> Refusal:
    return Refusal(500, f"{FAILED}{text}")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _predicate(match: Match, fields: Fields) -> Predicate:
    kind = _kind(match, fields)
    if match.operator not in _operators(kind):
        name = _quoted(".".join(match.selector))
        raise _refused(f"Invalid match operator {_quoted(match.operator)} for selector {name}")
    value = _coerced(match, kind)
    return lambda row: _matches(row, match, value, 0, fields)


def _kind(match: Match, fields: Any) -> Any:
    found: Any = fields
    for number, name in enumerate(match.selector, 1):
        inside = found[0] if isinstance(found, list) else found
        inside = inside if isinstance(inside, dict) else {}
        if name not in inside and ANY not in inside:
            raise _refused(f"Selector {_quoted('.'.join(match.selector[:number]))} is not valid")
        found = inside[name] if name in inside and name != ANY else inside[ANY]
    return found


def _operators(kind: Any) -> tuple[str, ...]:
    if kind is str:
        return OF_TEXT
    if isinstance(kind, list):
        return OF_MANY if not isinstance(kind[0], dict) else (IS_EMPTY, IS_NOT_EMPTY)
    if isinstance(kind, dict):
        return OF_MANY if ANY in kind else ()
    return (EQUAL, NOT_EQUAL)


def _coerced(match: Match, kind: Any) -> Any:
    """Return the value as the field's type; a pattern where the operator is about one."""
    raw = match.raw
    if raw is None:
        return None
    if match.operator in (MATCHES, NOT_MATCHES):
        return _pattern(raw)
    name = _quoted(".".join(match.selector))
    if kind is int:
        try:
            return int(raw, 0)
        except ValueError:
            why = f"strconv.ParseInt: parsing {_quoted(raw)}: invalid syntax"
            raise _refused(f"Failed to coerce value {_quoted(raw)} for selector {name}: {why}") from None
    if kind is bool:
        if raw not in TRUTHS:
            why = f"strconv.ParseBool: parsing {_quoted(raw)}: invalid syntax"
            raise _refused(f"Failed to coerce value {_quoted(raw)} for selector {name}: {why}")
        return TRUTHS[raw]
    return raw


def _pattern(raw: str) -> re.Pattern[str]:
    try:
        return re.compile(raw)
    except re.error as error:
        words = "missing closing ): " if "missing )" in error.msg else ""
        why = f"error parsing regexp: {words}`{raw}`"
        raise _refused(f"Failed to compile regular expression {_quoted(raw)}: {why}") from None


def _matches(value: Any, match: Match, wanted: Any, depth: int, fields: Any) -> bool:
    if depth == len(match.selector):
        positive = NEGATIONS.get(match.operator, match.operator)
        return _decided(value, positive, wanted) != (match.operator in NEGATIONS)
    if isinstance(value, list):
        return any(_matches(item, match, wanted, depth, fields) for item in value)
    name = match.selector[depth]
    inside = fields[0] if isinstance(fields, list) else fields
    held = value if isinstance(value, dict) else {}
    if name not in held and name not in inside:  # a key that a map does not have
        return match.operator not in (EQUAL, IS_NOT_EMPTY, IN)
    below = inside[name] if name in inside else inside[ANY]
    return _matches(held.get(name, _zero(below)), match, wanted, depth + 1, below)


def _zero(kind: Any) -> Any:
    """Return what a field holds that an answer leaves out."""
    if isinstance(kind, type):
        return kind()
    return [] if isinstance(kind, list) else {}


def _decided(value: Any, operator: str, wanted: Any) -> bool:
    if operator == IS_EMPTY:
        return not value
    if operator == MATCHES:
        return wanted.search(value or "") is not None
    if operator == IN:
        return wanted in (value or ())
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)
