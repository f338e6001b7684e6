"""`reconciler report`: results that were kept, in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler import __version__
from reconciler.cli.options.formats import OF_REPORTS, Format, MaxSize, Outputs, ReportFormats, wanted
from reconciler.cli.reporting import print_report, write_files
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.render.report.value import Report

Files = Annotated[
    list[Path], typer.Argument(help="Saved plans and JSON documents; - is stdin.", metavar="FILE...")
]


def report(
    run: Run,
    documents: Files,
    formats: ReportFormats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
) -> int:
    """Render saved plans and JSON documents, without clusters or secrets.

    FILE is a plan saved with -out, or what plan, drift, validate or apply printed with --json. Several are
    one report. Without --format it is Markdown.

    \b
    Examples:
      reconciler report plan.json
      reconciler report dc1.json dc2.json --format html --output plans.html
      reconciler drift --json | reconciler report - --format sarif --output drift.sarif
    """
    from reconciler.render.report.writing import written

    asked = wanted(formats, outputs, OF_REPORTS, max_size=max_size)
    reports = [_report(path) for path in documents]

    def text(format_: Format) -> str:
        return written(format_.value, reports, max_size=asked.max_size)

    code = write_files(run, asked.files, text)
    if asked.stdout is not Format.TEXT or not asked.files:
        shown = Format.MARKDOWN if asked.stdout is Format.TEXT else asked.stdout
        print_report(run, shown, text(shown))
    return code


def _report(path: Path) -> Report:
    """Return the report of a file. Raise `Failure` for what is none."""
    from reconciler import app
    from reconciler.model.plan import Plan
    from reconciler.render.plan.as_json import plan_value
    from reconciler.render.plan.next_step import next_step
    from reconciler.render.report.reading.read import read
    from reconciler.render.text.lines import paint

    found = app.load_document(path)
    if isinstance(found, Plan):
        step = paint(next_step(found, saved=str(path))).rstrip("\n")
        found = plan_value(found, __version__, next_step=step)
    try:
        return read(found, source="" if path == Path("-") else str(path))
    except ValueError as error:
        raise Failure(Cause.USAGE, f"cannot read {path}", detail=str(error)) from None
