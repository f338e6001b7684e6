"""`reconciler state` pull and push: a whole state as text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.render.text.lines import Span, Tone


def state_pull(run: Run) -> int:
    """Print the state, as it is stored, to stdout.

    Of a sensitive value it has a digest, and the key of the digests: keep it as you keep the state itself.

    \b
    Examples:
      reconciler state pull > backup.json
    """
    from reconciler import app

    text = run.look(app.pull_state(run.options()))
    if text is None:
        run.err.text("The state is empty: nothing was applied yet.\n")
    else:
        run.out.json(text.decode("ascii"))
    return ExitCode.OK


def state_push(
    run: Run,
    file: Annotated[
        str,
        typer.Argument(help="A file that `reconciler state pull` printed; - for stdin.", metavar="FILE|-"),
    ],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Record it even if it is of another lineage, is older, has the serial of another "
            "content, or was edited by hand.",
        ),
    ] = False,
) -> int:
    """Record a state from a file, in place of what is recorded; changes no cluster.

    Refused is a state of another lineage, one that is older than what is recorded, and one that has the same
    serial and another content. What was recorded stays in the history.

    \b
    Examples:
      reconciler state push backup.json
      reconciler --state old state pull | reconciler --state new state push -
    """
    from reconciler import app
    from reconciler.render import history

    pushed = run.wait(app.push_state(run.options(), _content(file), _name(file), force=force))
    if pushed.state is None:
        run.out.lines([["The state records the same already; nothing was changed."]])
        return ExitCode.OK
    run.out.lines([[Span(f"Overridden: {why}.", Tone.WARN)] for why in pushed.overridden])
    run.out.lines(history.difference_lines(pushed.changes))
    run.out.lines([[f"Recorded {_name(file)} as serial {pushed.state.serial}; no cluster was changed."]])
    return ExitCode.OK


def _name(file: str) -> str:
    return "stdin" if file == "-" else file


def _content(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Failure(Cause.USAGE, f"cannot read {_name(file)}: {error.strerror or error}") from error
