"""When to repeat a call: a property of the error's type, never of the call's luck.

| error     | read                         | write          |
|-----------|------------------------------|----------------|
| NotSent   | few and quick                | few and quick  |
| Refused   | until the deadline           | the same, but for calls whose caller looks first |
| Ambiguous | 3 more times                 | never          |
| others    | never                        | never          |
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused

if TYPE_CHECKING:
    import tenacity

FIRST_CONTACT_PAUSE = 0.25  # seconds
LONGEST_PAUSE = 5.0  # seconds between attempts, unless the server asks for more

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be repeated. `deadline` is on the loop's clock; `known`: the cluster has answered before;
    `quick`: the first attempt did not take long to fail; `tried`: the cluster was found away already;
    `looks_first`: a refusal goes to the caller, who looks whether it is true before it asks again.
    """

    is_write: bool
    deadline: float
    known: bool
    quick: bool = True
    tried: bool = False
    looks_first: bool = False

    def allows(self, error: BaseException | None, made: int) -> bool:
        """Say whether to try again after `made` attempts, the last of which ended with `error`."""
        if not isinstance(error, ProviderError) or self.tried:
            return False
        if asyncio.get_running_loop().time() + (error.retry_after or 0.0) >= self.deadline:
            return False
        if isinstance(error, NotSent):
            # First contact: one short second try. A cluster that answered before deserves patience.
            return made < (5 if self.known else 2 if self.quick else 1)
        if isinstance(error, Ambiguous):
            return not self.is_write and made < 4
        return isinstance(error, Refused) and not self.looks_first

    def pause(self, error: BaseException | None, drawn: float) -> float:
        """Return the seconds to wait: what the server asked for, else the random draw."""
        if isinstance(error, NotSent) and not self.known:
            return FIRST_CONTACT_PAUSE
        asked = error.retry_after if isinstance(error, ProviderError) else None
        return max(0.0, min(drawn if asked is None else asked, self.left()))

    def left(self) -> float:
        """Return the seconds until the deadline; not positive once it is over."""
        return self.deadline - asyncio.get_running_loop().time()


async def repeated(
    attempt: Callable[[], Awaitable[T]],
    first: ProviderError,
    policy: Policy,
    tell: Callable[[BaseException | None, float], None] = lambda error, pause: None,
) -> T:
    """Make all attempts after the first, which ended with `first`; raises the error of the last one.

    `tell` hears of each repetition before its pause: why, and how many seconds.

    Where the time of a read runs out in the middle of an attempt, the last refusal says more than that.
    tenacity is loaded only here, because most runs never repeat anything.
    """
    import tenacity

    past = [first]
    refusals: list[Refused] = [first] if isinstance(first, Refused) else []

    async def once() -> T:
        if past:
            raise past.pop()
        try:
            return await attempt()
        except Refused as error:
            refusals.append(error)
            raise

    draw = tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE)
    retrying = tenacity.AsyncRetrying(
        retry=lambda state: policy.allows(_error(state), state.attempt_number),
        wait=lambda state: policy.pause(_error(state), 0.05 + draw(state)),
        sleep=asyncio.sleep,
        before_sleep=lambda state: tell(_error(state), state.upcoming_sleep),
        reraise=True,
    )
    try:
        return await retrying(once)
    except Ambiguous:
        if policy.is_write or not refusals or policy.left() > 0:
            raise
        raise refusals[-1] from None


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
