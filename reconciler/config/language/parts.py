"""A part of a model: only the fields that are used, as a validator is built with all that its model names."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any


def part_of(model: Any, keys: Collection[Any]) -> type[Any]:
    """Return a pydantic model with the fields of `model` that `keys` name and those that are required.

    It says the same of any value that has no other keys of `model`.
    """
    fields = model.model_fields.items()
    return _made(model, tuple(n for n, field in fields if (field.alias or n) in keys or field.is_required()))


@lru_cache(maxsize=32)
def _made(model: Any, names: tuple[str, ...]) -> type[Any]:
    from pydantic import create_model

    used: dict[str, Any] = {
        name: (model.model_fields[name].annotation, model.model_fields[name]) for name in names
    }
    made: type[Any] = create_model(model.__name__, __config__=model.model_config, **used)
    return made
