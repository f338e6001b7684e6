"""Peerings between rows and resource bodies.

A body is `{"Acceptor": cluster, "Dialer": cluster, "Names": {cluster: local name for the other},
"Meta": {...}?, "ServerExternalAddresses": [...]?}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body, Condition, Present
from reconciler_consul.peering.contact import contacts, heartbeat
from reconciler_consul.peering.pair import End, PairState, Row, judge_pair, linked


@dataclass(frozen=True, slots=True)
class PeeringSpec:
    """A peering as declared or recorded: who accepts, who dials, and each end's local name."""

    acceptor: str
    dialer: str
    names: Mapping[str, str]
    meta: Mapping[str, Any] = field(default_factory=dict)
    external: tuple[Any, ...] = ()

    @classmethod
    def of(cls, address: Address, body: Body | None) -> PeeringSpec:
        """Read a body; what it leaves out is as the address says, each end named after the other."""
        body = body or {}
        ends = (address.cluster, address.name)
        acceptor = str(body.get("Acceptor") or ends[0])
        dialer = str(body.get("Dialer") or next((end for end in ends if end != acceptor), ends[1]))
        names = {acceptor: dialer, dialer: acceptor} | dict(body.get("Names") or {})
        external = tuple(body.get("ServerExternalAddresses") or ())
        return cls(acceptor, dialer, names, body.get("Meta") or {}, external)


@dataclass(frozen=True, slots=True)
class Site:
    """What one cluster shows: its rows by lower-case name, and who it is."""

    rows: Mapping[str, Row]
    datacenter: str = ""
    trust_domain: str = ""
    partition: str = ""

    def end(self, cluster: str, name: str) -> End:
        """Return the end with this local name."""
        own = (self.datacenter, self.trust_domain, self.partition)
        return End(cluster, name, self.rows.get(name.lower()), self.rows, *own)


def ends(spec: PeeringSpec, sites: Mapping[str, Site]) -> tuple[End, End]:
    """Return acceptor and dialer as declared, with the rows that exist there."""
    return (
        sites[spec.acceptor].end(spec.acceptor, spec.names[spec.acceptor]),
        sites[spec.dialer].end(spec.dialer, spec.names[spec.dialer]),
    )


def standing(spec: PeeringSpec, sites: Mapping[str, Site]) -> dict[str, str]:
    """Return the clusters whose row of this peering exists, with its ID; for use where not all could
    be read.
    """
    found = [site.end(name, spec.names[name]) for name, site in sites.items()]
    usable = [end for end in found if end.row and not end.leaves and end.state != "TERMINATED"]
    return {end.cluster: end.id for end in usable}


def discovered(spec: PeeringSpec, sites: Mapping[str, Site]) -> PeeringSpec:
    """Return the names under which two clusters are linked, where none are declared and the default has no
    row.

    Only a single link counts: with several, it is not known which is meant.
    """
    if any(end.row for end in ends(spec, sites)):
        return spec
    found = [
        PeeringSpec(accepting, dialing, {accepting: str(row["Name"]), dialing: str(other["Name"])})
        for accepting, dialing in ((spec.acceptor, spec.dialer), (spec.dialer, spec.acceptor))
        for row in sites[accepting].rows.values()
        for other in sites[dialing].rows.values()
        if row.get("ID") and other.get("PeerID") == row.get("ID")
    ]
    return found[0] if len(found) == 1 else spec


def named(spec: PeeringSpec, otherwise: PeeringSpec, sites: Mapping[str, Site]) -> PeeringSpec:
    """Return the names of a peering whose last operation was never seen to end.

    The new names count where both rows are linked under them, and where under the old names there is nothing,
    or another's link.
    """
    if linked(*ends(otherwise, sites)):
        return otherwise
    verdict = judge_pair(*ends(spec, sites))
    return otherwise if verdict.condition in (None, Condition.CONFLICT) else spec


def present(spec: PeeringSpec, sites: Mapping[str, Site], now: datetime) -> Present | None:
    """Return the observation of a peering from the rows of both clusters; `None` where neither has one."""
    acceptor, dialer = ends(spec, sites)
    verdict = judge_pair(acceptor, dialer)
    if verdict.condition is None:
        return None
    accepting, dialing = (dialer, acceptor) if verdict.swapped else (acceptor, dialer)
    body: dict[str, Any] = {
        "Acceptor": accepting.cluster,
        "Dialer": dialing.cluster,
        "Names": dict(spec.names),
    }
    meta = (accepting.row or dialing.row or {}).get("Meta")
    if meta:
        body["Meta"] = dict(meta)
    if spec.external:
        body["ServerExternalAddresses"] = list(spec.external)  # Consul never gives them back
    version = max(int((end.row or {}).get("ModifyIndex", 0)) for end in (acceptor, dialer))
    ids = {"acceptor_id": accepting.id, "dialer_id": dialing.id}
    status = status_text(acceptor, dialer, verdict, now)
    ids = {name: value for name, value in ids.items() if value}
    hint = _way_out(acceptor, dialer, verdict.why) if verdict.condition is Condition.CONFLICT else ""
    times = contacts((acceptor, dialer))
    return Present(body, version, ids, verdict.condition, verdict.why, status, hint, contacts=times)


def _way_out(acceptor: End, dialer: End, why: str) -> str:
    """Return what to declare where a name is taken: the names of the existing link, or other ones."""
    for end, partner in ((acceptor, dialer), (dialer, acceptor)):
        for row in partner.others.values():
            if end.row and end.id and (row.get("PeerID") == end.id or row.get("ID") == end.peer_id):
                names = f"{{{end.cluster}: {end.name}, {partner.cluster}: {row.get('Name')}}}"
                return f"these clusters are linked already: to take that link over, declare names: {names}"
    taken = acceptor if why.startswith(acceptor.shown()) else dialer
    return f"choose another name for this end, as in names: {{{taken.cluster}: {taken.name}-2}}"


def status_text(acceptor: End, dialer: End, verdict: PairState, now: datetime) -> str:
    """Return a peering's state for people: `active on both ends, heartbeat 4 s ago`."""
    if verdict.condition is Condition.READY:
        text = "active on both ends"
    else:
        text = f"{acceptor.state} on {acceptor.cluster}, {dialer.state} on {dialer.cluster}"
    age = _heartbeat_age(acceptor, dialer, now)
    if age and linked(acceptor, dialer):
        text += f", heartbeat {age} ago"
    if verdict.swapped:
        text += f" ({acceptor.cluster} dialed)"
    return text


def _heartbeat_age(acceptor: End, dialer: End, now: datetime) -> str:
    beats = [moment for end in (acceptor, dialer) if (moment := heartbeat(end.row or {})) is not None]
    if not beats:
        return ""
    seconds = max(0, int((now - max(beats)).total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
