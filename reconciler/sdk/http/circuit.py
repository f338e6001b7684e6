"""The circuit breaker of one cluster: an unreachable cluster costs one probe, not one timeout an object.

Until a cluster has answered once, one call at a time is let through, and its result is shared by all waiting
callers; the same when a connection fails that worked before. When a call has given up, and no other call was
answered since it began, callers get its error at once for `DOWN_FOR` seconds; then one call tries again.
"""

from __future__ import annotations

import asyncio

from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused

DOWN_FOR = 2.0  # seconds during which a cluster marked down is not tried again
_GATEWAY = frozenset({502, 503, 504})  # what a proxy says about a server that it does not reach


class ProbeRequired(Exception):
    """The cluster may be unreachable: call again as a probe, one at a time."""


class Circuit:
    """What is known of one cluster. `connected`: it answered, and no connection has failed since.

    `ever_answered`: it has answered at some time. `marked_down`: it was unreachable, and has not answered
    since. `answers` counts its answers.
    """

    def __init__(self) -> None:
        self.connected = False
        self.ever_answered = False
        self.marked_down = False
        self.turn = asyncio.Lock()
        self.answers = 0
        self._down: tuple[float, ProviderError] | None = None

    def check(self) -> None:
        """Raise the error of a moment ago while the cluster is marked down, without a request."""
        if self._down is not None and _now() < self._down[0]:
            error = self._down[1]
            raise type(error)(error.message, cluster=error.cluster, hint=error.hint)

    def answered(self) -> None:
        """Note that an answer came, with any content."""
        self.connected = self.ever_answered = True
        self.marked_down = False
        self.answers += 1
        self._down = None

    def gave_up(self, error: ProviderError, answers: int, *, is_write: bool) -> None:
        """Note that a call ends with this error for good; `answers` is how many there were when it began."""
        if self.answers > answers or not affects_whole_cluster(error, is_write=is_write):
            return
        self.connected, self.marked_down = False, True
        if self._down is None or _now() >= self._down[0]:
            kind = Refused if isinstance(error, Refused) else NotSent
            self._down = _now() + DOWN_FOR, kind(error.message, cluster=error.cluster, hint=error.hint)


def affects_whole_cluster(error: ProviderError, *, is_write: bool) -> bool:
    """Say whether what one call met is likely met by every other: no server, no leader, no answer.

    A write that takes long may wait for something else (a peering for its other end): its error is its own.
    """
    if isinstance(error, NotSent | Refused):
        return True
    silent = error.status is None or error.status in _GATEWAY
    return isinstance(error, Ambiguous) and silent and not is_write


def _now() -> float:
    return asyncio.get_running_loop().time()
