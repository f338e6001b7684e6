"""`reconciler validate`: the configuration alone, or with what the clusters say against it."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler import __version__
from reconciler.cli.options.formats import OF_RESULTS, Formats, MaxSize, Outputs, wanted
from reconciler.cli.options.narrowing import Json
from reconciler.cli.reporting import Reporting
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


def validate(
    run: Run,
    online: Online = False,
    fail_on: FailOnOption = None,
    as_json: Json = False,
    formats: Formats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
) -> int:
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
      reconciler validate --format sarif --output validate.sarif
    """
    stops = None if fail_on is None else fail_on is FailOn.WARNING
    asked = wanted(formats, outputs, OF_RESULTS, as_json=as_json, max_size=max_size)
    with Reporting(run, asked) as reporting:
        found = _with_policies(run, _online(run, stops) if online else _offline(run, stops))
        value, page = partial(_value, found), partial(_print, run, found)
        return reporting.deliver(value, page, code=found.verdict.exit_code)


def _offline(run: Run, stops: bool | None) -> Validation:
    from reconciler import app

    with uncollected():
        return app.validate(run.options(), stops)


def _online(run: Run, stops: bool | None) -> Validation:
    """Validate with what the clusters say: that loads what a plan loads."""
    from reconciler import app

    return run.look(app.validate_online(run.options(), stops), doing="Reading clusters")


def _with_policies(run: Run, found: Validation) -> Validation:
    """Return what was found, with the policies that are broken."""
    if not found.policies:
        return found
    from reconciler import app

    return run.look(app.with_policies(found, run.options()))


def _value(found: Validation) -> dict[str, Any]:
    from reconciler.render.validation_json import validation_value

    return validation_value(found.diagnostics, found.verdict, __version__, ok=found.ok, ignored=found.ignored)


def _print(run: Run, found: Validation) -> None:
    from reconciler.render.diagnostics import validation_lines

    run.out.lines(validation_lines(found.diagnostics, found.verdict, files=len(found.files)))
