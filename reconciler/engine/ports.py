"""What the engine needs from the outside world, as the engine sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reconciler.model.event import Event
    from reconciler.model.state import Recorded, RecordedCluster
    from reconciler.sdk.address import Address
    from reconciler.sdk.provider import Provider


class Recorder(Protocol):
    """Takes what happened, as it happens. Raises `Failure` where it cannot be kept."""

    async def check(self) -> None:
        """Raise `Failure` where nothing may be written to any cluster any more: what follows could not be
        recorded, or another run has the lock.
        """
        ...

    async def intent(self, recorded: Recorded) -> None:
        """Record on disk, before it returns, the call that is about to be made: `recorded.pending`
        names it.
        """
        ...

    async def applied(self, recorded: Recorded) -> None:
        """Record that an object is now as `recorded` says."""
        ...

    async def removed(self, address: Address) -> None:
        """Drop the record: the object was deleted or is no longer managed."""
        ...

    async def saw_cluster(self, cluster: RecordedCluster) -> None:
        """Record a cluster that answered."""
        ...


class Observer(Protocol):
    """Receives every event, in order."""

    def __call__(self, event: Event) -> None:
        """Take one event; must not raise."""
        ...


class Providers(Protocol):
    """Finds the provider that handles a resource."""

    def __getitem__(self, name: str) -> Provider:
        """Return the provider of that name; raises `KeyError` where the configuration and state know none."""
        ...


class Stop:
    """Says that no new work may start. Requested once by an interrupt; work in flight is finished."""

    def __init__(self) -> None:
        self.requested = False

    def request(self) -> None:
        """Ask for the run to end after what is in flight."""
        self.requested = True
