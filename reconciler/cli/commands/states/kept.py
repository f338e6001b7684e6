"""`reconciler state` history, restore and verify: the kept snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.narrowing import AutoApprove, Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode
from reconciler.render.text.lines import BLANK, Span, Tone

if TYPE_CHECKING:
    from reconciler.app.states.keeping import Restoring


def state_history(run: Run, as_json: Json = False) -> int:
    """List the kept snapshots of the state, newest first.

    \b
    Examples:
      reconciler state history
      reconciler state history --json
    """
    from reconciler import app
    from reconciler.render import history

    with json_failures(run, as_json):
        found = run.look(app.state_history(run.options()))
    if as_json:
        run.json(history.history_value(found.place, found.generations))
    else:
        run.out.lines(history.history_lines(found.generations))
    return ExitCode.OK


def state_restore(
    run: Run,
    serial: Annotated[
        int,
        typer.Argument(help="The serial, as `reconciler state history` lists it.", metavar="SERIAL", min=0),
    ],
    auto_approve: AutoApprove = False,
) -> int:
    """Record again what a kept snapshot records; changes no cluster.

    The state gets the next serial, so nothing of its history is lost. The next plan compares with what is
    recorded then.

    \b
    Examples:
      reconciler state history
      reconciler state restore 41
    """
    from reconciler import app
    from reconciler.render import history

    def approve(asked: Restoring) -> bool:
        from reconciler.cli.approval import ask_about_state

        run.out.lines(
            [
                [f"What is recorded (serial {asked.now.serial}) changes to what serial {serial} records:"],
                BLANK,
            ]
        )
        run.out.lines([*history.difference_lines(asked.changes), BLANK])
        question = f"Do you want to record what serial {serial} records?"
        about = ("Nothing is changed on any cluster.", "Only 'yes' will be accepted to confirm.")
        return auto_approve or ask_about_state(run, question, about, nothing="Nothing was recorded.")

    asked, state = run.wait(app.restore_state(run.options(), serial, approve))
    if state is not None:
        run.out.lines([[f"Restored serial {serial} as serial {state.serial}; no cluster was changed."]])
        return ExitCode.OK
    if not asked.changes:
        run.out.lines(
            [[f"Serial {asked.now.serial} records the same as serial {serial}; nothing to restore."]]
        )
        return ExitCode.OK
    run.out.lines([[Span("Nothing was restored.", Tone.WARN)]])
    return ExitCode.ERROR


def state_verify(run: Run, as_json: Json = False) -> int:
    """Read everything that is stored of the state, and check it; exit 1 for a problem.

    \b
    Examples:
      reconciler state verify
    """
    from reconciler import app
    from reconciler.render import history

    with json_failures(run, as_json):
        found = run.look(app.verify_state(run.options()))
    if as_json:
        run.json(history.verified_value(found.place, found.checks, ok=found.ok))
    else:
        run.out.lines(history.verified_lines(found.place, found.checks))
    return ExitCode.OK if found.ok else ExitCode.ERROR
