"""`reconciler state migrate`: moves the state to another place."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.render.text.lines import Span, Tone, count

To = Annotated[
    str | None,
    typer.Option("--to", metavar="PLACE", help="The new place: a directory, or KEY=VALUE,... as in `state`."),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="PLACE", help="The old place, if reconciler.yaml has the new one already."
    ),
]


def state_migrate(run: Run, to: To = None, source: From = None) -> int:
    """Move the state to another place, with all of its generations.

    Everything is read back before the old place gives it up; later runs that use the old place are sent to
    the new one. Nothing is written to a cluster, and an interrupted move can be repeated.

    \b
    Examples:
      reconciler state migrate --to backend=consul,path=teams/a
      reconciler state migrate --from state    # to the place that reconciler.yaml names
    """
    from reconciler import app

    if (to is None) == (source is None):
        raise Failure(
            Cause.USAGE,
            "name the other place: --to PLACE, or --from PLACE",
            hint="PLACE is a directory, or KEY=VALUE,... as in the `state` section of reconciler.yaml.",
        )
    done = run.wait(app.migrate_state(run.options(), to=to, source=source))
    kept = count(len(done.serials), "generation")
    run.out.lines(
        [[f"Moved the state from {done.source} to {done.target}: {kept}, serial {done.serials[-1]}."]]
    )
    for serial in done.damaged:
        run.out.lines([[Span(f"Serial {serial} could not be read, and was left behind.", Tone.WARN)]])
    if to is not None:
        run.out.lines([[f"Let `state` in reconciler.yaml say the new place: {to}"]])
    return ExitCode.OK
