"""The peerings of a world, seen from each end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.sdk.address import Address
from reconciler_consul.access.network.parsing import list_of, name_of
from reconciler_consul.kinds.names import folded


class Peer(NamedTuple):
    """A peering as one of its clusters sees it: `here` calls the other one `alias`, and is called `called`
    there. The states are those of the rows at both ends; `None` where they are not known.
    """

    here: str
    there: str
    alias: str
    called: str
    state_here: str | None
    state_there: str | None
    address: Address


class Links:
    """All peerings by cluster and alias."""

    def __init__(self, peerings: Any) -> None:
        self._by_alias: dict[tuple[str, str], Peer] = {}
        self._between: dict[tuple[str, str], list[Peer]] = {}
        self._of: dict[str, list[Peer]] = {}
        for item in list_of(peerings):
            self._add(item)

    def _add(self, item: Mapping[str, Any]) -> None:
        acceptor, dialer = name_of(item.get("acceptor")), name_of(item.get("dialer"))
        if acceptor is None or dialer is None:
            return
        address = Address("peering", acceptor, dialer)
        at_acceptor = name_of(item.get("name_at_acceptor")) or dialer
        at_dialer = name_of(item.get("name_at_dialer")) or acceptor
        one, other = name_of(item.get("state_at_acceptor")), name_of(item.get("state_at_dialer"))
        self._put(Peer(acceptor, dialer, at_acceptor, at_dialer, one, other, address))
        self._put(Peer(dialer, acceptor, at_dialer, at_acceptor, other, one, address))

    def _put(self, peer: Peer) -> None:
        self._by_alias.setdefault((peer.here, folded(peer.alias)), peer)
        self._between.setdefault((peer.here, peer.there), []).append(peer)
        self._of.setdefault(peer.here, []).append(peer)

    def peer(self, cluster: str, alias: str) -> Peer | None:
        """Return the peering that a cluster calls `alias`."""
        return self._by_alias.get((cluster, folded(alias)))

    def between(self, cluster: str, other: str) -> Peer | None:
        """Return the peering between two clusters as the first sees it."""
        return next(iter(self._between.get((cluster, other), ())), None)

    def of(self, cluster: str) -> list[Peer]:
        """Return all peerings of a cluster, as it sees them."""
        return self._of.get(cluster, [])

    @property
    def clusters(self) -> set[str]:
        """The clusters that peerings name."""
        return set(self._of)
