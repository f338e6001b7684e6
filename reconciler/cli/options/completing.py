"""What a shell is offered for the values of options and arguments."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from reconciler.app import Options


def addresses(ctx: typer.Context) -> list[str]:
    """Return the addresses that the state of this command line has."""
    from reconciler.app import recorded_addresses

    return _offered(ctx, recorded_addresses)


def clusters(ctx: typer.Context) -> list[str]:
    """Return the names of the clusters of this command line's configuration and state."""
    from reconciler.app import cluster_names

    return _offered(ctx, cluster_names)


def lock_ids(ctx: typer.Context) -> list[str]:
    """Return the ID of the run that holds the lock of this command line's state."""
    from reconciler.app import holding_runs

    return _offered(ctx, holding_runs)


def _offered(ctx: typer.Context, ask: Callable[[Options], Coroutine[Any, Any, list[str]]]) -> list[str]:
    import asyncio

    try:
        return asyncio.run(ask(_options(ctx)))
    except Exception:  # a shell shows what is written here in the middle of a command line
        return []


def _options(ctx: typer.Context) -> Options:
    """Return the options that say where configuration and state are, before the command's name or
    after it.
    """
    from reconciler.app import Options

    given = {**ctx.find_root().params, **{key: value for key, value in ctx.params.items() if value}}
    state = given.get("state")
    return Options(
        root=Path(given.get("directory") or ""),
        paths=tuple(map(Path, given.get("files") or ())),
        state_path=Path(state) if state else None,
    )
