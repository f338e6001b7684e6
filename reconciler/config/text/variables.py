"""Variables: `${var.name}` in scalars. Typed, with defaults; there are no other expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from reconciler.config.text.declarations import SECTION, Declarations
from reconciler.config.text.document import Marks, Place, SourceDoc, Step
from reconciler.config.text.marked import Marked, marked
from reconciler.config.text.variable_types import as_text
from reconciler.sdk.dataclass import dataclass

_USE = re.compile(r"\$\$\{|\$\{([^}]*)\}?")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a sensitive variable: the marked value that it gave, and where."""

    value: Any
    variable: str
    place: Place


class Variables(Declarations):
    """All declared variables, and every use of one in a document replaced by its value."""

    def __init__(
        self, docs: Iterable[SourceDoc], given: Mapping[str, str], ambient: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(docs, given, ambient)
        self.uses: list[Use] = []

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
            self.note(where, "bad-variable", "a variable cannot use another one", "write it out")

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
                self.note(place, "duplicate-key", summary, "remove one")
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
            self.note(place, "bad-expression", f"not an expression: {match.group(0)}", hint)
            return ""
        return self._lookup(expression.removeprefix("var."), place)

    def _lookup(self, name: str, place: Place) -> Any:
        variable = self.known.get(name)
        if variable is None:
            near = get_close_matches(name, self.known, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"declare it: variables: {{{name}: {{}}}}"
            self.note(place, "unknown-variable", f'unknown variable "{name}"', hint)
            return ""
        if variable.value is None and name not in self.reported:
            self.reported.add(name)
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
