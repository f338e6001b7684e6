"""Every decision has a number of its own, in its file name and in its title."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("0*.md"))


def test_numbers_go_from_one_without_a_gap_and_without_two_of_the_same() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_a_title_has_the_number_of_its_file() -> None:
    for path in RECORDS:
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith(f"# {int(path.name[:4])}. "), path.name
