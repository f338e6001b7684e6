"""`reconciler output`: what each cluster imports, and the names under which its callers dial it."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler import __version__
from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.completing import clusters
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode

OneCluster = Annotated[
    str | None, typer.Argument(help="Only this cluster.", metavar="CLUSTER", autocompletion=clusters)
]
Offline = Annotated[bool, typer.Option("--offline", help="Use the configuration alone; contact no cluster.")]


def output(run: Run, cluster: OneCluster = None, as_json: Json = False, offline: Offline = False) -> int:
    """List what each cluster imports from its peers, and the names to dial.

    For every service: the exporting cluster and its peer name, DNS names and virtual address, the explicit
    upstream, protocol, gateways, and local names that lead there. A service that should be imported and is
    not is listed with the probable reason. Exits 1 if a cluster did not answer.

    \b
    Examples:
      reconciler output
      reconciler output dc2 --json | jq -r '.clusters.dc2.imports[].names[0].name'
      reconciler output --offline
    """
    from reconciler import app
    from reconciler.render import outputs as page

    with json_failures(run, as_json):
        found = run.wait(
            app.outputs(run.options(), only=cluster, live=not offline),
            doing="" if offline else "Reading clusters",
        )
    if as_json:
        run.json(page.outputs_value(found.clusters, __version__, live=found.live))
    else:
        if found.live:
            run.out.lines([page.read_line(found.asked.values(), found.requests, found.elapsed), ()])
        run.out.lines(page.outputs_lines(found.clusters, live=found.live))
        run.out.lines(page.footnotes(found.clusters))
    problems = any(one.problem for one in found.clusters.values())
    return ExitCode.ERROR if problems else ExitCode.OK
