"""Long lines on a terminal are broken between words; nothing is lost, and a pipe gets them whole."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cli.terminal.output import Output
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import Line, Span, Tone, paint, width
from reconciler.render.text.wrapping import wrapped
from tests.support import samples as s


def shown(*lines: Line, columns: int = 40) -> list[str]:
    return paint(wrapped(lines, columns)).splitlines()


def test_a_line_that_fits_is_left_alone() -> None:
    line: Line = ["x" * 20, " ", "y" * 19]
    assert next(iter(wrapped([line], 40))) is line


def test_it_breaks_between_words_and_sets_in_what_follows() -> None:
    assert shown(["  # (because somebody changed it and nobody knows why)"]) == [
        "  # (because somebody changed it and",
        "  #     nobody knows why)",
    ]
    assert shown(["      note: a long remark that does not fit here"]) == [
        "      note: a long remark that does not",
        "          fit here",
    ]


def test_bars_and_gutters_go_on() -> None:
    assert shown(["│ ", Span("Error: ", Tone.BAD), "the state is locked by somebody else"]) == [
        "│ Error: the state is locked by somebody",
        "│ else",
    ]
    assert shown(["   17 |     - from: x  # a very long line of a file"]) == [
        "   17 |     - from: x  # a very long",
        "      |     line of a file",
    ]


def test_a_long_word_is_left_to_the_terminal() -> None:
    assert shown(["see ", "x" * 60, " there"]) == ["see " + "x" * 60, "    there"]


def test_too_narrow_a_terminal_gets_lines_whole() -> None:
    assert shown(["word " * 20], columns=20) == [("word " * 20).rstrip()]


@pytest.mark.parametrize("columns", [40, 80])
def test_a_whole_page_fits_but_for_single_words(columns: int) -> None:
    lines = plan_lines(s.EVERYTHING)
    rows = shown(*lines, columns=columns)

    assert all(len(row) <= columns or len(row.split()) == 1 for row in rows)
    # Nothing but marks of comments is there that was not there before.
    before, after = paint(lines).split(), [word for row in rows for word in row.split()]
    assert [w for w in after if w not in "#|│"] == [w for w in before if w not in "#|│"]


PART = st.text("ab \x1b\u202e│#|1", max_size=30).map(lambda text: Span(text, Tone.BAD)) | st.text(
    "cd  é", max_size=30
)


@settings(deadline=None)
@given(st.lists(PART, max_size=8), st.integers(40, 60))
def test_words_are_kept_in_order_and_nothing_steers_the_terminal(line: Line, columns: int) -> None:
    rows = list(wrapped([line], columns))
    letters = [c for row in rows for c in paint([row]) if c in "abcdé"]

    assert letters == [c for c in paint([line]) if c in "abcdé"]
    assert "\x1b" not in paint(rows)
    assert all(width(row) <= max(columns, 4 + _longest(line)) + columns // 2 for row in rows)


def _longest(line: Line) -> int:
    return max((len(word) for word in paint([line]).split()), default=0)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_only_a_terminal_gets_lines_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    line: Line = ["a line that is longer than the fifty columns of this terminal"]
    terminal, pipe = Terminal(), io.StringIO()
    Output(terminal, False).lines([line])
    Output(pipe, False).lines([line])

    assert terminal.getvalue().count("\n") == 2
    assert pipe.getvalue().count("\n") == 1


@pytest.mark.parametrize("at", [3, 60, 119])
def test_a_cut_source_line_keeps_the_caret_below_its_character(at: int) -> None:
    text = "".join(chr(ord("a") + number % 26) if number % 7 else " " for number in range(120))
    lines = [["   12 | ", text], ["      | ", " " * at, "^", " write it"]]
    source, caret, *_ = paint(wrapped(lines, 80)).splitlines()
    assert len(source) <= 80
    assert source[caret.index("^")] == text[at]
