"""`reconciler doctor`: why clusters that are up do not work together."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.exits import checkup_exit
from reconciler.cli.options.narrowing import Json
from reconciler.cli.options.worlds import Snapshot
from reconciler.cli.run import Run


def doctor(
    run: Run,
    about: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only this: a peering (dc1/dc2), SERVICE@CLUSTER, or a cluster.", metavar="[ABOUT]..."
        ),
    ] = None,
    snapshot: Snapshot = None,
    as_json: Json = False,
) -> int:
    """Say why something that should work does not: on the live clusters, or in a snapshot.

    Walks from clusters and gateways over peerings, exports and intentions to resolvers. Each finding has
    what was seen, the cause, and the next command. Exits 2 where something is found, 1 where nothing is and a
    cluster could not be read.

    \b
    Examples:
      reconciler doctor
      reconciler doctor dc1/dc2
      reconciler doctor api@dc1 --json
      reconciler doctor --snapshot clusters.json
    """
    from reconciler import app
    from reconciler.render.diagnostics import diagnostics_lines
    from reconciler.render.doctor.as_json import checkup_value
    from reconciler.render.doctor.lines import checkup_lines

    with json_failures(run, as_json):
        choice = app.WorldChoice(snapshot=snapshot)
        checkup = run.look(app.diagnose(run.options(), choice, about or ()), doing="Reading clusters")
    if as_json:
        run.json(checkup_value(checkup))
    else:
        run.out.lines(checkup_lines(checkup))
    run.out.flush()
    run.err.lines(diagnostics_lines(checkup.warnings))
    return checkup_exit(checkup)
