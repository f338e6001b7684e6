"""What must hold before anything is written: a question that the run asks, for as long as a plugin works.

A process may be stopped between any two requests, for longer than its lock lasts, and a change may be several
requests. So the question is asked before each of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Ask = Callable[[], Awaitable[None]]

_ask: ContextVar[Ask | None] = ContextVar("asked before writing", default=None)


@contextmanager
def before_writing(ask: Ask | None) -> Iterator[None]:
    """Ask this before each request of the work inside that may change something; what it raises ends that."""
    before = _ask.set(ask)
    try:
        yield
    finally:
        _ask.reset(before)


async def may_write() -> None:
    """Ask, where there is a question. Raises what the question raises."""
    ask = _ask.get()
    if ask is not None:
        with before_writing(None):  # the answer may take requests of its own
            await ask()
