"""Building validators without a search for plugins of pydantic."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

_DISABLED = "PYDANTIC_DISABLE_PLUGINS"
_METADATA = "importlib.metadata"


@contextmanager
def without_plugins() -> Iterator[None]:
    """Let pydantic build validators without a search for plugins of its own in all that is installed."""
    before = os.environ.get(_DISABLED)
    os.environ[_DISABLED] = "__all__"
    try:
        with _metadata_on_demand():
            yield
    finally:
        if before is None:
            del os.environ[_DISABLED]
        else:
            os.environ[_DISABLED] = before


@contextmanager
def _metadata_on_demand() -> Iterator[None]:
    """Keep `importlib.metadata`, with the e-mail parser that it needs, from being loaded for that search.

    pydantic imports a function of it for the search, also where it is switched off.
    """
    if _METADATA in sys.modules:
        yield
        return
    standing_for = sys.modules[_METADATA] = _Metadata(_METADATA)
    try:
        yield
    finally:
        if sys.modules.get(_METADATA) is standing_for:
            del sys.modules[_METADATA]


class _Metadata(ModuleType):
    """The module until one of its functions is called, or anything else of it is asked for."""

    def entry_points(self, **asked: Any) -> Any:
        """Return what the module's own function returns."""
        return self._loaded().entry_points(**asked)

    def _loaded(self) -> Any:
        if sys.modules.get(_METADATA) is self:
            del sys.modules[_METADATA]
        return import_module(_METADATA)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system asks for __path__ and __spec__
            raise AttributeError(name)
        return getattr(self._loaded(), name)
