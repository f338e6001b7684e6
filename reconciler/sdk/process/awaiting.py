"""Which clusters a run waits for: the HTTP client keeps it, front ends show it.

Importing this module loads nothing.
"""

from __future__ import annotations

from collections.abc import Hashable

from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Awaited:
    """A cluster with a call in flight. `shown` is its host and port, `since` the loop's time in seconds."""

    cluster: str
    shown: str
    since: float


class Awaiting:
    """Calls in flight of one run, retries included."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, Awaited] = {}

    def begin(self, call: Hashable, awaited: Awaited) -> None:
        """Note that a call waits for a cluster; a call that is repeated keeps its first time."""
        self._calls.setdefault(call, awaited)

    def end(self, call: Hashable) -> None:
        """Forget a call that was answered or given up; one that never began is no error."""
        self._calls.pop(call, None)

    def clusters(self) -> tuple[Awaited, ...]:
        """Return each cluster with a call in flight, with its oldest call; the longest wait first."""
        oldest: dict[str, Awaited] = {}
        for one in self._calls.values():
            known = oldest.get(one.cluster)
            if known is None or one.since < known.since:
                oldest[one.cluster] = one
        return tuple(sorted(oldest.values(), key=lambda one: (one.since, one.cluster)))
