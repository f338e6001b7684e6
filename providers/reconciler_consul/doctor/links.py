"""Peerings: the rows at both ends, heartbeats, and what the dialing row knows of the acceptor's servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reconciler_consul.access.network.parsing import list_of, name_of
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, found, link
from reconciler_consul.graph.body import MESH, struct, text

_OLD = 60  # seconds since the last heartbeat from which it is long ago; servers send one every 15
_ROLES = ("acceptor", "dialer")


class Ends(NamedTuple):
    """A peering of a world, and the words of it that findings use."""

    network: Network
    item: Mapping[str, Any]

    @property
    def names(self) -> dict[str, str]:
        """Return the words for the texts of the catalogue."""
        one, other = self.item["acceptor"], self.item["dialer"]
        alias = text(self.item.get("name_at_dialer"))
        return {"peering": f"peering.{one}/{other}", "alias": alias, "acceptor": one, "dialer": other}

    def at(self, role: str, key: str) -> Any:
        """Return what one end says."""
        return self.item.get(f"{key}_at_{role}")

    @property
    def seen(self) -> list[str]:
        """Return what each end says, as evidence."""
        return [self._seen(role) for role in _ROLES if self.at(role, "state")]

    def _seen(self, role: str) -> str:
        age = self.at(role, "heartbeat_age_s")
        beat = "" if age is None else f", last heartbeat {age} s ago"
        called = text(self.item.get(f"name_at_{role}"))
        return f"{self.item[role]} ({role}) calls it {called}: {self.at(role, 'state')}{beat}"

    @property
    def is_up(self) -> bool:
        """Whether both ends say that it works, as far as they are known."""
        states = [self.at(role, "state") for role in _ROLES]
        return all(state in (None, "ACTIVE") for state in states)


def of_links(network: Network, peerings: Any) -> Found:
    """Yield what is wrong with the peerings of a world."""
    for item in list_of(peerings):
        if name_of(item.get("acceptor")) and name_of(item.get("dialer")):
            ends = Ends(network, item)
            yield from _states(ends)
            yield from _servers(ends)


# States


_BY_STATE = {
    "TERMINATED": "link-ended",
    "DELETING": "link-leaving",
    "FAILING": "link-failing",
    "PENDING": "link-incomplete",
    "ESTABLISHING": "link-incomplete",
    "ABSENT": "link-one-ended",
}


def _states(ends: Ends) -> Found:
    """Yield one finding for a peering that does not work: that of its worst end."""
    for state, rule in _BY_STATE.items():
        for role in _ROLES:
            if ends.at(role, "state") == state:
                yield _state(ends, role, state, rule)
                return
    yield from _heartbeat(ends)


def _state(ends: Ends, role: str, state: str, rule: str) -> Any:
    here, there = ends.item[role], ends.item[_ROLES[role == "acceptor"]]
    said = f"the peering with {there} is {state} on {here}"
    if state == "ABSENT":
        said = f"{here} has no row for the peering with {there}"
    names = ends.names | {"alias": text(ends.item.get(f"name_at_{role}"))}
    return found(rule, said, *ends.seen, at=link(ends.item, here), also=(there,), **names)


def _heartbeat(ends: Ends) -> Found:
    age = ends.item.get("heartbeat_age_s")
    if isinstance(age, int | float) and age > _OLD and ends.is_up:
        one, other = ends.item["acceptor"], ends.item["dialer"]
        said = f"the last heartbeat of the peering of {one} and {other} was {age} s ago"
        at = link(ends.item, one)
        yield found("heartbeat-old", said, *ends.seen, at=at, also=(other,), **ends.names)


# What the dialing row knows of the acceptor's servers


def _servers(ends: Ends) -> Found:
    for said, rule, evidence, more in _wrong(ends):
        at = link(ends.item, ends.item["dialer"])
        names = ends.names | more
        yield found(rule, said, *evidence, *ends.seen, at=at, also=(ends.item["acceptor"],), **names)


Wrong = tuple[str, str, list[str], dict[str, str]]


def _wrong(ends: Ends) -> Iterator[Wrong]:
    dialer, acceptor = ends.item["dialer"], ends.item["acceptor"]
    hosts, ips = (ends.at("dialer", key) for key in ("server_hostnames", "server_ips"))
    if hosts and ips:
        seen = f"{hosts} hostnames and {ips} IP addresses in the row of {dialer}"
        yield f"{dialer} has hostnames and IP addresses for {acceptor}", "mixed-addresses", [seen], {}
    yield from _ports(ends)
    yield from _name(ends)
    yield from _addresses(ends)


def _ports(ends: Ends) -> Iterator[Wrong]:
    dialer, acceptor = ends.item["dialer"], ends.item["acceptor"]
    ports = struct(ends.network.site(acceptor).raw.get("ports"))
    http, grpc = ports.get("http"), ports.get("grpc_tls") or ports.get("grpc")
    dialed = ends.at("dialer", "server_ports") or []
    if http and str(http) in dialed and http not in (ports.get("grpc"), ports.get("grpc_tls")):
        seen = f"{dialer} dials port {http}; {acceptor} has its HTTP API there, and gRPC at {grpc}"
        said = f"{dialer} dials the HTTP port of {acceptor}"
        yield said, "http-port", [seen], {"port": str(grpc or 8503)}


def _name(ends: Ends) -> Iterator[Wrong]:
    """Consul's servers of a datacenter are called `server.DC.peering.TRUST-DOMAIN`."""
    dialer, acceptor = ends.item["dialer"], ends.item["acceptor"]
    site, name = ends.network.site(acceptor), text(ends.at("dialer", "server_name"))
    domain, datacenter = text(site.raw.get("trust_domain")), text(site.raw.get("datacenter"))
    if not (name and domain and datacenter):
        return
    expected = f"server.{datacenter}.peering.{domain}"
    if name != expected:
        seen = [f"{dialer} expects {name}", f"the servers of {acceptor} are {expected}"]
        yield f"{dialer} expects another name of the servers of {acceptor}", "server-name", seen, {}


def _addresses(ends: Ends) -> Iterator[Wrong]:
    """Only where the link is down: tokens may have other addresses than servers have among each other."""
    dialer, acceptor = ends.item["dialer"], ends.item["acceptor"]
    site = ends.network.site(acceptor)
    known = {_host(one) for one in ends.at("dialer", "server_addresses") or ()}
    there = {_host(text(one)) for one in site.raw.get("server_addresses") or ()}
    through = struct((site.entry(MESH, MESH) or {}).get("Peering")).get("PeerThroughMeshGateways")
    if known and there and not known & there and not ends.is_up and not through:
        seen = [f"{dialer} dials {', '.join(sorted(known))}", f"{acceptor} is at {', '.join(sorted(there))}"]
        yield f"{dialer} dials addresses at which {acceptor} has no server", "addresses-outdated", seen, {}


def _host(address: str) -> str:
    return str(address).rpartition(":")[0].strip("[]") or str(address)
