"""A table hides nothing: all rows are run, and each one that fails is named."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tests.support.tables import each


def test_every_row_is_run_and_every_failure_named() -> None:
    seen = []

    @each(("one", "two"), [(1, "a"), pytest.param(2, "b", id="the second"), (3, "c")])
    def check(one: int, two: str) -> None:
        seen.append((one, two))
        assert one == 1

    with pytest.raises(ExceptionGroup, match="2 of 3 rows fail: 1: the second; 2: 3-c") as caught:
        check()
    assert seen == [(1, "a"), (2, "b"), (3, "c")]
    assert [error.__notes__ for error in caught.value.exceptions] == [["row: 1: the second"], ["row: 2: 3-c"]]


async def test_of_coroutine_functions_too() -> None:
    @each("one", [1, 2], ids=["first", "second"])
    async def check(one: int) -> None:
        assert one != 2

    with pytest.raises(ExceptionGroup, match="1 of 2 rows fail: 1: second"):
        await check()


def test_two_tables_are_all_pairs() -> None:
    seen = []

    @each("one", [1, 2])
    @each("two", "ab", ids=str.upper)
    def check(one: int, two: str) -> None:
        seen.append(f"{one}{two}")

    check()
    assert seen == ["1a", "1b", "2a", "2b"]


def test_other_arguments_are_fixtures_and_a_row_has_a_folder_of_its_own(tmp_path: Path) -> None:
    @each("name", ["a", "b"])
    def check(name: str, tmp_path: Path, more: int) -> None:
        (tmp_path / name).touch()
        assert [path.name for path in tmp_path.iterdir()] == [name]
        assert more == 1

    assert list(inspect.signature(check).parameters) == ["tmp_path", "more"]
    check(tmp_path=tmp_path, more=1)


def test_a_table_without_rows_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="shows nothing"):
        each("one", [])
