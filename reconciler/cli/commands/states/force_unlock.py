"""`reconciler force-unlock`: free the lock of a run that cannot free it itself."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options.completing import lock_ids
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.render.text.lines import BLANK, Span, Tone


def force_unlock(
    run: Run,
    lock_id: Annotated[
        str,
        typer.Argument(
            help="The ID, as the run that found the state locked shows it.",
            metavar="ID",
            autocompletion=lock_ids,
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Do not ask for approval.")] = False,
) -> int:
    """Free the lock of the state, of the run with exactly this ID; changes no cluster.

    Only for a run that is dead and whose lock stays: of a process that ends, or dies, the lock of a state
    directory is free at once. A run that is still alive writes nothing more, and says so.

    \b
    Examples:
      reconciler force-unlock 8d3f1c9e-5a70-4f0b-9d0e-0c2f6f7f7c11
    """
    from reconciler import app

    if not force and not _approved(run, lock_id):
        run.out.lines([[Span("The lock was not freed.", Tone.WARN)]])
        return ExitCode.ERROR
    freed = run.wait(app.unlock_state(run.options(), lock_id))
    run.out.lines([[f"The lock of the state in {freed.place} was freed."]])
    if freed.unlogged:
        said = f"Warning: the audit log does not say so: {freed.unlogged}"
        run.out.lines([[Span(said, Tone.WARN)]])
    return ExitCode.OK


def _approved(run: Run, lock_id: str) -> bool:
    """Show who holds the lock, and ask. That no one or another run does is said by the unlocking itself."""
    import sys

    from reconciler import app
    from reconciler.cli.approval import answered

    lock = run.look(app.state_lock(run.options()))
    if lock.holder is None or lock.holder.id != lock_id:
        return True
    if not sys.stdin.isatty():
        raise Failure(
            Cause.NOT_A_TERMINAL,
            "cannot ask for approval: stdin is not a terminal",
            detail="The lock was not freed.",
            hint="add --force",
        )
    run.out.lines([[f"The lock of the state in {lock.place} is held by:"], BLANK])
    run.out.lines([[f"  {line}"] for line in lock.holder.lines().splitlines()])
    run.out.lines([BLANK])
    about = (
        "End that run instead if it is alive: its lock is then free at once.",
        "Only 'yes' will be accepted to confirm.",
    )
    return answered(run, "Do you really want to free this lock?", about)
