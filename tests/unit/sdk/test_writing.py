"""The question that is asked before each request that may change something."""

from __future__ import annotations

import pytest

from reconciler.sdk.process.writing import before_writing, may_write


async def test_it_is_asked_for_as_long_as_the_work_goes_on_and_may_stop_it() -> None:
    asked = []

    async def ask() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise RuntimeError("the lock is lost")

    with before_writing(ask):
        await may_write()
        with pytest.raises(RuntimeError, match="lost"):
            await may_write()
    await may_write()
    assert len(asked) == 2


async def test_requests_that_answer_it_do_not_ask_it() -> None:
    asked = []

    async def ask() -> None:
        asked.append(1)
        await may_write()

    with before_writing(ask):
        await may_write()
        await may_write()
    assert len(asked) == 2
