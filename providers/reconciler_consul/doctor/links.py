"""Peerings: the rows at both ends, heartbeats, and what the dialing row knows of the acceptor's servers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from shlex import quote
from typing import Any, NamedTuple

from reconciler_consul.access.network.parsing import list_of, name_of
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, Key, dialed, found, link, linked, same_as, silent
from reconciler_consul.graph.body import MESH, struct, text

_OLD = 60  # seconds since the last heartbeat from which it is long ago; servers send one every 15
_ROLES = ("acceptor", "dialer")
_TESTED = 3  # addresses of an acceptor that a command tests


Given = Mapping[tuple[str, str], Sequence[str]]  # addresses for tokens, by acceptor and dialer
_NONE: Given = {}


class Ends(NamedTuple):
    """A peering of a world, and the words of it that findings use."""

    network: Network
    item: Mapping[str, Any]
    given: Sequence[str] = ()  # the addresses of the acceptor that are declared for the token

    @property
    def names(self) -> dict[str, str]:
        """Return the words for the texts of the catalogue."""
        one, other = self.item["acceptor"], self.item["dialer"]
        alias = text(self.item.get("name_at_dialer"))
        known = {"alias": alias, "asked": other, "acceptor": one, "dialer": other, "way": self._way(alias)}
        return {"peering": f"peering.{one}/{other}", **known}

    def _way(self, alias: str) -> str:
        """Return how to test the way to the servers that the dialer dials. Rows do not have the addresses
        that were given for the token: only the declaration has.
        """
        known = [_parts(text(one)) for one in self.given or self.at("dialer", "server_addresses") or ()]
        tests = [f"nc -vz {quote(host)} {quote(port)}" for host, port in known[:_TESTED]]
        read = f"consul peering read -name {quote(alias)} -http-addr=$CONSUL_HTTP_ADDR (PeerServerAddresses)"
        return "; ".join(tests) or f"nc -vz HOST PORT with the addresses of {read}"

    @property
    def ends(self) -> Key:
        """What all findings about it have in common."""
        return linked(self.item["acceptor"], self.item["dialer"])

    @property
    def roots(self) -> list[Key]:
        """What a state that is wrong may follow from."""
        return [silent(self.item["acceptor"]), silent(self.item["dialer"]), self.ends]

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


def of_links(network: Network, peerings: Any, given: Given = _NONE) -> Found:
    """Yield what is wrong with the peerings of a world."""
    for item in list_of(peerings):
        one, other = name_of(item.get("acceptor")), name_of(item.get("dialer"))
        if one and other:
            ends = Ends(network, item, given.get((one, other), ()))
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
    names, seen = ends.names, ends.seen
    if rule == "link-incomplete" and ends.given:
        seen = [*seen, f"server_external_addresses: {', '.join(ends.given)}"]
    if rule != "link-failing":  # what is asked about then is the row of that end
        names |= {"alias": text(ends.item.get(f"name_at_{role}")), "asked": here}
    at = link(ends.item, here)
    return found(rule, said, *seen, at=at, also=(there,), because=ends.roots, words=names)


def _heartbeat(ends: Ends) -> Found:
    age = ends.item.get("heartbeat_age_s")
    if isinstance(age, int | float) and age > _OLD and ends.is_up:
        one, other = ends.item["acceptor"], ends.item["dialer"]
        said = f"the last heartbeat of the peering of {one} and {other} was {age} s ago"
        at = link(ends.item, one)
        yield found(
            "heartbeat-old", said, *ends.seen, at=at, also=(other,), because=ends.roots, words=ends.names
        )


# What the dialing row knows of the acceptor's servers


def _servers(ends: Ends) -> Found:
    for said, rule, evidence, more in _wrong(ends):
        at = link(ends.item, ends.item["dialer"])
        names, also = ends.names | more, (ends.item["acceptor"],)
        same = dialed(rule, ends.item["acceptor"], ends.item["dialer"])
        yield found(
            rule, said, *evidence, *ends.seen, at=at, also=also, explains=[ends.ends, same],
            because=[same, same_as(ends.item["acceptor"])], words=names,
        )  # fmt: skip


Wrong = tuple[str, str, list[str], dict[str, str]]


def _wrong(ends: Ends) -> Iterator[Wrong]:
    dialer, acceptor = ends.item["dialer"], ends.item["acceptor"]
    hosts, ips = (ends.at("dialer", key) for key in ("server_hostnames", "server_ips"))
    if hosts and ips and not ends.is_up:
        seen = f"{hosts} hostnames and {ips} IP addresses in the row of {dialer}"
        yield f"{dialer} has hostnames and IP addresses for {acceptor}", "mixed-addresses", [seen], {}
    yield from _ports(ends)
    yield from _name(ends)
    yield from _addresses(ends)


def _ports(ends: Ends) -> Iterator[Wrong]:
    dialer, acceptor = ends.item["dialer"], ends.item["acceptor"]
    ports = struct(ends.network.site(acceptor).raw.get("ports"))
    used = ends.at("dialer", "server_ports") or []
    if ends.is_up:
        return
    for wrong in wrong_ports(ports, used):
        seen = f"{dialer} dials port {wrong.port}; {acceptor} has {wrong.what} there"
        said = f"{dialer} dials the {wrong.called} of {acceptor}"
        yield (
            said,
            wrong.rule,
            [f"{seen}, and gRPC with TLS at {grpc_of(ports)}"],
            {"port": str(grpc_of(ports))},
        )


class WrongPort(NamedTuple):
    """A port that is dialed, and is not that of peerings."""

    rule: str
    port: Any
    called: str
    what: str


def wrong_ports(ports: Mapping[str, Any], used: Collection[str]) -> Iterator[WrongPort]:
    """Yield the first port of each kind that a peering dials by mistake."""
    grpc, tls = ports.get("grpc"), ports.get("grpc_tls")
    api = [port for name in ("http", "https") if (port := ports.get(name)) and port not in (grpc, tls)]
    http = next((port for port in api if str(port) in used), None)
    if http is not None:
        yield WrongPort("http-port", http, "HTTP port", "its HTTP API")
    if grpc and tls and grpc != tls and str(grpc) in used:
        yield WrongPort("plain-grpc-port", grpc, "gRPC port without TLS", "gRPC without TLS")


def grpc_of(ports: Mapping[str, Any]) -> Any:
    """Return the port that peerings use; the usual one where it is not known."""
    return ports.get("grpc_tls") or ports.get("grpc") or 8503


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
    known = {_parts(text(one))[0] for one in ends.at("dialer", "server_addresses") or ()}
    there = {_parts(text(one))[0] for one in site.raw.get("server_addresses") or ()}
    through = struct((site.entry(MESH, MESH) or {}).get("Peering")).get("PeerThroughMeshGateways")
    if known and there and not known & there and not ends.is_up and not through:
        seen = [f"{dialer} dials {', '.join(sorted(known))}", f"{acceptor} is at {', '.join(sorted(there))}"]
        yield f"{dialer} dials addresses at which {acceptor} has no server", "addresses-outdated", seen, {}


def _parts(address: str) -> tuple[str, str]:
    """Return host and port."""
    host, _, port = address.rpartition(":")
    return host.strip("[]") or address, port
