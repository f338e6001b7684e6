"""The options `--format` and `--output`: which formats a run writes, and where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from reconciler.cli.options.pairs import PAIRED
from reconciler.model.failure import Cause, Failure


class Format(Enum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"


_REPORTS = {Format.MARKDOWN, Format.HTML, Format.JUNIT, Format.GITHUB}
_FINDINGS = {Format.SARIF, Format.GITLAB}
OF_RESULTS = frozenset({Format.TEXT, Format.JSON} | _REPORTS | _FINDINGS)
OF_APPLIES = frozenset({Format.TEXT, Format.JSON, Format.JSONL} | _REPORTS)
OF_VERIFICATIONS = frozenset({Format.TEXT, Format.JSON} | _REPORTS)
OF_REPORTS = frozenset(_REPORTS | _FINDINGS)
IN_JSON = frozenset({Format.JSON, Format.JSONL} | _FINDINGS)


def _option(names: str) -> Any:
    return typer.Option(
        "--format",
        help=f"Print this instead of text, or with --output write it to a file; repeatable. {names}.",
        metavar="FORMAT",
        show_default=False,
    )


Formats = Annotated[
    list[Format] | None, _option("text, json, markdown, html, junit, sarif, github or gitlab")
]
ApplyFormats = Annotated[
    list[Format] | None, _option("text, jsonl (the events, one a line), markdown, html, junit or github")
]
ReportFormats = Annotated[list[Format] | None, _option("markdown, html, junit, sarif, github or gitlab")]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        help="Write the --format before it to this file, also where the run fails; repeatable.",
        metavar="FILE",
        show_default=False,
    ),
]
MaxSize = Annotated[
    int | None,
    typer.Option(
        "--max-size",
        help="Characters of the Markdown at most (default: 65000, as GitHub takes; GitLab takes 1000000).",
        metavar="N",
        min=2_000,
        show_default=False,
    ),
]


class Wanted(NamedTuple):
    """What a run writes: the format on stdout, and those in files, in order."""

    stdout: Format = Format.TEXT
    files: tuple[tuple[Format, Path], ...] = ()
    max_size: int | None = None

    @property
    def as_json(self) -> bool:
        """Whether stdout has JSON, one document or a line each."""
        return self.stdout in (Format.JSON, Format.JSONL)

    @property
    def reads_document(self) -> bool:
        """Whether anything but text is wanted."""
        return self.stdout is not Format.TEXT or bool(self.files)


def wanted(
    formats: Sequence[Format] | None,
    outputs: Sequence[str] | None,
    allowed: Collection[Format],
    *,
    as_json: bool = False,
    max_size: int | None = None,
) -> Wanted:
    """Return what a run writes. Raise `Failure` where a format has no meaning for it, or options contradict
    each other.
    """
    chosen = list(formats or ())
    _check_allowed(chosen, allowed)
    files = _files(chosen, outputs or ())
    shown = [one for number, one in enumerate(chosen) if number not in files]
    if len(shown) + as_json > 1 and not (as_json and set(shown) <= {Format.JSON, Format.JSONL}):
        names = " and ".join([*(["--json"] if as_json else []), *(f"--format {one.value}" for one in shown)])
        hint = "give all but one of them a file: --format markdown --output comment.md"
        raise Failure(
            Cause.USAGE, f"only one format can be printed, and these are asked for: {names}", hint=hint
        )
    stdout = shown[0] if shown else Format.JSON if as_json else Format.TEXT
    return Wanted(stdout, tuple((chosen[number], path) for number, path in files.items()), max_size)


def _check_allowed(chosen: Iterable[Format], allowed: Collection[Format]) -> None:
    for one in chosen:
        if one not in allowed:
            names = ", ".join(known.value for known in Format if known in allowed)
            raise Failure(
                Cause.USAGE, f"--format {one.value} has no meaning here", hint=f"there are: {names}"
            )


def _files(chosen: Sequence[Format], outputs: Sequence[str]) -> dict[int, Path]:
    """Return the file of each format that has one, by the format's number."""
    files: dict[int, Path] = {}
    for output in outputs:
        number, _, name = output.partition(PAIRED)
        if not name or int(number) < 0 or int(number) in files:
            hint = "write each pair together: --format markdown --output comment.md"
            raise Failure(Cause.USAGE, f"--output {name} does not follow a --format of its own", hint=hint)
        if any(path == Path(name) for path in files.values()):
            raise Failure(Cause.USAGE, f"two formats are to be written to {name}")
        files[int(number)] = Path(name)
    return files
