"""The options that choose a world: shared by the commands that look at one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.app import WorldChoice

Live = Annotated[bool, typer.Option("--live", help="Ask the live clusters in place of what is declared.")]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="What this saved plan would leave behind.", metavar="FILE"),
]
Snapshot = Annotated[
    Path | None,
    typer.Option("--snapshot", help="What this file of `reconciler snapshot` has.", metavar="FILE"),
]


def world_choice(*, live: bool, plan: Path | None, snapshot: Path | None) -> WorldChoice:
    """Return the world that is chosen. Raise `Failure` where two exclude each other."""
    from reconciler.app import WorldChoice

    others = [option for option, given in (("--plan", plan), ("--snapshot", snapshot)) if given is not None]
    if live and others:
        raise Failure(Cause.USAGE, f"--live and {others[0]} exclude each other")
    return WorldChoice(live, plan, snapshot)
