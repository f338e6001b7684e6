"""Registry: the only place that turns a provider's name into a plugin.

Plugins are entry points of the group `reconciler.providers`, each naming a `ProviderFactory`. Only the
plugins that the configuration or the state asks for are imported.
"""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, cast

from reconciler.model.failure import Cause, Failure
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.provider import ProviderFactory
from reconciler.sdk.schemas import Description, description

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "reconciler.providers"


def find(name: str) -> ProviderFactory:
    """Return the factory of a provider. Raises `Failure` naming the plugin that is missing or does
    not load.
    """
    found = _plugins(tuple(sys.path))
    for point in found:
        if point.name == name:
            return _load(point.name, point.value, point.load)
    names = sorted({point.name for point in found})
    if not names:
        _raise_if_out_of_files()
    nearest = get_close_matches(name, names, n=1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else "install the package that provides it"
    raise Failure(
        Cause.PLUGIN,
        f'unknown provider "{name}"',
        detail=f"installed providers: {', '.join(names) or 'none'}",
        hint=hint,
    )


def _raise_if_out_of_files() -> None:
    """Raise `OSError` where no folder can be opened: `importlib.metadata` finds nothing then."""
    with os.scandir(sys.prefix):
        pass


def described(name: str) -> Description:
    """Return what a provider says about types of its own. Raises `Failure` as `find` does."""
    factory = find(name)
    with plugin_call(name, "describing its types"):
        return description(factory)


@cache
def _plugins(places: tuple[str, ...]) -> EntryPoints:
    """Return what is installed in these places. Read once: it takes longer than a small plan."""
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _load(name: str, value: str, load: object) -> ProviderFactory:
    try:
        return cast(ProviderFactory, load())  # type: ignore[operator]
    except Exception as error:
        if out_of_files(error):
            raise
        # A plugin is other people's code: what it raises on import is reported with its name.
        raise Failure(
            Cause.PLUGIN,
            f'the provider "{name}" does not load',
            detail=f"{value}: {type(error).__name__}: {error}",
            hint="reinstall or remove its package",
        ) from error
