"""`reconciler audit` list and verify: who wrote what, when."""

from __future__ import annotations

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode


def audit_list(run: Run, as_json: Json = False) -> int:
    """List the runs that wrote: who, when, which revision and plan, and how they ended.

    \b
    Examples:
      reconciler audit list
      reconciler audit list --json | jq '.entries[-1]'
    """
    from reconciler import app
    from reconciler.render import auditing

    with json_failures(run, as_json):
        found = run.look(app.audit_list(run.options()))
    if as_json:
        run.json(auditing.list_value(found.place, found.entries))
    else:
        run.out.lines(auditing.list_lines(found.entries))
    return ExitCode.OK


def audit_verify(run: Run, as_json: Json = False) -> int:
    """Check that no line of the audit log was altered, removed or moved; exit 1 where one was.

    \b
    Examples:
      reconciler audit verify
    """
    from reconciler import app
    from reconciler.render import auditing

    with json_failures(run, as_json):
        found = run.look(app.audit_verify(run.options()))
    if as_json:
        run.json(auditing.verify_value(found))
    else:
        run.out.lines(auditing.verify_lines(found))
    return ExitCode.OK if found.ok else ExitCode.ERROR
