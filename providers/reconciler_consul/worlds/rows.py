"""Peerings from the rows of all clusters: which two rows are one link, and what each end says of it. Pure.

Two rows are one link when the dialing row's PeerID is the ID of the accepting row; names prove nothing. Where
only one end is known, the other is the cluster that the configuration says, else `peer:NAME`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler_consul.peering.contact import heartbeat
from reconciler_consul.peering.pair import Row
from reconciler_consul.worlds.form import Item, struct

Names = Mapping[str, Mapping[str, str]]  # cluster -> its name for a peer -> the cluster that this is
ABSENT = "ABSENT"
_EXACT = 2  # seconds that a clock may seem to be apart because of how it is read


@dataclass(frozen=True, slots=True)
class _End:
    """One row, where it is."""

    cluster: str
    row: Row

    @property
    def name(self) -> str:
        return str(self.row.get("Name") or "")

    @property
    def dials(self) -> bool:
        return bool(self.row.get("PeerID"))

    @property
    def state(self) -> str:
        if self.row.get("DeletedAt") and self.row.get("State") != "TERMINATED":
            return "DELETING"  # the state may still read ACTIVE
        return str(self.row.get("State") or "")


@dataclass(slots=True)
class Rows:
    """The rows of all clusters. `unread`: why those of a cluster are not known; `clocks`: the seconds by
    which the clock of a cluster is ahead of this machine's.
    """

    by_cluster: Mapping[str, Mapping[str, Row]]
    unread: Mapping[str, str]
    names: Names = field(default_factory=dict)
    clocks: Mapping[str, int] = field(default_factory=dict)

    def peerings(self, now: datetime, *, addresses: bool) -> list[Item]:
        """Return all peerings, those of two known ends first."""
        ends = [_End(name, row) for name, rows in self.by_cluster.items() for row in rows.values()]
        linked = list(_linked(ends))
        done = {id(end.row) for pair in linked for end in pair}
        alone = [end for end in ends if id(end.row) not in done]
        told = _Facts(now, addresses, self.clocks)
        found = [told.item(accepting, dialing) for accepting, dialing in linked]
        found += [self._half(end, told) for end in alone]
        found += self._unseen(found)
        return sorted(found, key=lambda item: (item["acceptor"], item["dialer"], item["name_at_acceptor"]))

    def _half(self, end: _End, facts: _Facts) -> Item:
        """Return a peering of which one row is known."""
        other = self.names.get(end.cluster, {}).get(end.name)
        far = {
            theirs: mine for theirs, mine in self.names.get(other or "", {}).items() if mine == end.cluster
        }
        called = next(iter(far), None) or end.cluster
        missing = {} if other is None else self._missing(other)
        return facts.half(end, other or f"peer:{end.name}", called, missing)

    def _missing(self, cluster: str) -> Item:
        """Return what is said of the end that has no row: that there is none, or why that is not known."""
        why = self.unread.get(cluster)
        return {"unknown": why} if why is not None else {"state": ABSENT}

    def _unseen(self, found: list[Item]) -> Iterator[Item]:
        """Yield the peerings that the configuration knows between clusters whose rows are not known."""
        seen = {frozenset((item["acceptor"], item["dialer"])) for item in found}
        for cluster, peers in self.names.items():
            for name, other in peers.items():
                if {cluster, other} <= self.unread.keys() and frozenset((cluster, other)) not in seen:
                    seen.add(frozenset((cluster, other)))
                    called = next(
                        (one for one, who in self.names.get(other, {}).items() if who == cluster), cluster
                    )
                    yield {
                        "acceptor": cluster,
                        "dialer": other,
                        "name_at_acceptor": name,
                        "name_at_dialer": called,
                        "unknown_at_acceptor": self.unread[cluster],
                        "unknown_at_dialer": self.unread[other],
                    }


def _linked(ends: list[_End]) -> Iterator[tuple[_End, _End]]:
    """Yield acceptor and dialer of each link whose rows are both known."""
    by_id = {str(end.row["ID"]): end for end in ends if end.row.get("ID")}
    taken: set[str] = set()
    for end in ends:
        peer_id = str(end.row.get("PeerID") or "")
        if peer_id in by_id and peer_id not in taken and by_id[peer_id].cluster != end.cluster:
            taken.add(peer_id)
            yield by_id[peer_id], end


@dataclass(frozen=True, slots=True)
class _Facts:
    """What rows say, as of `now`. `addresses`: the servers that a dialing row knows are kept. A heartbeat has
    the time of the cluster that received it.
    """

    now: datetime
    addresses: bool
    clocks: Mapping[str, int]

    def item(self, accepting: _End, dialing: _End) -> Item:
        """Return a peering of two rows."""
        ages = [self._age(end) for end in (accepting, dialing)]
        known = [age for age in ages if age is not None]
        return {
            "acceptor": accepting.cluster,
            "dialer": dialing.cluster,
            "name_at_acceptor": accepting.name,
            "name_at_dialer": dialing.name,
            **({"heartbeat_age_s": min(known)} if known else {}),
            **self._side("acceptor", accepting),
            **self._side("dialer", dialing),
        }

    def half(self, end: _End, other: str, called: str, missing: Item) -> Item:
        """Return a peering of one row; `called` is its cluster's name at the other end."""
        mine, theirs = ("dialer", "acceptor") if end.dials else ("acceptor", "dialer")
        age = self._age(end)
        return {
            mine: end.cluster,
            theirs: other,
            f"name_at_{mine}": end.name,
            f"name_at_{theirs}": called,
            **({"heartbeat_age_s": age} if age is not None else {}),
            **self._side(mine, end),
            **{f"{key}_at_{theirs}": value for key, value in missing.items()},
        }

    def _age(self, end: _End) -> int | None:
        beat = heartbeat(end.row)
        ahead = self.clocks.get(end.cluster, 0)
        ahead = ahead if abs(ahead) > _EXACT else 0
        return None if beat is None else max(0, int((self.now - beat).total_seconds()) + ahead)

    def _side(self, role: str, end: _End) -> Item:
        """Return what one row says, with its role behind each key."""
        stream, age = struct(end.row.get("StreamStatus")), self._age(end)
        facts: Item = {"state": end.state}
        if age is not None:
            facts["heartbeat_age_s"] = age
        for key, name in (("imported", "ImportedServices"), ("exported", "ExportedServices")):
            if stream:
                facts[key] = sorted(str(one) for one in stream.get(name) or ())
        if end.dials:
            facts |= self._servers(end)
        return {f"{key}_at_{role}": value for key, value in facts.items()}

    def _servers(self, end: _End) -> Item:
        """Return what a dialing row knows of the servers that it dials."""
        known = [str(one) for one in end.row.get("PeerServerAddresses") or ()]
        hosts = [one.rpartition(":")[0].strip("[]") for one in known]
        out: Item = {
            "server_name": str(end.row.get("PeerServerName") or ""),
            "server_hostnames": sum(not is_ip(host) for host in hosts),
            "server_ips": sum(is_ip(host) for host in hosts),
            "server_ports": sorted({one.rpartition(":")[2] for one in known}),
        }
        return {**out, **({"server_addresses": known} if self.addresses else {})}


def is_ip(host: str) -> bool:
    """Say whether a host is an IP address, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_external(cluster: Any) -> bool:
    """Say whether a cluster is one that only a peering names."""
    return isinstance(cluster, str) and cluster.startswith("peer:")
