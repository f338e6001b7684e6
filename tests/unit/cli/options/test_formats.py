"""The options --format and --output: pairs, what is printed, and what has no meaning."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from reconciler.cli.options.formats import OF_APPLIES, OF_RESULTS, Format, Wanted, wanted
from reconciler.cli.options.pairs import paired
from reconciler.model.failure import Failure


def of(line: str, *, as_json: bool = False) -> Wanted:
    """Return what a command line asks for."""
    words = paired(line.split())
    formats = [Format(after) for word, after in pairwise(words) if word == "--format"]
    formats = [Format(word[9:]) for word in words if word.startswith("--format=")] or formats
    outputs = [word[9:] for word in words if word.startswith("--output=")]
    return wanted(formats, outputs, OF_RESULTS, as_json=as_json)


A, B = Path("a.md"), Path("b.sarif")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Wanted()),
        ("--format markdown", Wanted(Format.MARKDOWN)),
        ("--format markdown --output a.md", Wanted(Format.TEXT, ((Format.MARKDOWN, A),))),
        (
            "--format markdown --output a.md --format sarif --output b.sarif",
            Wanted(Format.TEXT, ((Format.MARKDOWN, A), (Format.SARIF, B))),
        ),
        ("--format json --format markdown --output a.md", Wanted(Format.JSON, ((Format.MARKDOWN, A),))),
        ("--format markdown --output a.md --format json", Wanted(Format.JSON, ((Format.MARKDOWN, A),))),
        ("--format=markdown --output=a.md", Wanted(Format.TEXT, ((Format.MARKDOWN, A),))),
    ],
)
def test_a_file_belongs_to_the_format_before_it(line: str, expected: Wanted) -> None:
    assert of(line) == expected


def test_json_stays_beside_files() -> None:
    assert of("--format markdown --output a.md", as_json=True) == Wanted(Format.JSON, ((Format.MARKDOWN, A),))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--output a.md", "does not follow a --format"),
        ("--format markdown --output a.md --output b.md", "does not follow a --format"),
        ("--format json --format markdown", "only one format can be printed"),
        ("--format jsonl", "--format jsonl has no meaning here"),
        ("--format markdown --output a.md --format html --output a.md", "two formats"),
    ],
)
def test_what_contradicts_itself_is_refused(line: str, says: str) -> None:
    with pytest.raises(Failure) as failed:
        of(line)
    assert says in failed.value.summary
    assert failed.value.hint or "two formats" in says


def test_the_formats_that_have_a_meaning_are_named() -> None:
    with pytest.raises(Failure) as failed:
        wanted([Format.SARIF], [], OF_APPLIES)
    assert failed.value.hint == "there are: text, json, jsonl, markdown, html, junit, github"


def test_nothing_after_two_dashes_is_an_option() -> None:
    assert paired(["--", "--output", "x"]) == ["--", "--output", "x"]
