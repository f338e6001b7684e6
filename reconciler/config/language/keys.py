"""Which keys the language knows at a place: for hints, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from reconciler.config.text.document import Step


def keys_at(model: type[Any], path: tuple[Step, ...]) -> list[str]:
    """Return all keys that any form allows at a path."""
    forms: list[Any] = [model]
    for step in path:
        forms = [below for form in forms for below in _below(form, step)]
    keys = (key for form in forms for key in _keys(form))
    return list(dict.fromkeys(keys))


def _models(form: Any) -> Iterator[Any]:
    """Yield the alternatives that a type annotation stands for: models, lists and mappings."""
    if get_origin(form) in (list, dict) or (isinstance(form, type) and issubclass(form, BaseModel)):
        yield form
        return
    for part in get_args(form):
        yield from _models(part)


def _below(form: Any, step: Step) -> Iterator[Any]:
    for part in _models(form):
        if get_origin(part) is list:
            yield get_args(part)[0]
        elif get_origin(part) is dict:
            yield get_args(part)[1]
        else:
            for name, field in part.model_fields.items():
                if (field.alias or name) == step:
                    yield field.annotation


def _keys(form: Any) -> Iterator[str]:
    for part in _models(form):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield from (field.alias or name for name, field in part.model_fields.items())
