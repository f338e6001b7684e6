"""Completing: what a shell offers while a command line is being written. Asks no cluster, takes no lock."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from reconciler.app.options import Options
from reconciler.app.workspace.configuring import store
from reconciler.config.operating.reading import load_operator
from reconciler.config.text import files
from reconciler.config.text.building import Limits
from reconciler.model.failure import Failure
from reconciler.model.state import State

PATIENCE = 2.0  # seconds for a state on a server: somebody waits at a prompt
_SECTION = "clusters"


async def recorded_addresses(options: Options) -> list[str]:
    """Return the addresses of the state, in their order; none where it cannot be read."""
    state = await _state(options)
    return [str(address) for address in sorted(state.resources)] if state else []


async def holding_runs(options: Options) -> list[str]:
    """Return the ID of the run that holds the lock of the state, if one does."""
    try:
        holder = await store(options, load_operator(options.root).state).holder()
    except Failure:
        return []
    return [holder.id] if holder is not None and holder.id else []


async def cluster_names(options: Options) -> list[str]:
    """Return the names of the clusters that are declared or recorded. Files that are not valid count, too."""
    state = await _state(options)
    recorded: Collection[str] = state.clusters if state else ()
    return sorted({*_declared(options), *recorded})


async def _state(options: Options) -> State | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await store(options, load_operator(options.root).state).read()
    except (Failure, TimeoutError):
        return None


def _declared(options: Options) -> set[str]:
    found, _ = files.find(options.root, options.paths)
    docs, _ = files.read_all(found, Limits())
    sections = [doc.value.get(_SECTION) for doc in docs if isinstance(doc.value, dict)]
    return {str(name) for section in sections if isinstance(section, dict) for name in section}
