"""`reconciler access`: who can call whom, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.exits import access_exit
from reconciler.cli.options.narrowing import Json
from reconciler.cli.options.worlds import Live, PlanFile, Snapshot, world_choice
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.model.access import AccessResult
    from reconciler.model.access_check import AccessCheck

_PATTERNS = "globs; in place of a cluster a group or labels, as in '*@{env: prod}'; repeatable"


def access(
    run: Run,
    callers: Annotated[
        list[str] | None,
        typer.Option("--from", help=f"Only these callers: {_PATTERNS}.", metavar="SERVICE@CLUSTER"),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Only these destinations, likewise.", metavar="SERVICE@CLUSTER"),
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option(
            "--upstream",
            help="What the callers dial; PEER is the peer's name on their cluster. Says where it arrives.",
            metavar="NAME[@PEER]",
        ),
    ] = None,
    method: Annotated[str | None, typer.Option("--method", help="The method of a request.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="The path of a request.")] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            help="A header of the request; repeatable. With --method and --path, it has no others.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    live: Live = False,
    plan: PlanFile = None,
    snapshot: Snapshot = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show each step of one pair, and why.")] = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line for each pair.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write one self-contained page with a matrix.", metavar="FILE"),
    ] = None,
    fail_if_allowed: Annotated[
        bool, typer.Option("--fail-if-allowed", help="Exit 4 where a request may be answered.")
    ] = False,
    fail_if_denied: Annotated[
        bool, typer.Option("--fail-if-denied", help="Exit 4 where a request may not be answered.")
    ] = False,
) -> int:
    """Say who can call whom, and why: as declared, or with --live, --plan, --snapshot.

    Read-only. What depends on the request or on what is not known counts for both --fail-if options.

    \b
    Examples:
      reconciler access --to 'api@*'
      reconciler access --from web@dc1 --to api@dc2 --explain
      reconciler access --from web@dc1 --upstream api@dc2 --method GET --path /v1/items
      reconciler access --live --html access.html
      reconciler access --from '*@{env: dev}' --to '*@{env: prod}' --fail-if-allowed
    """
    from reconciler import app
    from reconciler.cli.options.requests import request_of

    with json_failures(run, as_json):
        _one_of({"--json": as_json, "--csv": as_csv, "--markdown": as_markdown, "--explain": explain})
        _one_of({"--fail-if-allowed": fail_if_allowed, "--fail-if-denied": fail_if_denied})
        chosen = app.PairSelection(tuple(callers or ()), tuple(to or ()), upstream)
        choice = world_choice(live=live, plan=plan, snapshot=snapshot)
        request = request_of(method, path, header or ())
        result = run.look(app.ask(run.options(), choice, chosen, request), doing="Reading clusters")
    if html is not None:
        _written(run, html, result)
    if as_json or as_csv or as_markdown:
        _printed(run, result, as_json=as_json, as_csv=as_csv)
    elif explain or html is None:
        _shown(run, result, explain=explain)
    return _checked(run, result, allowed=fail_if_allowed, denied=fail_if_denied)


def _one_of(given: dict[str, bool]) -> None:
    chosen = [option for option, is_given in given.items() if is_given]
    if len(chosen) > 1:
        raise Failure(Cause.USAGE, f"{' and '.join(chosen)} exclude each other")


def _printed(run: Run, result: AccessResult, *, as_json: bool, as_csv: bool) -> None:
    from reconciler.render.access.as_csv import access_csv
    from reconciler.render.access.as_json import access_value
    from reconciler.render.access.markdown import access_markdown

    if as_json:
        run.json(access_value(result))
    else:
        run.out.text(access_csv(result) if as_csv else access_markdown(result))


def _shown(run: Run, result: AccessResult, *, explain: bool) -> None:
    from reconciler.render.access.explained import explained_lines
    from reconciler.render.access.table import table_lines

    if explain and len(result.answers) != 1:
        raise Failure(
            Cause.USAGE,
            f"--explain is about one pair, and {len(result.answers)} match",
            hint="name one caller with --from and one destination with --to or --upstream",
        )
    run.out.lines(explained_lines(result, result.answers[0]) if explain else table_lines(result))


def _written(run: Run, path: Path, result: AccessResult) -> None:
    from reconciler.cli.terminal.pages import write_page
    from reconciler.render.access.html import access_page

    write_page(path, access_page(result))
    run.err.lines([[f"Wrote {path}: {len(result.answers)} pairs."]])


def _checked(run: Run, result: AccessResult, *, allowed: bool, denied: bool) -> int:
    """Print what the check finds, where one was asked for; return the exit code of the same value."""
    from reconciler.model.access_check import FailIf, checked
    from reconciler.render.access.check import check_lines

    check: AccessCheck | None = None
    if allowed or denied:
        check = checked(result.answers, FailIf.ALLOWED if allowed else FailIf.DENIED, apart=result.apart)
        run.out.flush()
        run.err.lines(check_lines(check))
    return access_exit(check)
