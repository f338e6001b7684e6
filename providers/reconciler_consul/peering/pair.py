"""The two ends of a peering, distinguished and judged. Pure: rows in, condition out.

Two rows are one peering when the dialing row's PeerID is the accepting row's ID; names are each cluster's
own aliases and prove nothing. States: PENDING and ESTABLISHING are stored, ACTIVE and FAILING are what the
leader sees of the stream right now, so a change of leader makes a healthy link read PENDING for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Condition

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """One end as declared: its cluster, the local name of the row, and what that cluster shows.

    `row` is the row of that name, `others` are all rows of the cluster. `datacenter`, `trust_domain` and
    `partition` (Enterprise) are the cluster's own, empty where they are not known.
    """

    cluster: str
    name: str
    row: Row | None
    others: Mapping[str, Row] = field(default_factory=dict)
    datacenter: str = ""
    trust_domain: str = ""
    partition: str = ""

    @property
    def dials(self) -> bool:
        """Whether the row is a dialing one: only those know the ID of the row at the other end."""
        return bool(self.row and self.row.get("PeerID"))

    @property
    def state(self) -> str:
        """The row's state; `absent` without a row."""
        return str(self.row.get("State", "")) if self.row else "absent"

    @property
    def id(self) -> str:
        """The row's own ID."""
        return str(self.row.get("ID", "")) if self.row else ""

    @property
    def peer_id(self) -> str:
        """The ID of the accepting row that this dialing row leads to."""
        return str(self.row.get("PeerID", "")) if self.row else ""

    @property
    def leaves(self) -> bool:
        """Whether the row is being deleted. The state does not show it: it may still read ACTIVE."""
        return bool(self.row and (self.row.get("DeletedAt") or self.row.get("State") == "DELETING"))

    @property
    def goes(self) -> bool:
        """Whether a deletion is under way and will end by itself.

        Where both ends are deleted at the same moment, one may learn of the other's removal while its own
        is under way. It then reads TERMINATED with a `DeletedAt` and stays for good (seen on Consul 1.20),
        until it is deleted once more.
        """
        return self.leaves and self.state != "TERMINATED"

    @property
    def remote_datacenter(self) -> str:
        """The other end's datacenter, as the row knows it. Accepting rows learn it from the first stream."""
        remote = (self.row or {}).get("Remote")
        return str(remote.get("Datacenter") or "") if isinstance(remote, Mapping) else ""

    @property
    def remote_partition(self) -> str:
        """The other end's partition, as the row knows it; empty where that is Community Edition."""
        remote = (self.row or {}).get("Remote")
        return str(remote.get("Partition") or "") if isinstance(remote, Mapping) else ""

    def shown(self) -> str:
        """Return the end for people: `"sandbox-lab" on north`."""
        return f'"{self.name}" on {self.cluster}'

    def partner_name(self) -> str:
        """Return the server name of the cluster that a dialing row leads to."""
        return str(self.row.get("PeerServerName") or "") if self.row else ""

    def is_at(self, server_name: str) -> bool | None:
        """Say whether a token's server name is of this cluster; `None` where that is not known.

        Consul ≥1.14: `server.<datacenter>.peering.<trust domain>`.
        """
        if not (server_name and self.trust_domain and self.datacenter):
            return None
        return server_name == f"server.{self.datacenter}.peering.{self.trust_domain}"


@dataclass(frozen=True, slots=True)
class PairState:
    """What a pair of rows amounts to. `condition` is `None` where there is nothing at all."""

    condition: Condition | None
    why: str = ""
    swapped: bool = False  # linked, but it was the declared acceptor that dialed


def judge_pair(acceptor: End, dialer: End) -> PairState:
    """Judge the rows of two ends in the roles that were declared."""
    if acceptor.row is None and dialer.row is None:
        return PairState(None)
    foreign = _foreign(acceptor, dialer) or _foreign(dialer, acceptor)
    if foreign:
        return PairState(Condition.CONFLICT, foreign)
    for end in (acceptor, dialer):
        if end.leaves:
            return PairState(Condition.LEAVING, f"{end.shown()} is being deleted")
    for end in (acceptor, dialer):
        if end.state == "TERMINATED":
            return PairState(Condition.BROKEN, f"{end.shown()} is TERMINATED: the other end was deleted")
    alone = acceptor.row is None or dialer.row is None
    return _with_name_case(_lone(acceptor, dialer) if alone else _both(acceptor, dialer), acceptor, dialer)


def linked(one: End, other: End) -> bool:
    """Say whether two rows are the two ends of one peering, whichever dialed."""
    return bool(
        (one.peer_id and one.peer_id == other.id and not other.dials)
        or (other.peer_id and other.peer_id == one.id and not one.dials)
    )


def _foreign(end: End, partner: End) -> str:
    """Return what the row of this end is linked to, if that is not the partner; empty where it may be
    ours.
    """
    if end.row is None or linked(end, partner):
        return ""
    if end.dials:
        return _dials_elsewhere(end, partner)
    return _accepts_other(end, partner)


def _dials_elsewhere(end: End, partner: End) -> str:
    if partner.is_at(end.partner_name()) is False:
        return f"{end.shown()} leads to another cluster, {end.partner_name()}"
    for name, row in partner.others.items():
        if row.get("ID") == end.peer_id and name != partner.name.lower():
            return f'{end.shown()} is linked to "{row.get("Name")}" on {partner.cluster}'
    datacenter = end.remote_datacenter
    if datacenter and partner.datacenter and datacenter != partner.datacenter:
        return f"{end.shown()} leads to another cluster, in datacenter {datacenter}"
    return (
        f"{end.shown()} leads to another partition, {end.remote_partition}" if _strays(end, partner) else ""
    )


def _accepts_other(end: End, partner: End) -> str:
    for name, row in partner.others.items():
        if row.get("PeerID") == end.id and name != partner.name.lower():
            return f'{end.shown()} is linked to "{row.get("Name")}" on {partner.cluster}'
    datacenter = end.remote_datacenter
    if datacenter and partner.datacenter and datacenter != partner.datacenter:
        return f"{end.shown()} is linked to another cluster, in datacenter {datacenter}"
    return (
        f"{end.shown()} is linked to another partition, {end.remote_partition}"
        if _strays(end, partner)
        else ""
    )


def _strays(end: End, partner: End) -> bool:
    """Say whether a row knows another partition than its partner's at the other end."""
    return bool(end.remote_partition and partner.partition) and end.remote_partition != partner.partition


def _lone(acceptor: End, dialer: End) -> PairState:
    """Judge one row without a partner. A PENDING one in its declared role is incomplete; any other is
    broken.
    """
    here, gone = (acceptor, dialer) if acceptor.row else (dialer, acceptor)
    resumable = here.state == "PENDING" and not (here is acceptor and here.remote_datacenter)
    if resumable and here.dials == (here is dialer):
        todo = "waits to be dialed" if here is acceptor else "is left over from a failed exchange"
        return PairState(Condition.INCOMPLETE, f"{here.shown()} is PENDING: it {todo}")
    if here.state == "PENDING" and not here.remote_datacenter:
        return PairState(Condition.BROKEN, f"{here.shown()} is incomplete in the other direction")
    why = f"{here.shown()} is {here.state}, and {gone.shown()} does not exist"
    return PairState(Condition.BROKEN, why)


def _both(acceptor: End, dialer: End) -> PairState:
    if not linked(acceptor, dialer):
        return _unlinked(acceptor, dialer)
    swapped = acceptor.dials
    if acceptor.state == dialer.state == "ACTIVE":
        return PairState(Condition.READY, swapped=swapped)
    dialing = acceptor if swapped else dialer
    if dialing.state == "PENDING":
        if swapped:
            return PairState(Condition.BROKEN, f"{dialing.shown()} is incomplete in the other direction")
        return PairState(Condition.INCOMPLETE, f"{dialing.shown()} is left over from a failed exchange")
    accepting = dialer if swapped else acceptor
    return PairState(Condition.UNHEALTHY, _unhealthy_reason(accepting, dialing), swapped)


def _with_name_case(verdict: PairState, acceptor: End, dialer: End) -> PairState:
    """Return the verdict with regard to names in another letter case: older servers took upper case.

    Such rows survive upgrades. Lookups ignore the case, exports do not: one to `b1` never reaches the row
    `B1` (seen on Consul 1.14). A link is kept as it is; an incomplete one is better recreated.
    """
    why = _misspelt(acceptor) or _misspelt(dialer)
    if why and verdict.condition is Condition.READY:
        return PairState(Condition.UNHEALTHY, f"{why}: plan with --replace to recreate it", verdict.swapped)
    if why and verdict.condition is Condition.INCOMPLETE:
        return PairState(Condition.BROKEN, why)
    return verdict


def _misspelt(end: End) -> str:
    stored = str((end.row or {}).get("Name") or end.name)
    if stored in (end.name, stored.lower()):
        return ""
    return f'{end.shown()} is stored as "{stored}", which exports to "{end.name}" do not match'


def _unlinked(acceptor: End, dialer: End) -> PairState:
    if dialer.dials and not acceptor.dials:
        if dialer.state == "PENDING":
            return PairState(Condition.INCOMPLETE, f"{dialer.shown()} is left over from a failed exchange")
        why = f"{dialer.shown()} leads to a row of {acceptor.cluster} that was deleted and recreated"
        return PairState(Condition.BROKEN, why)
    if acceptor.dials and not dialer.dials:
        return PairState(Condition.BROKEN, f"{acceptor.shown()} and {dialer.shown()} do not belong together")
    return PairState(Condition.BROKEN, f"both ends {'dial' if dialer.dials else 'wait to be dialed'}")


def _unhealthy_reason(accepting: End, dialing: End) -> str:
    """Return why a linked pair may not be connected, in one sentence."""
    states = f"{accepting.state} on {accepting.cluster}, {dialing.state} on {dialing.cluster}"
    if "FAILING" in (accepting.state, dialing.state):
        reason = "the connection broke: the other end may be down or its gRPC port unreachable"
    elif not accepting.remote_datacenter and accepting.state == "PENDING":
        reason = f"{dialing.cluster} has the secret and has not connected yet"
    elif "ACTIVE" in (accepting.state, dialing.state):
        reason = "one end does not see the connection (just after a change of leader this passes)"
    else:
        reason = f"{dialing.cluster} has not reconnected since a change of leader"
    return f"{states}: {reason}"
