"""What building a validator costs: only the fields that are used are built, and no plugins are looked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
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


@contextmanager
def without_plugins() -> Iterator[None]:
    """Let pydantic build validators without a search for plugins of its own in all that is installed."""
    name = "PYDANTIC_DISABLE_PLUGINS"
    before = os.environ.get(name)
    os.environ[name] = "__all__"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
