"""`reconciler validate`: the configuration alone, or with what the clusters say against it."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run, uncollected

if TYPE_CHECKING:
    from reconciler.app import Validation


class FailOn(Enum):
    """What makes `validate` exit with 1."""

    ERROR = "error"
    WARNING = "warning"


FailOnOption = Annotated[
    FailOn | None,
    typer.Option(
        "--fail-on",
        help="What exits 1: an error, or a warning too (default: lint.fail_on of reconciler.yaml, or error).",
        show_default=False,
    ),
]


Online = Annotated[
    bool, typer.Option("--online", help="Also ask the clusters: versions, gateways, registered services.")
]


def validate(run: Run, online: Online = False, fail_on: FailOnOption = None, as_json: Json = False) -> int:
    """Check the configuration without contacting a cluster.

    Prints every problem at once, with its position. Exits 1 if one of them is an error, 4 if only
    policies are broken. What a rule is about: reconciler rules RULE. With --online the clusters are
    read, too; nothing is written.

    \b
    Examples:
      reconciler validate
      reconciler validate --fail-on warning
      reconciler validate --online
      reconciler -C prod validate --json
    """
    from reconciler import app

    stops = None if fail_on is None else fail_on is FailOn.WARNING
    if online:
        return _online(run, stops, as_json)
    with uncollected():
        found = app.validate(run.options(), stops)
    return _shown(run, found, as_json)


def _online(run: Run, stops: bool | None, as_json: bool) -> int:
    """Validate with what the clusters say: that loads what a plan loads."""
    from reconciler import app
    from reconciler.cli.commands.looking import json_failures

    with json_failures(run, as_json):
        found = run.look(app.validate_online(run.options(), stops), doing="Reading clusters")
    return _shown(run, found, as_json)


def _shown(run: Run, found: Validation, as_json: bool) -> int:
    """Print the answer, with the policies that are broken; return the exit code."""
    from reconciler import app
    from reconciler.render import diagnostics, validation_json

    if found.policies:
        broken = run.look(app.check_policies(run.options()))
        found = dataclasses.replace(found, diagnostics=(*found.diagnostics, *broken))
    verdict = found.verdict
    if as_json:
        run.json(validation_json.validation_value(found.diagnostics, verdict, ok=found.ok))
    else:
        run.out.lines(diagnostics.validation_lines(found.diagnostics, verdict, files=len(found.files)))
    return verdict.exit_code
