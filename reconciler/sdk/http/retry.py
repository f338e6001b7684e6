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
from collections.abc import Mapping

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused

FIRST_CONTACT_PAUSE = 0.25  # seconds
LONGEST_PAUSE = 5.0  # seconds between attempts, unless the server asks for more


@dataclass(frozen=True, slots=True)
class RetryPolicy:
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

    @property
    def attempts(self) -> Mapping[type[ProviderError], int | None]:
        """Return the errors after which a call is repeated, with the most attempts of each, or `None`."""
        if self.tried:
            return {}
        # First contact: one short second try. A cluster that answered before deserves patience.
        out: dict[type[ProviderError], int | None] = {NotSent: 5 if self.known else 2 if self.quick else 1}
        if not self.is_write:
            out[Ambiguous] = 4
        if not self.looks_first:
            out[Refused] = None
        return out

    def allows(self, error: ProviderError) -> bool:
        """Say whether to make a second attempt after a first one that ended with `error`."""
        most = [number for kind, number in self.attempts.items() if isinstance(error, kind)]
        return most not in ([], [1]) and not self.is_over(error)

    def is_over(self, error: BaseException | None) -> bool:
        """Say whether the deadline is over before the next attempt could begin."""
        asked = error.retry_after if isinstance(error, ProviderError) else None
        return self.left() <= (asked or 0.0)

    def pause(self, error: BaseException | None, drawn: float) -> float:
        """Return the seconds to wait: what the server asked for, else the random draw."""
        if isinstance(error, NotSent) and not self.known:
            return FIRST_CONTACT_PAUSE
        asked = error.retry_after if isinstance(error, ProviderError) else None
        return max(0.0, min(drawn if asked is None else asked, self.left()))

    def left(self) -> float:
        """Return the seconds until the deadline; not positive once it is over."""
        return self.deadline - asyncio.get_running_loop().time()
