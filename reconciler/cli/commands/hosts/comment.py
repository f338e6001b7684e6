"""`reconciler comment`: a report under a pull request or merge request, in one comment that is updated."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from reconciler.cli.run import Run
from reconciler.model.commenting.outcome import Host
from reconciler.model.failure import ExitCode

Text = Annotated[str, typer.Argument(metavar="FILE", help="The text, as Markdown; `-` is standard input.")]
Name = Annotated[
    str, typer.Option("--name", help="Which comment: there is one for each name.", metavar="NAME")
]
OnHost = Annotated[
    Host | None, typer.Option("--host", help="The host; default: that of this job.", show_default=False)
]
Number = Annotated[
    int | None,
    typer.Option(
        "--number",
        help="The pull request or merge request; default: that of this job.",
        metavar="N",
        min=1,
        show_default=False,
    ),
]
Required = Annotated[bool, typer.Option("--required", help="Exit 1 where no comment can be written.")]


def comment(
    run: Run,
    text: Text,
    name: Name = "plan",
    host: OnHost = None,
    number: Number = None,
    required: Required = False,
) -> int:
    """Put a report under a pull request (GitHub) or merge request (GitLab).

    The first run creates the comment, later ones update it; comments of others are never touched. The
    token is GITHUB_TOKEN or GITLAB_TOKEN. Where it may not comment, as in runs for forks, that is said and
    the run goes on.

    \b
    Examples:
      reconciler plan --format markdown --output plan.md && reconciler comment plan.md
      reconciler comment --name drift drift.md
    """
    from reconciler import app
    from reconciler.render.commented import commented_lines, skipped_lines

    stdin = sys.stdin.read() if text == "-" else None
    content = app.read_text(text, stdin)
    done = app.comment(content, run.environ, name=name, host=host, number=number)
    run.out.lines(commented_lines(done))
    run.err.lines(skipped_lines(done))
    return ExitCode.ERROR if required and not done.shown else ExitCode.OK
