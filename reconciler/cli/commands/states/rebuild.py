"""`reconciler state rebuild`: record again what this configuration made, where the state is gone."""

from __future__ import annotations

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode


def state_rebuild(run: Run, as_json: Json = False) -> int:
    """Record what is on the clusters as declared, where the state is gone; writes to no cluster.

    What is not there as declared is listed and left to plan and apply. Objects that carry the name of this
    configuration in their Meta are recorded also where they are no longer declared.

    \b
    Examples:
      reconciler state rebuild
      reconciler plan
    """
    from reconciler import __version__, app
    from reconciler.render import rebuilt

    with json_failures(run, as_json):
        found = run.look(app.rebuild_state(run.options()), doing="Reading clusters")
    parts = (found.declared, found.undeclared, found.left, found.unknown, found.remarks)
    if as_json:
        run.json(rebuilt.rebuilt_value(*parts, known=found.known, serial=found.serial, version=__version__))
    else:
        lines = rebuilt.rebuilt_lines(*parts, known=found.known, serial=found.serial)
        run.out.lines(run.calling.lines(lines))
    return ExitCode.OK
