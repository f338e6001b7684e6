"""What takes long is told on a terminal, on a line that goes away again."""

from __future__ import annotations

import asyncio
import io

import pytest

from reconciler.cli.terminal import waiting
from reconciler.cli.terminal.output import Output
from reconciler.cli.terminal.waiting import Waiting, told
from tests.support.virtual import Clock


class Screen(io.StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture(autouse=True)
def _virtual_time(clock: Clock) -> None:
    """Waits take no time."""


async def slowly() -> str:
    await asyncio.sleep(waiting.QUIET + 0.05)
    return "done"


async def test_a_slow_work_is_told_and_the_line_goes_away() -> None:
    screen = Screen(terminal=True)
    assert await told(slowly(), Output(screen, False), "Reading") == "done"
    assert screen.getvalue() == "\r\x1b[KReading... 0 s\r\x1b[K"


async def test_a_quick_work_is_not_worth_a_word() -> None:
    async def quickly() -> None:
        await asyncio.sleep(waiting.QUIET - 0.05)

    screen = Screen(terminal=True)
    await told(quickly(), Output(screen, False), "Reading")
    assert screen.getvalue() == ""


async def test_a_log_file_hears_nothing() -> None:
    screen = Screen(terminal=False)
    await told(slowly(), Output(screen, False), "Reading")
    assert screen.getvalue() == ""


async def test_after_its_end_nothing_is_written() -> None:
    screen = Screen(terminal=True)
    line = Waiting(Output(screen, False), "Reading")
    task = asyncio.create_task(line.tell())
    line.end()
    await asyncio.wait_for(task, 60)
    assert screen.getvalue() == ""


async def test_a_failure_takes_the_line_away_too() -> None:
    async def fails() -> None:
        await slowly()
        raise ValueError("no")

    screen = Screen(terminal=True)
    with pytest.raises(ValueError, match="no"):
        await told(fails(), Output(screen, False), "Reading")
    assert screen.getvalue().endswith("\r\x1b[K")
