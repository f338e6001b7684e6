"""`reconciler snapshot`: all that decides who can call whom, read once and written into one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode

Out = Annotated[Path, typer.Option("--out", help="Write the snapshot to this file.", metavar="FILE")]
WithAddresses = Annotated[
    bool, typer.Option("--with-addresses", help="Keep the addresses of servers and gateways.")
]


def snapshot(run: Run, out: Out, with_addresses: WithAddresses = False) -> int:
    """Read all clusters once into one file, without any secret.

    It has what decides who can call whom: services and their health, gateways, config entries, peerings.
    So an outage can be analysed elsewhere: `reconciler access --snapshot FILE` needs neither the
    configuration nor a cluster. What could not be read is named in the file. Exits 1 if a cluster did not
    answer.

    \b
    Examples:
      reconciler snapshot --out clusters.json
      reconciler access --snapshot clusters.json --to 'api@*'
    """
    from reconciler import app
    from reconciler.render.diagnostics import diagnostics_lines
    from reconciler.render.snapshot import snapshot_lines, unknown_lines

    taken = run.look(
        app.take_snapshot(run.options(), out, addresses=with_addresses), doing="Reading clusters"
    )
    run.out.lines(snapshot_lines(taken))
    run.out.flush()
    run.err.lines(unknown_lines(taken))
    run.err.lines(diagnostics_lines(taken.warnings))
    return ExitCode.ERROR if taken.unread else ExitCode.OK
