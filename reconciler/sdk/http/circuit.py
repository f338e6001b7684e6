"""Whether a cluster is worth asking: one that is away costs one probe, not one timeout for every object.

Until a cluster has answered once, one call at a time is let through: its outcome goes for all that wait
behind it. The same again when a connection fails that worked before. When a call has given up, and nothing
else was answered since it began, whoever comes next is told at once for a moment; then one call tries again.
"""

from __future__ import annotations

import asyncio

from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused

DOWN_FOR = 2.0  # seconds during which a cluster found away is not tried again
_GATEWAY = frozenset({502, 503, 504})  # what a proxy says about a server that it does not reach


class Doubt(Exception):
    """The cluster may be away: ask again, one at a time."""


class Circuit:
    """What is known of one cluster. `proven`: it answered, and no connection has failed since.

    `known`: it has answered at some time. `tried`: it was found away, and has not answered since. `answers`
    counts what it answered.
    """

    def __init__(self) -> None:
        self.proven = False
        self.known = False
        self.tried = False
        self.turn = asyncio.Lock()
        self.answers = 0
        self._down: tuple[float, ProviderError] | None = None

    def check(self) -> None:
        """Raise what was found a moment ago, without asking anybody."""
        if self._down is not None and _now() < self._down[0]:
            error = self._down[1]
            raise type(error)(error.message, cluster=error.cluster, hint=error.hint)

    def answered(self) -> None:
        """Note that an answer came, with any content."""
        self.proven = self.known = True
        self.tried = False
        self.answers += 1
        self._down = None

    def gave_up(self, error: ProviderError, answers: int, *, is_write: bool) -> None:
        """Note that a call ends with this error for good; `answers` is how many there were when it began."""
        if self.answers > answers or not tells_of_all(error, is_write=is_write):
            return
        self.proven, self.tried = False, True
        if self._down is None or _now() >= self._down[0]:
            kind = Refused if isinstance(error, Refused) else NotSent
            self._down = _now() + DOWN_FOR, kind(error.message, cluster=error.cluster, hint=error.hint)


def tells_of_all(error: ProviderError, *, is_write: bool) -> bool:
    """Say whether what one call met is likely met by every other: no server, no leader, no answer.

    A write that takes long may wait for something else (a peering for its other end): its error is its own.
    """
    if isinstance(error, NotSent | Refused):
        return True
    silent = error.status is None or error.status in _GATEWAY
    return isinstance(error, Ambiguous) and silent and not is_write


def _now() -> float:
    return asyncio.get_running_loop().time()
