"""What is declared: objects that are not on the clusters, and addresses for tokens that cannot work."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, found
from reconciler_consul.graph.body import struct
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.worlds.changed import body
from reconciler_consul.worlds.rows import is_ip
from reconciler_consul.worlds.written import NOT_IN_WORLDS, PEERING


def of_declared(network: Network, world: World, declared: Mapping[Address, Body]) -> Found:
    """Yield the declared objects that a world does not have, where it would be known."""
    for address in sorted(declared, key=str):
        if address.type in NOT_IN_WORLDS or _unknown(network, address):
            continue
        if body(world, address) is None:
            said = f"{address} is declared and not on {address.cluster}"
            also = (address.name,) if address.type == PEERING else ()
            names = [] if address.type == PEERING else [entry_ref(address)[1]]
            at = Origin(address.cluster, address)
            yield found("not-applied", said, at=at, also=also, services=names, address=str(address))


def _unknown(network: Network, address: Address) -> bool:
    site = network.site(address.cluster)
    if address.type == PEERING:
        other = network.site(address.name)
        return bool(site.whole_unknown or other.whole_unknown) or _rows(network, address)
    return bool(site.unknown(entry_ref(address)[0]))


def _rows(network: Network, address: Address) -> bool:
    names = (address.cluster, address.name)
    return any("peerings" in network.site(name).raw.get("unknown", {}) for name in names)


# Addresses that tokens are to carry. Consul never gives them back: only the declaration has them.


def of_addresses(network: Network, declared: Mapping[Address, Body]) -> Found:
    """Yield peerings whose declared `server_external_addresses` cannot work."""
    for address, given in declared.items():
        spec = PeeringSpec.of(address, given) if address.type == PEERING else None
        listed = [str(one) for one in spec.external] if spec else []
        if spec is not None and listed:
            yield from _declared(network, address, spec, listed)


def _declared(network: Network, address: Address, spec: PeeringSpec, listed: list[str]) -> Found:
    at, also = Origin(address.cluster, address), (address.name,)
    seen = f"server_external_addresses: {', '.join(listed)}"
    kinds = {is_ip(one.rpartition(":")[0].strip("[]")) for one in listed}
    words = {"peering": str(address)}
    if len(kinds) == 2:
        said = f"{address} has hostnames and IP addresses for {spec.acceptor}"
        yield found("mixed-addresses", said, seen, at=at, also=also, **words)
    ports = struct(network.site(spec.acceptor).raw.get("ports"))
    http, grpc = ports.get("http"), ports.get("grpc_tls") or ports.get("grpc")
    if http and any(one.rpartition(":")[2] == str(http) for one in listed) and http != grpc:
        said = f"{address} is to dial the HTTP port of {spec.acceptor}"
        more = f"{spec.acceptor} has its HTTP API at {http}, and gRPC at {grpc}"
        yield found("http-port", said, seen, more, at=at, also=also, port=str(grpc or 8503), **words)
