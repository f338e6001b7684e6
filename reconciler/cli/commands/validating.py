"""`reconciler validate`: the configuration alone, without any cluster or state."""

from __future__ import annotations

from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run, uncollected
from reconciler.model.failure import ExitCode


def validate(run: Run, as_json: Json = False) -> int:
    """Check the configuration without contacting a cluster.

    Prints every problem at once, with its position. Exits 1 if one of them is an error.

    \b
    Examples:
      reconciler validate
      reconciler -C prod validate --json
    """
    from reconciler import app
    from reconciler.render import diagnostics, validation_json

    with uncollected():
        found = app.validate(run.options())
    if as_json:
        run.json(validation_json.validation_value(found.diagnostics))
    else:
        run.out.lines(
            diagnostics.validation_lines(
                found.diagnostics,
                files=len(found.files),
                resources=found.resources,
                clusters=found.clusters,
            )
        )
    return ExitCode.OK if found.ok else ExitCode.ERROR
