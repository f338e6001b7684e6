"""Telling what takes long, on one line that goes away again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from reconciler.cli.output import Output

T = TypeVar("T")

QUIET = 0.4  # seconds before anything is said
_CLEAR = "\r\x1b[K"


async def told(work: Coroutine[Any, Any, T], err: Output, doing: str) -> T:
    """Await the work; on a terminal show `doing` with the elapsed time from `QUIET` on."""
    if not err.is_terminal:
        return await work
    teller = asyncio.create_task(_tell(err, doing))
    try:
        return await work
    finally:
        teller.cancel()
        with suppress(asyncio.CancelledError):
            await teller


async def _tell(err: Output, doing: str) -> None:
    began = asyncio.get_running_loop().time()
    await asyncio.sleep(QUIET)
    try:
        while True:
            elapsed = asyncio.get_running_loop().time() - began
            err.text(f"{_CLEAR}{doing}... {elapsed:.0f} s")
            err.flush()
            await asyncio.sleep(0.5)
    finally:
        err.text(_CLEAR)
        err.flush()
