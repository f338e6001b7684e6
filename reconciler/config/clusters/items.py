"""Typed items: the values of a document as its readers take them, models where a section has them.

A document without problems is validated once, and its items are parts of that one model. Of a document with
problems there is no model: each item that can be used is validated by itself, without its unknown keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from reconciler.config.language.building import without_plugins
from reconciler.config.language.check import Checked, nearest
from reconciler.config.text.document import SourceDoc, Step
from reconciler.config.text.marked import Marked

TYPED = frozenset({"peerings", "exports", "intentions"})
Path = tuple[Step, ...]


class Items:
    """The items of one document by their paths. `marked`: values of sensitive variables may be among them."""

    def __init__(self, doc: SourceDoc, checked: Checked, *, marked: bool) -> None:
        self._value = doc.value
        self._model = checked.model
        self._unknown = checked.unknown
        self._marked = marked

    def at(self, *path: Step) -> Any:
        """Return the value at a path of a section: a model, or what is written where models are not read.

        The path must be that of a whole item which has no problem but unknown keys.
        """
        if path[0] not in TYPED:
            return _at(self._value, path)
        if self._model is None:
            return self._validated(_at(self._value, path), path)
        typed = _at(self._model, path)
        return _with_marked(typed, _at(self._value, path)) if self._marked else typed

    def _validated(self, written: Any, path: Path) -> Any:
        from pydantic import ValidationError

        form = _form(str(path[0]))
        for meant in (True, False):
            known = self._known(written, path, meant=meant)
            try:
                with without_plugins():
                    return self._marked_as(known, form.validate_python(known))
            except ValidationError:
                if not meant:
                    raise

    def _marked_as(self, written: Any, typed: Any) -> Any:
        return _with_marked(typed, written) if self._marked else typed

    def _known(self, value: Any, path: Path, *, meant: bool) -> Any:
        """Return a value without unknown keys. With `meant`, those that only differ in spelling are kept as
        what they mean, so that nothing is reported as missing because of them.
        """
        if isinstance(value, list):
            return [self._known(item, (*path, number), meant=meant) for number, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        out = {
            key: self._known(item, (*path, key), meant=meant)
            for key, item in value.items()
            if (*path, key) not in self._unknown
        }
        if meant and len(out) < len(value):
            out = {**{name: value[key] for key, name in _meant(value, path).items()}, **out}
        return out


def _meant(value: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return for each key that the language does not have the one that it means by its spelling."""
    from reconciler.config.language.document import document
    from reconciler.config.language.keys import keys_at

    known = keys_at(document(), path)
    return {key: near for key in value if key not in known and (near := nearest(key, known)) is not None}


@cache
def _form(section: str) -> Any:
    """Return what validates one item of a section."""
    from pydantic import TypeAdapter

    from reconciler.config.language.intentions import Intentions
    from reconciler.config.language.peerings import Export, Peering

    forms: dict[str, Any] = {"peerings": Peering, "exports": Export, "intentions": Intentions}
    return TypeAdapter(forms[section])


def _at(value: Any, path: Path) -> Any:
    """Return what is at a path of a document or of its model."""
    for step in path:
        is_model = not isinstance(value, dict | list)
        value = getattr(value, str(step)) if is_model else value[step]
    return value


def _with_marked(typed: Any, written: Any) -> Any:
    """Return a validated value with the marked leaves that are written there: models have plain copies."""
    if isinstance(written, Marked):
        return written
    if isinstance(typed, dict):
        return {key: _with_marked(item, written[key]) for key, item in typed.items()}
    if isinstance(typed, list):
        return [_with_marked(item, below) for item, below in zip(typed, written, strict=True)]
    fields = getattr(type(typed), "model_fields", {})
    for name in typed.model_fields_set if fields else ():
        key = fields[name].alias or name
        setattr(typed, name, _with_marked(getattr(typed, name), written[key]))
    return typed
