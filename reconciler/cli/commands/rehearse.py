"""`reconciler rehearse`: what becomes of calls in an outage, or while a plan is applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.narrowing import Json
from reconciler.cli.options.worlds import Live, Snapshot
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure

if TYPE_CHECKING:
    from reconciler.app import WorldChoice
    from reconciler.model.reaching.rehearsal import Rehearsal, Staged


def rehearse(
    run: Run,
    down: Annotated[
        list[str] | None,
        typer.Option(
            "--down",
            help="What is down: CLUSTER, gateway@CLUSTER or SERVICE@CLUSTER; repeatable.",
            metavar="WHAT",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", help="A peering that is gone, as dc1/dc2; repeatable.", metavar="PEERING"),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", help="Show each state while this saved plan is applied.", metavar="FILE"),
    ] = None,
    live: Live = False,
    snapshot: Snapshot = None,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> int:
    """Say which calls fail over and whereto, which die, and which were dead already; changes nothing.

    What is down counts as gone from the catalog: its checks are critical, or it is deregistered. With --plan:
    what each step closes and opens, and the calls that are cut and opened again later.

    \b
    Examples:
      reconciler rehearse --down dc1
      reconciler rehearse --down api@dc1 --down gateway@dc3 --live
      reconciler rehearse --without dc1/dc2 --snapshot clusters.json
      reconciler rehearse --plan tonight.plan
    """
    with json_failures(run, as_json):
        if as_json and as_markdown:
            raise Failure(Cause.USAGE, "--json and --markdown exclude each other")
        if plan is not None and (down or without):
            raise Failure(Cause.USAGE, "--plan is rehearsed by itself, without --down and --without")
        choice = _choice(live=live, plan=plan, snapshot=snapshot)
        result = _asked(run, choice, down or [], without or [])
    _shown(run, result, as_json=as_json, as_markdown=as_markdown)
    return ExitCode.OK


def _choice(*, live: bool, plan: Path | None, snapshot: Path | None) -> WorldChoice:
    from reconciler.app import WorldChoice

    return WorldChoice(live, plan, snapshot)


def _asked(run: Run, choice: WorldChoice, down: list[str], without: list[str]) -> Rehearsal | Staged:
    from reconciler import app

    if choice.plan is not None:
        return run.look(app.stage(run.options(), choice), doing="Reading clusters")
    return run.look(app.rehearse(run.options(), choice, down, without), doing="Reading clusters")


def _shown(run: Run, result: Rehearsal | Staged, *, as_json: bool, as_markdown: bool) -> None:
    from reconciler.render.diagnostics import diagnostics_lines
    from reconciler.render.rehearsal import as_json as json_form
    from reconciler.render.rehearsal import lines, markdown

    if as_json:
        run.json(json_form.value_of(result))
    elif as_markdown:
        run.out.text(markdown.markdown_of(result))
    else:
        run.out.lines(lines.lines_of(result))
    run.out.flush()
    run.err.lines(diagnostics_lines(result.warnings))
