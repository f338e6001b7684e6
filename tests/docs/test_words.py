"""The word list: it finds what it forbids, in text only, and reports where."""

from __future__ import annotations

import pytest

from tests.docs import words
from tests.docs.words import LIST, ROOT, findings, rules

LISTED = """\
# a comment
[everywhere]
can not -> cannot

[pages and code]
estates? -> config
"""
WANTED = rules(LISTED)
HERE = 'reconciler/emulator/a.py:1: "can not": write cannot'


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("docs/a.md", "One\nYou can\nnot.\n", ['docs/a.md:2: "can not": write cannot']),
        ("docs/a.md", "the key `estate`, our estate\n", ['docs/a.md:1: "estate": write config']),
        ("reconciler/a.py", "x = 1  # it Can not\n", ['reconciler/a.py:1: "Can not": write cannot']),
        ("reconciler/a.py", '"""Of an estate."""\n', ['reconciler/a.py:1: "estate": write config']),
        ("tests/a.py", '"""Of an estate."""\n', []),
        ("tests/a.py", "# can not\n", ['tests/a.py:1: "can not": write cannot']),
        ("reconciler/a.py", 'estate = "estate"\n', []),
        ("reconciler/a.py", 'y = f"{x} of this estate"\n', ['reconciler/a.py:1: "estate": write config']),
        ("reconciler/emulator/a.py", 'x = "estates"  # can not\n', [HERE]),
    ],
)  # fmt: skip
def test_words_of_the_list_are_found_in_text_and_not_in_names(path: str, text: str, found: list[str]) -> None:
    assert list(findings(path, text, WANTED)) == found


def test_each_line_of_the_list_has_words_and_better_ones() -> None:
    assert all(rule.better for rule in rules((ROOT / LIST).read_text()))
    with pytest.raises(ValueError, match="unpack"):
        rules("no arrow here\n")


@pytest.mark.parametrize(("pages", "code"), [("docs/glossary.md", 0), ("tests/docs/test_words.py", 1)])
def test_files_that_git_knows_are_read(
    pages: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make lint` reads all of the project."""
    monkeypatch.setattr(words, "PAGES", (pages,))
    monkeypatch.setattr(words, "CODE", ())
    monkeypatch.setattr(words, "ABOUT_WORDS", ())
    assert words.main() == code
    assert bool(capsys.readouterr().out) == bool(code)
