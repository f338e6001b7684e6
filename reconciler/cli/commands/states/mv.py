"""`reconciler state mv`: recorded resources under other addresses, or in another state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.options.completing import addresses
from reconciler.cli.options.narrowing import AutoApprove
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode
from reconciler.render.text.lines import BLANK, Span, Tone, count

if TYPE_CHECKING:
    from reconciler.app.states.moving import Moving
    from reconciler.sdk.address import Address


def state_mv(
    run: Run,
    source: Annotated[
        str,
        typer.Argument(
            help="An address; with * several, for example 'peering.dc1/*'.",
            metavar="SOURCE",
            autocompletion=addresses,
        ),
    ],
    destination: Annotated[
        str,
        typer.Argument(
            help="The address to have instead; each * is what that of SOURCE stands for.",
            metavar="DESTINATION",
            autocompletion=addresses,
        ),
    ],
    state_out: Annotated[
        Path | None,
        typer.Option(
            "--state-out",
            help="Move them into this state: its directory, or that of its configuration.",
            metavar="DIR",
        ),
    ] = None,
    auto_approve: AutoApprove = False,
) -> int:
    """Give recorded resources other addresses; changes no cluster, destroys nothing.

    An address names an object on its cluster, so the new one must name the same object: a cluster that got
    another name, or a state that is split. If SOURCE matches more than one resource, they are listed, and
    moved after approval.

    \b
    Examples:
      reconciler state mv 'service_resolver.dc1/*' 'service_resolver.us/*'
      reconciler state mv '*.dc2/*' '*.dc2/*' --state-out ../billing
    """
    from reconciler import app

    def approve(moving: Moving) -> bool:
        return _approved(run, moving, auto_approve=auto_approve)

    moving = run.wait(
        app.move_in_state(run.options(), source, destination, state_out=state_out, approve=approve)
    )
    if moving is None:
        run.out.lines([[Span("Nothing was moved.", Tone.WARN)]])
        return ExitCode.ERROR
    run.out.lines([[f"Moved {_both(old, new)}"] for old, new in moving.moves.items()])
    run.out.lines([[Span(f"Note: {note}.", Tone.WARN)] for note in moving.notes])
    where = f" to the state in {moving.to}" if moving.to else ""
    run.out.lines([[f"Moved {count(len(moving.moves), 'resource')}{where}; no cluster was changed."]])
    return ExitCode.OK


def _both(old: Address, new: Address) -> str:
    return str(old) if old == new else f"{old} to {new}"


def _approved(run: Run, moving: Moving, *, auto_approve: bool) -> bool:
    from reconciler.cli.approval import ask_about_state

    if auto_approve or len(moving.moves) == 1:
        return True
    run.out.lines([[f"Would move {_both(old, new)}"] for old, new in moving.moves.items()])
    run.out.lines([BLANK])
    question = f"Do you want to move these {len(moving.moves)} resources?"
    about = ("Nothing is changed on any cluster.", "Only 'yes' will be accepted to confirm.")
    return ask_about_state(run, question, about, nothing="Nothing was moved.")
