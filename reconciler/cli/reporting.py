"""Results in other formats than text: on stdout, and in files, also where a run fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.cli.options.formats import IN_JSON, Format, Wanted
from reconciler.cli.run import Run, json_text
from reconciler.model.failure import Cause, ExitCode, Failure

if TYPE_CHECKING:
    from reconciler.render.report.value import Report

SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub shows as the summary of a step
_SUMMARY_SIZE = 1_000_000  # characters that GitHub takes there, at least

Document = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Reporting:
    """What a run writes besides its text. `is_drift`: the run looks for drift."""

    def __init__(self, run: Run, wanted: Wanted, *, is_drift: bool = False) -> None:
        self.run = run
        self.wanted = wanted
        self.is_drift = is_drift
        _check_places(wanted.files)

    def __enter__(self) -> Reporting:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Write what is wanted also where the work failed."""
        if isinstance(error, Failure) and self.wanted.reads_document:
            from reconciler.render.plan.as_json import errored_value

            self.deliver(lambda: errored_value(self.run.calling.failure(error), __version__), lambda: None)

    def deliver(self, value: Callable[[], Document], text: Callable[[], None], *, code: int = 0) -> int:
        """Print and write a result; `text` prints it for people. Return the exit code: `code`, or 1 instead
        of 0 where a file could not be written.
        """
        if not self.wanted.reads_document:
            text()
            return code
        if self.wanted == Wanted(Format.JSON):
            self.run.json(value())
            return code
        document = json.loads(json_text(value()))
        self._print(document, text)
        return self.keep(document, code)

    def keep(self, document: Document, code: int = 0) -> int:
        """Write the files. Return as `deliver`."""
        return write_files(self.run, self.wanted.files, lambda one: self.written(one, document), code)

    def _print(self, document: Document, text: Callable[[], None]) -> None:
        shown = self.wanted.stdout
        if shown in (Format.TEXT, Format.GITHUB):
            text()
        if shown is Format.JSON:
            self.run.json(document)
        elif shown is not Format.TEXT:
            print_report(self.run, shown, self.written(shown, document))
        if shown is Format.GITHUB:
            self.summarize(document)

    def written(self, format_: Format, document: Document) -> str:
        """Return a document in a format; the text of JSON is that of stdout."""
        if format_ in (Format.JSON, Format.JSONL):
            lines = document if isinstance(document, Sequence) else [document]
            return "".join(f"{json_text(line)}\n" for line in lines)
        from reconciler.render.report.writing import written

        return written(format_.value, [self.report(document)], max_size=self.wanted.max_size)

    def report(self, document: Document) -> Report:
        """Return the report of a document."""
        from reconciler.render.report.reading.read import read

        return read(document, is_drift=self.is_drift)

    def summarize(self, document: Document) -> None:
        """Append the Markdown to the summary of the step, where GitHub runs this."""
        path = self.run.environ.get(SUMMARY)
        if not path:
            return
        from reconciler.render.report.writing import written

        size = min(self.wanted.max_size or _SUMMARY_SIZE, _SUMMARY_SIZE)
        text = written("markdown", [self.report(document)], max_size=size)
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            self.run.err.text(f"Warning: {SUMMARY} cannot be written: {error.strerror}\n")


def print_report(run: Run, format_: Format, text: str) -> None:
    """Print a report. Only the annotations of GitHub are commands, where it reads stdout."""
    if format_ is Format.GITHUB:
        run.out.verbatim(text)
    elif format_ in IN_JSON:
        run.out.json(text)
    else:
        run.out.text(text)
    run.out.flush()


def write_files(
    run: Run, files: Sequence[tuple[Format, Path]], text: Callable[[Format], str], code: int = 0
) -> int:
    """Write each format to its file. Return the exit code: `code`, or 1 instead of 0 where one cannot be."""
    for format_, path in files:
        problem = _wrote(path, text(format_))
        if problem:
            run.err.text(f"Error: {path} cannot be written: {problem}\n")
            code = code or ExitCode.ERROR
    return code


def _check_places(files: Sequence[tuple[Format, Path]]) -> None:
    """Raise `Failure` where a file cannot be written: before the work, not after it."""
    for _, path in files:
        problem = "it is a directory" if path.is_dir() else ""
        problem = problem or ("" if path.parent.is_dir() else f"there is no directory {path.parent}")
        if problem:
            raise Failure(Cause.USAGE, f"--output {path} cannot be written: {problem}")


def _wrote(path: Path, text: str) -> str:
    """Write a file whole, readable as the process's umask says; return what went wrong, or ""."""
    from reconciler.sdk.files import write_file
    from reconciler.sdk.secrets.scrub import scrubbed

    try:
        write_file(path, scrubbed(text).encode("utf-8", "backslashreplace"), mode=0o666)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
