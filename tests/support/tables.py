"""Tests of a table: one test runs all of its rows and lists every row that fails.

An item costs pytest some milliseconds, however small it is. A table of many small rows is one item.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

Ids = Callable[[Any], object] | Iterable[str]
PARAM = type(pytest.param())
FOLDER = "tmp_path"


def each(names: str | Sequence[str], rows: Iterable[Any], ids: Ids | None = None) -> Callable[[Any], Any]:
    """Decorate a test to run once for each row, whose values are the arguments `names`.

    It takes what `pytest.mark.parametrize` takes, and is one item: the test's fixtures are set up once, for
    all rows, so no row may leave anything in them; only the folder `tmp_path` is one for each row. All rows
    are run. The test ends with an `ExceptionGroup` of those that fail, each with its name. Two decorators,
    one above the other, make a table of all pairs.
    """
    arguments = [names] if isinstance(names, str) else list(names)
    ids = ids if ids is None or callable(ids) else list(ids)
    table = [_row(row, number, arguments, ids) for number, row in enumerate(rows)]
    assert table, "a table without rows shows nothing"

    def decorate(test: Any) -> Any:
        def whole(*args: Any, **fixtures: Any) -> None:
            failed: dict[str, Exception] = {}
            for name, given in _given(table, fixtures):
                try:
                    test(*args, **given)
                except Exception as error:
                    failed[name] = error
            _end(failed, len(table))

        async def whole_async(*args: Any, **fixtures: Any) -> None:
            failed: dict[str, Exception] = {}
            for name, given in _given(table, fixtures):
                try:
                    await test(*args, **given)
                except Exception as error:
                    failed[name] = error
            _end(failed, len(table))

        made: Any = whole_async if inspect.iscoroutinefunction(test) else whole
        functools.update_wrapper(made, test)
        signature = inspect.signature(test)
        kept = [item for name, item in signature.parameters.items() if name not in arguments]
        made.__signature__ = signature.replace(parameters=kept)
        return made

    return decorate


Row = tuple[str, dict[str, Any]]
Given = Callable[[Any], object] | list[str] | None  # how rows are named


def _row(row: Any, number: int, arguments: Sequence[str], ids: Given) -> Row:
    """Return a row's name, and its values by argument."""
    is_param = isinstance(row, PARAM)
    values = row.values if is_param else row if len(arguments) > 1 else (row,)
    name = row.id if is_param and row.id is not None else _name(values, number, ids)
    return f"{number}: {name}", dict(zip(arguments, values, strict=True))


def _name(values: Sequence[Any], number: int, ids: Given) -> str:
    if ids is not None and not callable(ids):
        return ids[number]
    shown = [value if ids is None else ids(value) for value in values]
    return "-".join(value if isinstance(value, str) else repr(value)[:80] for value in shown)


def _given(table: Sequence[Row], fixtures: dict[str, Any]) -> Iterator[Row]:
    """Yield each row with all arguments of the test."""
    for number, (name, values) in enumerate(table):
        own = {}
        if FOLDER in fixtures:
            own[FOLDER] = fixtures[FOLDER] / str(number)
            own[FOLDER].mkdir()
        yield name, {**fixtures, **own, **values}


def _end(failed: Mapping[str, Exception], count: int) -> None:
    """Raise what failed. The message has every name: of many exceptions, the first 15 are shown."""
    for name, error in failed.items():
        error.add_note(f"row: {name}")
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {count} rows fail: {'; '.join(failed)}", [*failed.values()])
