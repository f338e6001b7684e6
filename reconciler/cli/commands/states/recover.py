"""`reconciler state recover`: records what a run here could not record."""

from __future__ import annotations

from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode
from reconciler.render.text.lines import Span, Tone


def state_recover(run: Run) -> int:
    """Record what a run on this machine did and could not record.

    A run that loses the state's server, or its lock, leaves such a file below .reconciler. The next run takes
    it in, unless another run wrote to the state in between: this command then takes what no one recorded
    since. Nothing is written to a cluster; the next plan shows what still differs.

    \b
    Examples:
      reconciler state recover
    """
    from reconciler import app

    done = run.wait(app.recover_state(run.options()))
    if not done.files:
        run.out.lines([["Nothing is left to record."]])
    for path in done.files:
        run.out.lines([[f"Recorded what was left in {path}"]])
    for address in done.passed_over:
        run.out.lines([[Span(f"Passed over {address}: another run recorded it since.", Tone.WARN)]])
    return ExitCode.OK
