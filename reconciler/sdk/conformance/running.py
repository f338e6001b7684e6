"""What the checks share: to run them, and to say what a call ended with."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import (
    Applied,
)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run one check to its end."""
    asyncio.run(work)


def is_applied(applied: object) -> None:
    """Check that `perform` returned an `Applied`."""
    assert isinstance(applied, Applied), f"perform returns {type(applied).__name__}, not Applied"


async def error_of(work: Coroutine[Any, Any, object]) -> ProviderError | None:
    """Return the error that a call raises, `None` where it raises none."""
    try:
        await work
    except ProviderError as error:
        return error
    return None
