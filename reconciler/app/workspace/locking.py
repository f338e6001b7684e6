"""Runs that write: configuration, locked state and workspace are opened together, and closed together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.app.options import Options, PlanResult
from reconciler.app.workspace.configuring import Configuration, read_configuration, store
from reconciler.app.workspace.opening import Workspace, open_workspace
from reconciler.app.workspace.past import Past, look_back
from reconciler.engine.planning.undoing import operation as undo_operation
from reconciler.model.failure import Cause, Failure
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

    def planned(self, plan: Plan) -> PlanResult:
        """Return a plan as it is put up for approval: with all warnings, and how long it took."""
        elapsed = asyncio.get_running_loop().time() - self.began
        return PlanResult(plan, self.configuration.warnings, elapsed)


@asynccontextmanager
async def locked_run(options: Options, operation: str, undo: int = 0) -> AsyncIterator[LockedRun]:
    """Open everything for a run that writes. The lock shows `operation` to others, and is held from the
    first read to the end. With `undo`, it goes back so many generations. Raises `Failure`.
    """
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    states = store(options, configuration.operator.state)
    meant = await look_back(states, await states.read(), undo) if undo else None
    if meant is not None:
        operation = undo_operation(meant.to.serial)
    async with locked(states, operation) as session:
        past = await look_back(states, session.state, undo)
        _check_same(meant, past)
        async with open_workspace(configuration, session.state, options, past) as workspace:
            yield LockedRun(configuration, workspace, session, began)


def _check_same(meant: Past | None, past: Past | None) -> None:
    """Raise `Failure` where another run wrote between looking back and taking the lock."""
    if meant is not None and past is not None and meant.to != past.to:
        raise Failure(
            Cause.STALE_PLAN,
            f"another run wrote meanwhile: one step back was serial {meant.to.serial}, and is serial "
            f"{past.to.serial} now",
            detail="Nothing was written.",
            hint="look at it again: reconciler plan --undo",
        )


@asynccontextmanager
async def locked(states: StateStore, operation: str, *, damaged: bool = False) -> AsyncIterator[Session]:
    """Open the state under its lock, and close it however the work on it ends. `damaged`: to replace one that
    cannot be read.
    """
    session = await (states.open_damaged(operation) if damaged else states.open(operation))
    try:
        yield session
    finally:
        await session.close()
