"""Repeating a call as its policy has it, put together from tenacity's own parts.

Loaded when the first call is repeated, because most runs never repeat anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_all,
    stop_any,
    wait_fixed,
    wait_random_exponential,
)
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from reconciler.sdk.errors import Ambiguous, ProviderError, Refused
from reconciler.sdk.http.retry import LONGEST_PAUSE, RetryPolicy

T = TypeVar("T")
_DRAW = wait_fixed(0.05) + wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE)


class _EndedWith(stop_base):
    """Stops after an error of this type."""

    def __init__(self, kind: type[ProviderError]) -> None:
        self._kind = kind

    def __call__(self, state: RetryCallState) -> bool:
        return isinstance(_error(state), self._kind)


class _Over(stop_base):
    """Stops where the deadline leaves no time for the pause that the server asked for."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy

    def __call__(self, state: RetryCallState) -> bool:
        return self._policy.is_over(_error(state))


class _Pause(wait_base):
    """Waits as the server asks, else by the draw."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy

    def __call__(self, state: RetryCallState) -> float:
        return self._policy.pause(_error(state), _DRAW(state))


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _stop(policy: RetryPolicy) -> stop_base:
    limits = [
        stop_all(_EndedWith(kind), stop_after_attempt(most))
        for kind, most in policy.attempts.items()
        if most is not None
    ]
    return stop_any(_Over(policy), *limits)


async def repeated(
    attempt: Callable[[], Awaitable[T]],
    first: ProviderError,
    policy: RetryPolicy,
    report: Callable[[BaseException | None, float], None] = lambda error, pause: None,
) -> T:
    """Make all attempts after the first, which ended with `first`; raises the error of the last one.

    `report` hears of each repetition before its pause: why, and how many seconds.

    Where the time of a read runs out in the middle of an attempt, the last refusal says more than that.
    """
    refusals: list[Refused] = []
    tries = AsyncRetrying(
        retry=retry_if_exception_type(tuple(policy.attempts)),
        stop=_stop(policy),
        wait=_Pause(policy),
        sleep=asyncio.sleep,
        before_sleep=lambda state: report(_error(state), state.upcoming_sleep),
        reraise=True,
    )
    try:
        async for one in tries:
            with one:
                try:
                    if one.retry_state.attempt_number == 1:
                        raise first  # made already
                    return await attempt()
                except Refused as error:
                    refusals.append(error)
                    raise
    except Ambiguous:
        if policy.is_write or not refusals or policy.left() > 0:
            raise
        raise refusals[-1] from None
    raise AssertionError("the last attempt returns or raises")
