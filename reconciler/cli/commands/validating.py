"""`reconciler validate`: the configuration alone, without any cluster or state."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run, uncollected
from reconciler.model.failure import ExitCode


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


def validate(run: Run, fail_on: FailOnOption = None, as_json: Json = False) -> int:
    """Check the configuration without contacting a cluster.

    Prints every problem at once, with its position. Exits 1 if one of them is an error. What a rule
    is about: reconciler rules RULE.

    \b
    Examples:
      reconciler validate
      reconciler validate --fail-on warning
      reconciler -C prod validate --json
    """
    from reconciler import app
    from reconciler.render import diagnostics, validation_json

    with uncollected():
        stops = None if fail_on is None else fail_on is FailOn.WARNING
        found = app.validate(run.options(), stops)
    if as_json:
        run.json(validation_json.validation_value(found.diagnostics, ok=found.ok))
    else:
        run.out.lines(
            diagnostics.validation_lines(
                found.diagnostics,
                files=len(found.files),
                resources=found.resources,
                clusters=found.clusters,
                ok=found.ok,
            )
        )
    return ExitCode.OK if found.ok else ExitCode.ERROR
