"""Variables: `${var.name}` in scalars. Typed, with defaults; there are no other expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from reconciler.config.text.document import Marks, Place, SourceDoc, Step
from reconciler.config.text.marked import Marked, marked
from reconciler.config.text.variable_types import TYPES, as_text, convert, fits
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.sdk.dataclass import dataclass

SECTION = "variables"
_KEYS = ("type", "default", "description", "sensitive")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_USE = re.compile(r"\$\$\{|\$\{([^}]*)\}?")


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
class Use:
    """One use of a sensitive variable: the marked value that it gave, and where."""

    value: Any
    variable: str
    place: Place


@dataclass(frozen=True, slots=True)
class Given:
    """A value that was given to a declared variable, as text."""

    name: str
    text: str
    sensitive: bool = False


class Variables:
    """All declared variables with their values, and the problems found on the way."""

    def __init__(
        self, docs: Iterable[SourceDoc], given: Mapping[str, str], ambient: Mapping[str, str] | None = None
    ) -> None:
        self.known: dict[str, Variable] = {}
        self.given: dict[str, Given] = {}
        self.problems: list[Diagnostic] = []
        self._reported: set[str] = set()
        self.uses: list[Use] = []
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
            self._add(place, "bad-name", f'"{name}" is not a variable name', "letters, digits, _ and -")
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
            self._add(place.inner("sensitive"), "wrong-type", "expected true or false", "")
        if not said:
            return False
        self.defaults.append(place.inner("default") if "default" in entry else place)
        if entry.get("type") == "bool":
            hint = "it has two values, which anyone can guess; remove `sensitive`"
            self._add(place.inner("sensitive"), "bad-value", "a bool cannot be sensitive", hint)
            return False
        return True

    def _typed(self, entry: Any, place: Place) -> tuple[str, Any]:
        """Return the declared type and default of one variable; checks the entry's form."""
        if entry is None:
            return "string", None
        if not isinstance(entry, dict):
            self._add(place, "wrong-type", "expected a mapping with type, default, description", _EXAMPLE)
            return "string", None
        for key in entry:
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, 1)
                hint = f'did you mean "{near[0]}"?' if near else f"known keys: {', '.join(_KEYS)}"
                self._add(place.key(key), "unknown-key", f'unknown key "{key}"', hint)
        kind = entry.get("type", "string")
        if kind not in TYPES:
            self._add(place.inner("type"), "wrong-type", f"expected one of {', '.join(TYPES)}", "")
            return "string", None
        return kind, self._default(kind, entry.get("default"), place.inner("default"))

    def _default(self, kind: str, value: Any, place: Place) -> Any:
        if value is None or fits(kind, value):
            return value
        self._add(place, "wrong-type", f"the default is not a {kind}", "")
        return None

    def _convert(self, name: str, kind: str, text: str, sensitive: bool) -> Any:
        try:
            return convert(kind, text)
        except ValueError as error:
            why = "" if sensitive else f": {error}"
            summary = f'the value given for the variable "{name}" is not a {kind}{why}'
            self.problems.append(Diagnostic(Severity.ERROR, "bad-variable", summary, hint=_EXAMPLES[kind]))
            self._reported.add(name)
            return None

    def _add(self, place: Place, code: str, summary: str, hint: str) -> None:
        self.problems.append(place.problem(code, summary, hint))

    def substitute(self, doc: SourceDoc) -> None:
        """Replace every use in a document, in place. Each problem is noted at its scalar."""
        section = doc.value.get(SECTION) if isinstance(doc.value, dict) else None
        inside = set(_containers(section))
        keys: dict[int, tuple[dict[str, Any], Marks, list[str]]] = {}
        for container, step, is_key, marks in doc.variables:
            if id(container) in inside:
                self._refuse_inside(container, step, is_key, Place(doc, marks))
            elif is_key:
                keys.setdefault(id(container), (container, marks, []))[2].append(str(step))
            else:
                self._replace_value(container, step, marks, doc)
        for mapping, marks, names in keys.values():  # values first: they are found by the key as written
            self._replace_keys(mapping, marks, names, doc)
        doc.variables.clear()

    def _refuse_inside(self, container: Any, step: Step, is_key: bool, place: Place) -> None:
        text = step if is_key else container[step]
        if "${" in str(text).replace("$${", ""):
            where = place.key(step) if is_key else place.inner(step)
            self._add(where, "bad-variable", "a variable cannot use another one", "write it out")

    def _replace_value(self, container: Any, step: Step, marks: Marks, doc: SourceDoc) -> None:
        text = container[step]
        mark = marks.kid(step)
        if isinstance(text, str) and mark is not None:
            container[step] = self.expand(text, Place(doc, mark))

    def _replace_keys(self, mapping: dict[str, Any], marks: Marks, names: list[str], doc: SourceDoc) -> None:
        """Rename the keys that use variables, all at once, without moving them."""
        fresh: dict[str, str] = {}
        taken = set(mapping) - set(names)
        for name in dict.fromkeys(names):
            place = Place(doc, marks).key(name)
            expanded = self.expand(name, place)
            if isinstance(expanded, Marked):
                continue  # found nowhere later, and reported then
            text = as_text(expanded)
            if text in taken:
                summary = f'the key "{text}" is already in this mapping'
                self._add(place, "duplicate-key", summary, "remove one")
                continue
            taken.add(text)
            fresh[name] = text
        for each in (mapping, marks.keys or {}, marks.kids):
            _rename(each, fresh)

    def expand(self, text: str, place: Place) -> Any:
        """Expand one scalar. A use that is the whole scalar keeps the variable's type; otherwise it becomes
        text.
        """
        whole = _USE.fullmatch(text)
        if whole is not None and whole.group(1) is not None:
            value = self._value(whole, place)
        else:
            value = _USE.sub(lambda match: as_text(self._value(match, place)), text)
        used = [name for match in _USE.finditer(text) if (name := _name_in(match)) in self.known]
        secret = next((name for name in used if self.known[name].sensitive), None)
        return value if secret is None or value == "" else self._marked(value, secret, place)

    def _marked(self, value: Any, name: str, place: Place) -> Any:
        """Return the value as marked ones, each remembered with its place."""
        out = marked(value)
        self.uses += [Use(one, name, place) for one in (out if isinstance(out, list) else [out])]
        return out

    def secrets(self) -> list[str]:
        """Return the values of all sensitive variables as they could be quoted."""
        values = [variable.value for variable in self.known.values() if variable.sensitive]
        items = [item for value in values for item in (value if isinstance(value, list) else [value])]
        return [as_text(item) for item in items if item is not None]

    def _value(self, match: re.Match[str], place: Place) -> Any:
        if match.group(1) is None:
            return "${"
        expression = match.group(1).strip()
        if not match.group(0).endswith("}") or not expression.startswith("var."):
            hint = "the only expression is ${var.name}; write $${ for a literal ${"
            self._add(place, "bad-expression", f"not an expression: {match.group(0)}", hint)
            return ""
        return self._lookup(expression.removeprefix("var."), place)

    def _lookup(self, name: str, place: Place) -> Any:
        variable = self.known.get(name)
        if variable is None:
            near = get_close_matches(name, self.known, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"declare it: variables: {{{name}: {{}}}}"
            self._add(place, "unknown-variable", f'unknown variable "{name}"', hint)
            return ""
        if variable.value is None and name not in self._reported:
            self._reported.add(name)
            hint = f"give -var {name}=…, set RECONCILER_VAR_{name}, or declare a default"
            related = ((variable.place.position, "declared here"),)
            problem = place.problem(
                "missing-variable", f'no value for variable "{name}"', hint, related=related
            )
            self.problems.append(problem)
        if isinstance(variable.value, list):
            return list(variable.value)
        return "" if variable.value is None else variable.value


def _name_in(match: re.Match[str]) -> str:
    """Return the name of the variable that an expression uses; empty where it is none."""
    return (match.group(1) or "").strip().removeprefix("var.")


def _containers(value: Any) -> Iterable[int]:
    if isinstance(value, dict | list):
        yield id(value)
        for item in value.values() if isinstance(value, dict) else value:
            yield from _containers(item)


def _rename(mapping: dict[str, Any], names: Mapping[str, str]) -> None:
    items = [(names.get(key, key), value) for key, value in mapping.items()]
    mapping.clear()
    mapping.update(items)


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
