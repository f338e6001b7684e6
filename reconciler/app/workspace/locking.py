"""Runs that write: configuration, locked state and workspace are opened together, and closed together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.app.options import Options, Planned
from reconciler.app.workspace.opening import (
    Configuration,
    Workspace,
    open_workspace,
    read_configuration,
    store,
)
from reconciler.model.plan import Plan
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.ports import Session, StateStore


@dataclass(frozen=True, slots=True)
class LockedRun:
    """What a run that writes works with. `began` is the event loop's time in seconds."""

    configuration: Configuration
    workspace: Workspace
    session: Session
    began: float

    def planned(self, plan: Plan) -> Planned:
        """Return a plan as it is put up for approval: with all warnings, and how long it took."""
        elapsed = asyncio.get_running_loop().time() - self.began
        return Planned(plan, self.configuration.warnings, elapsed)


@asynccontextmanager
async def locked_run(options: Options, operation: str) -> AsyncIterator[LockedRun]:
    """Open everything for a run that writes. The lock shows `operation` to others, and is held from the
    first read to the end. Raises `Failure`.
    """
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    states = store(options, configuration.operator.state)
    async with (
        locked(states, operation) as session,
        open_workspace(configuration, session.state, options) as workspace,
    ):
        yield LockedRun(configuration, workspace, session, began)


@asynccontextmanager
async def locked(states: StateStore, operation: str) -> AsyncIterator[Session]:
    """Open the state under its lock, and close it however the work on it ends."""
    session = await states.open(operation)
    try:
        yield session
    finally:
        await session.close()
