"""The command that renews the secrets of existing peerings."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.commands.applying import conduct
from reconciler.cli.options.completing import addresses
from reconciler.cli.options.formats import OF_APPLIES, ApplyFormats, MaxSize, Outputs, wanted
from reconciler.cli.options.guarding import BreakFreeze, permits
from reconciler.cli.options.narrowing import AutoApprove, Json
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode

if TYPE_CHECKING:
    from reconciler.app import ApplyResult, Options
    from reconciler.cli.screens import Screen

ALL = "*"


def rotate(
    run: Run,
    peerings: Annotated[
        list[str] | None,
        typer.Argument(
            help="Addresses of peerings, or globs.", metavar="PEERING...", autocompletion=addresses
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All peerings in the state.")] = False,
    auto_approve: AutoApprove = False,
    as_json: Json = False,
    formats: ApplyFormats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
    break_freeze: BreakFreeze = None,
) -> int:
    """Renew the secret of peerings that are up, without interrupting them, after approval.

    The acceptor generates a new token, and the dialer uses it at once; it is kept in memory only. Both ends
    are watched meanwhile. Peerings that are not up on both ends are reported and left alone.

    \b
    Examples:
      reconciler rotate peering.dc1/dc2
      reconciler rotate 'peering.*/dc3'
      reconciler rotate --all --auto-approve
    """
    globs = _globs(peerings or [], every)
    asked = wanted(formats, outputs, OF_APPLIES, as_json=as_json, max_size=max_size)
    given = permits(break_freeze=break_freeze)

    def work(options: Options, screen: Screen, **hooks: Any) -> Coroutine[Any, Any, ApplyResult]:
        from reconciler import app

        return app.rotate(replace(options, permits=given), globs, **hooks)

    return conduct(run, Mode.ROTATE, work, approved=auto_approve, wanted=asked)


def _globs(peerings: list[str], every: bool) -> list[str]:
    """Return what to rotate. Raises `Failure` where that is not said, or said twice."""
    if bool(peerings) == every:
        summary = "give peerings or --all, not both" if every else "say which peerings to rotate"
        raise Failure(Cause.USAGE, summary, hint="for example: reconciler rotate peering.dc1/dc2, or --all")
    return [ALL] if every else peerings
