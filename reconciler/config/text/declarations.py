"""Declared variables: the section `variables`, and the values that are given to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from reconciler.config.text.document import Place, SourceDoc
from reconciler.config.text.variable_types import TYPES, convert, fits
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.sdk.dataclass import dataclass

SECTION = "variables"
_KEYS = ("type", "default", "description", "sensitive")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable. `value` is `None` where it has neither a default nor a given value.

    Where it is `sensitive`, nothing shows its value.
    """

    name: str
    type: str
    value: Any
    place: Place
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A value that was given to a declared variable, as text."""

    name: str
    text: str
    sensitive: bool = False


class Declarations:
    """All declared variables with their values, and the problems found on the way."""

    def __init__(
        self, docs: Iterable[SourceDoc], given: Mapping[str, str], ambient: Mapping[str, str] | None = None
    ) -> None:
        self.known: dict[str, Variable] = {}
        self.given: dict[str, Given] = {}
        self.problems: list[Diagnostic] = []
        self.reported: set[str] = set()  # variables without a value, of which a problem says so
        self.defaults: list[Place] = []  # of sensitive variables
        for doc in docs:
            self._declare_all(doc, {**(ambient or {}), **given})
        for name in sorted(set(given) - set(self.known)):
            self.problems.append(_not_declared(name, self.known))

    def _declare_all(self, doc: SourceDoc, given: Mapping[str, str]) -> None:
        if not isinstance(doc.value, dict) or SECTION not in doc.value:
            return
        section = doc.value[SECTION]
        place = Place(doc, doc.marks).inner(SECTION)
        if section is None:
            return
        if not isinstance(section, dict):
            self.problems.append(place.problem("wrong-type", "expected a mapping of variables", _EXAMPLE))
            return
        for name, entry in section.items():
            self._declare(name, entry, place, given)

    def _declare(self, name: str, entry: Any, section: Place, given: Mapping[str, str]) -> None:
        place = section.key(name)
        if not _NAME.match(name):
            self.note(place, "bad-name", f'"{name}" is not a variable name', "letters, digits, _ and -")
        if name in self.known:
            first = self.known[name].place.position
            summary = f'the variable "{name}" is declared twice'
            self.problems.append(
                place.problem("duplicate", summary, "remove one", related=((first, "first declared here"),))
            )
            return
        sensitive = self._is_sensitive(entry, section.inner(name))
        kind, default = self._typed(entry, section.inner(name))
        value = self._convert(name, kind, given[name], sensitive) if name in given else default
        self.known[name] = Variable(name, kind, value, place, sensitive)
        if name in given:
            self.given[name] = Given(name, given[name], sensitive)

    def _is_sensitive(self, entry: Any, place: Place) -> bool:
        said = entry.get("sensitive", False) if isinstance(entry, dict) else False
        if not isinstance(said, bool):
            self.note(place.inner("sensitive"), "wrong-type", "expected true or false", "")
        if not said:
            return False
        self.defaults.append(place.inner("default") if "default" in entry else place)
        if entry.get("type") == "bool":
            hint = "it has two values, which anyone can guess; remove `sensitive`"
            self.note(place.inner("sensitive"), "bad-value", "a bool cannot be sensitive", hint)
            return False
        return True

    def _typed(self, entry: Any, place: Place) -> tuple[str, Any]:
        """Return the declared type and default of one variable; checks the entry's form."""
        if entry is None:
            return "string", None
        if not isinstance(entry, dict):
            self.note(place, "wrong-type", "expected a mapping with type, default, description", _EXAMPLE)
            return "string", None
        for key in entry:
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(_KEYS)}"
                self.note(place.key(key), "unknown-key", f'unknown key "{key}"', hint)
        kind = entry.get("type", "string")
        if kind not in TYPES:
            self.note(place.inner("type"), "wrong-type", f"expected one of {', '.join(TYPES)}", "")
            return "string", None
        return kind, self._default(kind, entry.get("default"), place.inner("default"))

    def _default(self, kind: str, value: Any, place: Place) -> Any:
        if value is None or fits(kind, value):
            return value
        self.note(place, "wrong-type", f"the default is not a {kind}", "")
        return None

    def _convert(self, name: str, kind: str, text: str, sensitive: bool) -> Any:
        try:
            return convert(kind, text)
        except ValueError as error:
            why = "" if sensitive else f": {error}"
            summary = f'the value given for the variable "{name}" is not a {kind}{why}'
            self.problems.append(Diagnostic(Severity.ERROR, "bad-variable", summary, hint=_EXAMPLES[kind]))
            self.reported.add(name)
            return None

    def note(self, place: Place, code: str, summary: str, hint: str) -> None:
        """Note a problem at a place."""
        self.problems.append(place.problem(code, summary, hint))


def _not_declared(name: str, known: Mapping[str, Variable]) -> Diagnostic:
    near = get_close_matches(name, known, 1)
    hint = f'did you mean "{near[0]}"?' if near else "declare it under `variables`, or do not give it"
    summary = f'a value is given for "{name}", and no such variable is declared'
    return Diagnostic(Severity.WARNING, "unknown-variable", summary, hint=hint)


_EXAMPLE = "as in variables: {region: {type: string, default: eu}}"
_EXAMPLES = {
    "string": "",
    "number": "for example 8501",
    "bool": "true or false",
    "list": 'for example a,b or ["a", "b"]',
}
