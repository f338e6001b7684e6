"""`reconciler rules`: what each rule of a message is about."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.narrowing import Json
from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode

OneRule = Annotated[
    str | None, typer.Argument(metavar="[RULE]", help="Only this rule, in full.", show_default=False)
]


def rules(run: Run, rule: OneRule = None, as_json: Json = False) -> int:
    """List the rules that validate and plan check, or explain one.

    Messages end with the name of their rule in brackets.

    \b
    Examples:
      reconciler rules
      reconciler rules not-exported
      reconciler rules --json
    """
    from reconciler import app
    from reconciler.render import rules as page

    with json_failures(run, as_json):
        found = app.rule_texts(rule)
    if as_json:
        run.json(page.rules_value(found))
    else:
        run.out.lines(page.rule_list_lines(found) if rule is None else page.rule_lines(found[0]))
    return ExitCode.OK
