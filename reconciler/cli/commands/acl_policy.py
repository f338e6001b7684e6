"""`reconciler acl-policy`: the least privilege that a configuration needs, ready to be given to a server."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.completing import clusters
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode

OneCluster = Annotated[
    str | None,
    typer.Option(
        "--cluster", help="Only this cluster.", metavar="NAME", show_default=False, autocompletion=clusters
    ),
]
PlanOnly = Annotated[bool, typer.Option("--plan-only", help="Only the permissions that plan and drift need.")]


def acl_policy(
    run: Run, cluster: OneCluster = None, plan_only: PlanOnly = False, as_json: Json = False
) -> int:
    """Print the least ACL policy that reconciler's token needs on each cluster.

    Derived from the configuration and the state; contacts no cluster and needs no token.

    \b
    Examples:
      reconciler acl-policy
      reconciler acl-policy --cluster dc1 | consul acl policy create -name reconciler -rules -
      reconciler acl-policy --cluster dc1 --plan-only
    """
    from reconciler import app
    from reconciler.render import acl_policy as page

    with json_failures(run, as_json):
        found = run.look(app.policies(run.options(), only=cluster, read_only=plan_only))
    if as_json:
        run.json(page.policies_value(found))
    else:
        run.out.lines(page.policies_lines(found, read_only=plan_only))
    return ExitCode.OK
