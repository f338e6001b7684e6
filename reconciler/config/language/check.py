"""Form: a document against the language's models, every problem at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from reconciler.config.language.building import without_plugins
from reconciler.config.text.document import Place, SourceDoc, Step
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass

_MAX = 200  # of one file; further ones would not be read
_YAML11 = frozenset({"yes", "no", "on", "off", "y", "n"})
_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
# The tags of a value that may be written in several forms, and what each is; see `base.shape`.
_FORMS = {"<text>": "string_type", "<list>": "list_type", "<map>": "dict_type"}
_FORMER = frozenset({"estate"})  # still read, and no longer offered: see `document.Sections`
_BOUNDS = {"less_than_equal": ("at most", "le"), "greater_than_equal": ("at least", "ge")}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the models say of a document: its values as a `model`, or `None` where there are problems.

    `bad` are the paths of values with a problem, `unknown` those of keys that the language does not have.
    """

    model: Any = None
    problems: Sequence[Diagnostic] = ()
    bad: Sequence[tuple[Step, ...]] = ()
    unknown: frozenset[tuple[Step, ...]] = frozenset()


def check(doc: SourceDoc, model: type[Any], whole: Callable[[], type[Any]] | None = None) -> Checked:
    """Return what a pydantic `model` says of a document.

    `whole` gives the model of all that a document may have, where `model` has a part of it.
    """
    from pydantic import ValidationError

    if doc.value is None:
        return Checked()
    try:
        with without_plugins():
            return Checked(model.model_validate(doc.value))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=True)
        return _translate(doc, whole() if whole else model, errors)


def _translate(doc: SourceDoc, model: type[Any], errors: Sequence[Mapping[str, Any]]) -> Checked:
    problems: list[Diagnostic] = []
    bad: list[tuple[Step, ...]] = []
    unknown: set[tuple[Step, ...]] = set()
    known: set[tuple[Step, ...]] = set()  # items that one problem already says all about
    for error in errors:
        path = error_path(error["loc"])
        if error["type"] == "extra_forbidden":
            unknown.add(path)  # without that key, the rest is as good as any
        else:
            bad.append(path)
        if len(problems) >= _MAX:
            continue
        item = _item(doc, path, error) if error["type"] in ("missing", "extra_forbidden") else None
        if item is None:
            problems.append(_diagnostic(doc, model, path, error))
        elif path[:-1] not in known:
            known.add(path[:-1])
            problems.append(item)
    return Checked(None, problems, bad, frozenset(unknown))


def _item(doc: SourceDoc, path: tuple[Step, ...], error: Mapping[str, Any]) -> Diagnostic | None:
    """Return the one problem of an item that is written in another form, or `None` where this is none."""
    from reconciler.config.language.habits import is_of_item, whole_item
    from reconciler.config.language.shapes import sources_for

    holder, place = _value(doc.value, path[:-1]), Place(doc, doc.marks).inner(*path[:-1])
    hint = whole_item(path[:-1], holder) if is_of_item(path[-1]) else ""
    if hint:
        return place.problem("unknown-key", "this is the form of a Consul config entry", hint)
    hint = sources_for(path[:-1], holder)
    return place.problem("wrong-type", "this is not the form of intentions", hint) if hint else None


def _value(value: Any, path: tuple[Step, ...]) -> Any:
    """Return what is at a path of a document, `None` where nothing is."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def error_path(loc: Sequence[Step]) -> tuple[Step, ...]:
    """Return the path in the document: pydantic's location without the names of forms and of key checks."""
    return tuple(step for step in loc if not (isinstance(step, str) and step[:1] == "<" and step[-1:] == ">"))


def _diagnostic(
    doc: SourceDoc, model: type[Any], path: tuple[Step, ...], error: Mapping[str, Any]
) -> Diagnostic:
    root = Place(doc, doc.marks)
    kind = error["type"]
    if kind == "extra_forbidden":
        from reconciler.config.language.operating.state import names_secret

        key = str(path[-1])
        hint = _hint_for_key(model, path, key, _value(doc.value, path[:-1]))
        problem = root.key(*path).problem("unknown-key", f'unknown key "{key}"', hint)
        return (
            _without_value(problem) if path[0] in ("state", "credentials") and names_secret(key) else problem
        )
    if kind == "missing":
        return root.inner(*path[:-1]).problem("missing-key", f'"{path[-1]}" is missing', _context(doc, path))
    place = root.inner(*path)
    summary, hint = explain(kind, error)
    if kind in _EXPECTED:
        from reconciler.config.language.habits import hint_for_value

        hint = hint_for_value(path, error.get("input")) or hint
    return place.problem("wrong-type" if kind in _EXPECTED else "bad-value", summary, hint)


def explain(kind: str, error: Mapping[str, Any]) -> tuple[str, str]:
    """Return the summary and the hint for an error of pydantic's."""
    value = error.get("input")
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {describe(value)}", _advice(kind, value)
    summary, hint = _about_value(kind, value, error.get("ctx", {}))
    return summary or _sentence(str(error.get("msg", "not valid"))), hint


def _about_value(kind: str, value: object, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return the summary and the hint for a value of the right type, two empty texts for other errors."""
    if kind == "union_tag_invalid":
        return f"expected {_forms(str(context.get('expected_tags')))}, found {describe(value)}", ""
    if kind == "literal_error":
        choices = str(context.get("expected", ""))
        near = get_close_matches(str(value), [word.strip("' ") for word in choices.split(",")], 1)
        return f"expected {choices}, found {describe(value)}", f'did you mean "{near[0]}"?' if near else ""
    if kind == "string_too_short":
        return "expected text, found nothing", "write a value, or remove the key"
    if kind in {"too_short", "too_long"}:
        number = context.get("min_length", context.get("max_length"))
        return f"expected {number} items, found {context.get('actual_length')}", ""
    if kind in _BOUNDS:
        word, limit = _BOUNDS[kind]
        return f"expected {word} {context.get(limit)}, found {describe(value)}", ""
    return "", ""


def _forms(tags: str) -> str:
    """Return the forms that a value may have, from pydantic's list of their tags."""
    return " or ".join(_EXPECTED[_FORMS[tag]] for tag in tags.split("'") if tag in _FORMS)


def _without_value(problem: Diagnostic) -> Diagnostic:
    """Return a problem without the text of its line, where that may be a credential."""
    return replace(problem, source=None)


def _sentence(text: str) -> str:
    return text[:1].lower() + text[1:]


def _advice(kind: str, value: object) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "quote it to make it text"
    if kind == "bool_type" and isinstance(value, str) and value.lower() in _YAML11:
        return f"YAML 1.2 reads {value} as text; write {'true' if value.lower() in 'yes on' else 'false'}"
    if kind == "list_type" and isinstance(value, str):
        return f"write a list: [{value}]" if len(value) < 40 else "write a list"
    return ""


def describe(value: object) -> str:
    """Return a value for people: its type, and what it is where that is short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value)
    shown = text if len(text) <= 40 else text[:37] + "…"
    return f'the text "{shown}"' if isinstance(value, str) else f"the number {shown}"


def _hint_for_key(model: type[Any], path: tuple[Step, ...], key: str, holder: object) -> str:
    from reconciler.config.language.habits import hint_for_key
    from reconciler.config.language.keys import keys_at

    habit = hint_for_key(path, holder)
    if habit:
        return habit
    known = [name for name in keys_at(model, path[:-1]) if name not in _FORMER]
    near = nearest(key, known)
    if key == near:
        return "this key cannot be combined with the others here"
    if near is not None:
        return f'did you mean "{near}"?'
    inside = [name for name in known if key in keys_at(model, (*path[:-1], name))]
    if len(inside) == 1:
        return f"write it under {inside[0]}: {{{key}: …}}"
    return f"known keys: {', '.join(sorted(known))}" if known else ""


def nearest(key: str, known: Sequence[str]) -> str | None:
    """Return the known key that an unknown one means by its spelling, or `None`."""
    same = next((name for name in known if plain(name) == plain(key)), None)
    return same or next(iter(get_close_matches(key, known, 1)), None)


def plain(key: str) -> str:
    """Return a key without what people spell in several ways: case, underscores, hyphens."""
    return key.lower().replace("_", "").replace("-", "")


def _context(doc: SourceDoc, path: tuple[Step, ...]) -> str:
    if path[0] == "state":
        from reconciler.config.language.operating.state import example

        return example(str(path[-1]), _value(doc.value, path[:-1]))
    examples = {
        "address": "as in address: https://consul.example.com:8501",
        "between": "a peering is {between: [a, b]}, {mesh: […]} or {hub: a, spokes: […]}",
        "from": "as in {from: web@dc2, action: allow}",
        "spokes": "as in {hub: dc1, spokes: [dc2, dc3]}",
        "hub": "as in {hub: dc1, spokes: [dc2, dc3]}",
        "to": "as in {to: [dc2]}",
        "weight": "as in {to: api@dc1, weight: 10}",
        "sources": "as in {sources: [{from: web, action: allow}]}",
    }
    return examples.get(str(path[-1]), "")
