"""The names of peerings: a cluster has one row of a name, in any letter case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Interim, Verdict, Way
from reconciler.sdk.provider import Body
from reconciler_consul.graph.where import Servers
from reconciler_consul.kinds.names import folded
from reconciler_consul.peering.body import PeeringSpec

Row = tuple[str, str, str, str]  # servers, datacenter, partition, the name in lower case


@dataclass(slots=True)
class Rows:
    """Which peerings exist, and which of them have, or had, a name."""

    servers: Mapping[str, Servers]
    bodies: dict[frozenset[str], tuple[Address, Body]] = field(default_factory=dict)
    named: dict[Row, set[Address]] = field(default_factory=dict)

    def body(self, address: Address) -> Body | None:
        """Return the peering that exists, or `None`."""
        found = self.bodies.get(_ends(address))
        return found[1] if found else None

    def put(self, address: Address, body: Body | None) -> None:
        """Record this peering as what exists from now on."""
        if body is None:
            self.bodies.pop(_ends(address), None)
            return
        self.bodies[_ends(address)] = address, body
        for row, _, _ in self._rows(address, body):
            self.named.setdefault(row, set()).add(address)

    def judge(self, address: Address, body: Body | None) -> Verdict:
        """Judge whether its names are free at both ends; nothing else is looked at."""
        refused, read = "", set()
        for row, cluster, name in self._rows(address, body) if body is not None else ():
            for other in sorted(self.named.get(row, set())):
                if _ends(other) == _ends(address):
                    continue
                read.add(other)
                if row in {taken for taken, _, _ in self._rows(other, self.body(other))}:
                    refused = refused or f'the name "{name}" on {cluster} is that of {other}'
        return Verdict(refused, reads=frozenset(read))

    def interims(self, address: Address, after: Body | None) -> Sequence[Interim]:
        """Return the interim steps of a peering: it can only be removed and recreated."""
        if self.body(address) is None or after is None:
            return ()
        said = f"until it is recreated, nothing passes between {address.cluster} and {address.name}"
        return (Interim(Way.TAKE_DOWN, lambda before, after: None, said, cuts=True),)

    def changes(
        self, address: Address, before: Body | None, after: Body | None
    ) -> Iterator[tuple[str, str, bool]]:
        """Yield (cluster, name, whether it is created) of every name that is added or removed."""
        old = {(cluster, name) for _, cluster, name in self._rows(address, before)}
        new = {(cluster, name) for _, cluster, name in self._rows(address, after)}
        yield from ((cluster, name, False) for cluster, name in sorted(old - new))
        yield from ((cluster, name, True) for cluster, name in sorted(new - old))

    def _rows(self, address: Address, body: Body | None) -> Iterator[tuple[Row, str, str]]:
        if body is None:
            return
        spec = PeeringSpec.of(address, body)
        for cluster in (spec.acceptor, spec.dialer):
            server = self.servers.get(cluster)
            if server is not None:
                name = spec.names[cluster]
                yield (server.home, server.datacenter, server.partition, folded(name)), cluster, name


def _ends(address: Address) -> frozenset[str]:
    """Return what both ways to write a peering's address have in common."""
    return frozenset((address.cluster, address.name))
