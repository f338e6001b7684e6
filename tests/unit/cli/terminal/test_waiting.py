"""What takes long is with_progress on a terminal, on a line that goes away again."""

from __future__ import annotations

import asyncio
import io

import pytest

from reconciler.cli.terminal import waiting
from reconciler.cli.terminal.output import Output
from reconciler.cli.terminal.waiting import Waiting, slow_words, with_progress
from reconciler.sdk.process.awaiting import Awaited, Awaiting
from tests.support.virtual import CLOCK, Clock


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


async def test_slow_work_is_reported_on_a_line_that_goes_away() -> None:
    screen = Screen(terminal=True)
    assert await with_progress(slowly(), Output(screen, False), "Reading") == "done"
    assert screen.getvalue() == "\r\x1b[KReading... 0 s\r\x1b[K"


async def test_a_quick_work_is_not_worth_a_word() -> None:
    async def quickly() -> None:
        await asyncio.sleep(waiting.QUIET - 0.05)

    screen = Screen(terminal=True)
    await with_progress(quickly(), Output(screen, False), "Reading")
    assert screen.getvalue() == ""


async def test_a_log_file_hears_nothing_of_what_goes_on() -> None:
    screen = Screen(terminal=False)
    await with_progress(slowly(), Output(screen, False), "Reading")
    assert screen.getvalue() == ""


def hung(*clusters: str) -> Awaiting:
    awaiting = Awaiting()
    for number, cluster in enumerate(clusters):
        awaiting.begin(number, Awaited(cluster, f"127.0.0.1:{8500 + 20 * number}", CLOCK.now))
    return awaiting


async def test_a_terminal_names_a_cluster_that_does_not_answer() -> None:
    screen = Screen(terminal=True)
    await with_progress(asyncio.sleep(12.1), Output(screen, False), "Reading", hung("dc1"))
    shown = screen.getvalue().split("\r\x1b[K")
    assert shown[1] == "Reading... 0 s"
    assert shown[-2] == "waiting for dc1 (127.0.0.1:8500): 12 s"
    assert shown[-1] == ""


async def test_a_log_names_it_too_from_time_to_time() -> None:
    screen = Screen(terminal=False)
    await with_progress(asyncio.sleep(24), Output(screen, False), "Reading", hung("dc1"))
    assert screen.getvalue().splitlines() == [
        "waiting for dc1 (127.0.0.1:8500): 5 s",
        "waiting for dc1 (127.0.0.1:8500): 15 s",
    ]


async def test_the_first_of_many_are_named() -> None:
    assert slow_words(hung("a", "b", "c", "d", "e"), CLOCK.now + 3) == (
        "waiting for a (127.0.0.1:8500): 3 s, b (127.0.0.1:8520): 3 s, c (127.0.0.1:8540): 3 s and 2 more"
    )
    assert slow_words(hung("a"), CLOCK.now + 1) == ""


async def test_a_cluster_that_answered_is_waited_for_no_longer() -> None:
    awaiting = hung("a", "b")
    awaiting.end(0)
    assert [one.cluster for one in awaiting.clusters()] == ["b"]


async def test_an_end_and_a_cancellation_at_once_end_it() -> None:
    """`asyncio.wait_for` could lose the cancellation, and an apply would wait for its screen for ever."""
    line = Waiting(Output(Screen(terminal=True), False), "Reading")

    async def keep_drawing() -> None:
        await line.keep_shown()
        await asyncio.sleep(1000)

    task = asyncio.create_task(keep_drawing())
    await asyncio.sleep(waiting.QUIET + 0.1)
    line.end()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_after_its_end_nothing_is_written() -> None:
    screen = Screen(terminal=True)
    line = Waiting(Output(screen, False), "Reading")
    task = asyncio.create_task(line.keep_shown())
    line.end()
    await asyncio.wait_for(task, 60)
    assert screen.getvalue() == ""


async def test_a_failure_takes_the_line_away_too() -> None:
    async def fails() -> None:
        await slowly()
        raise ValueError("no")

    screen = Screen(terminal=True)
    with pytest.raises(ValueError, match="no"):
        await with_progress(fails(), Output(screen, False), "Reading")
    assert screen.getvalue().endswith("\r\x1b[K")
