"""`plan --verify FILE`: whether a saved plan is still what would be done."""

from __future__ import annotations

from pathlib import Path

from reconciler import __version__
from reconciler.cli.options.formats import Wanted
from reconciler.cli.reporting import Reporting
from reconciler.cli.run import Run


def verify(run: Run, path: Path, wanted: Wanted) -> int:
    """Print and write the answer; return 0 where the plan is fresh, 2 where it is stale, 1 where that is not
    known.
    """
    from reconciler import app
    from reconciler.model.verdict.verifying import verified_verdict
    from reconciler.render.plan.verified import verified_lines, verified_value

    with Reporting(run, wanted) as reporting:
        found = run.look(app.verify_plan(run.options(), path), doing="Reading clusters")
        verdict = verified_verdict(found)
        return reporting.deliver(
            lambda: verified_value(found, verdict, __version__),
            lambda: run.out.lines(verified_lines(found, verdict, str(path))),
            code=verdict.exit_code,
        )
