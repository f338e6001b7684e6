"""Peer names back to clusters: on dc1, the peer `us-prod` is dc2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.render.text.values import Verbatim
from reconciler.sdk.address import Address


class Peers:
    """Which cluster a peer name means, as far as the peerings at hand show it."""

    def __init__(
        self,
        objects: Iterable[tuple[Address, Mapping[str, Any] | None]] = (),
        known: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Learn from peerings; `known` are names (cluster -> peer -> cluster) that those override."""
        self._clusters: dict[tuple[str, str], str] = {
            (here, peer): there for here, names in (known or {}).items() for peer, there in names.items()
        }
        for address, body in objects:
            names = body.get("Names") if body and address.type == "peering" else None
            if isinstance(names, Mapping):
                self._learn(address, names)

    def _learn(self, address: Address, names: Mapping[str, Any]) -> None:
        ends = (address.cluster, address.name)
        for here, there in (ends, ends[::-1]):
            name = names.get(here)
            if isinstance(name, str):
                self._clusters[here, name] = there

    def cluster(self, here: str, peer: str) -> str | None:
        """Return the cluster that `here` calls `peer`; `None` where no peering at hand says so."""
        return self._clusters.get((here, peer))

    def consumer(self, here: str, peer: str) -> str:
        """Return a peer as it is written in lists: the cluster, else `peer=NAME`."""
        return self.cluster(here, peer) or f"peer={peer}"

    def service(self, here: str, name: str, peer: str) -> str:
        """Return a service of a peer: `web@dc2`, else `web peer=NAME`; just the name where it is local."""
        if not peer:
            return name
        cluster = self.cluster(here, peer)
        return f"{name}@{cluster}" if cluster else f"{name} peer={peer}"

    def referenced(self, here: str, value: Any) -> Any:
        """Return the value with every `{Service, Peer}` in it (a redirect, a failover target) as
        `api@dc1`.
        """
        if isinstance(value, Mapping):
            if value.keys() == _REFERENCE:
                return Verbatim(self.service(here, str(value["Service"]), str(value["Peer"])))
            return {key: self.referenced(here, item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.referenced(here, item) for item in value]
        return value


_REFERENCE = frozenset({"Service", "Peer"})
