"""The command that approves a saved plan with an SSH key, and lists who approved it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler import __version__
from reconciler.cli.options.fingerprints import ExpectFingerprint, check_saved
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode


def approve(
    run: Run,
    planfile: Annotated[Path, typer.Argument(help="A plan saved with plan -out.", metavar="PLANFILE")],
    key: Annotated[
        Path | None,
        typer.Option(
            "--key",
            help="Sign with this SSH key (without it: the signer's key in ssh-agent).",
            metavar="FILE",
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Sign nothing: list who approved; exit 4 where that is too few.")
    ] = False,
    expect_fingerprint: ExpectFingerprint = None,
    as_json: Json = False,
) -> int:
    """Approve a saved plan: sign it with an SSH key that reconciler.yaml lists.

    The signature is PLANFILE.NAME.sig, and what is signed is PLANFILE.statement: ssh-keygen -Y verify checks
    it, too.

    \b
    Examples:
      reconciler approve plan.json --key ~/.ssh/id_ed25519
      reconciler approve --list plan.json
      reconciler apply plan.json --require-approvals 2
    """
    from reconciler import app
    from reconciler.render.plan.approvals import approvals_lines, approvals_value, signed_lines

    plan = app.load_plan(planfile)
    check_saved(plan, expect_fingerprint)
    if listed:
        found = app.approvals(run.options(), planfile)
        lines = []
    else:
        made, found = app.approve(run.options(), planfile, key)
        lines = signed_lines(plan, made, str(planfile))
    if as_json:
        run.json(approvals_value(found, plan, __version__))
    else:
        run.out.lines([*lines, *approvals_lines(found)])
    return ExitCode.REFUSED if listed and not found.is_enough else ExitCode.OK
