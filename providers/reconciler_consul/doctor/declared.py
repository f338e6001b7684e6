"""What is declared: objects that are not on the clusters, and addresses for tokens that cannot work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import (
    Found,
    Key,
    Symptom,
    dialed,
    exported,
    found,
    linked,
    peer_of,
    written,
)
from reconciler_consul.doctor.lacking import Lack, lacking
from reconciler_consul.doctor.links import grpc_of, wrong_ports
from reconciler_consul.graph.body import EXPORTS, struct
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.worlds.changed import body
from reconciler_consul.worlds.rows import is_ip
from reconciler_consul.worlds.written import NOT_IN_WORLDS, PEERING

_FEW = 4  # objects that are not there and are each a finding
_TOGETHER: frozenset[Key] = frozenset({("not applied",)})


def of_declared(network: Network, world: World, declared: Mapping[Address, Body]) -> Found:
    """Yield the declared objects that a world does not have, where it would be known; many are one finding:
    the configuration was not applied.
    """
    every = list(_lacking(network, world, declared))
    gone = [one for one in every if not one.diagnosis.evidence]
    if len(gone) <= _FEW:
        yield from every
        return
    yield _many(gone)
    for one in every:
        yield one if one.diagnosis.evidence else one._replace(because=_TOGETHER)


def _many(gone: list[Symptom]) -> Symptom:
    clusters = sorted({one.diagnosis.origin.cluster for one in gone if one.diagnosis.origin})
    said = f"{len(gone)} declared objects are not on {', '.join(clusters)}"
    return found("not-applied", said, at=Origin(clusters[0]), also=clusters, explains=_TOGETHER, address="*")


def _lacking(network: Network, world: World, declared: Mapping[Address, Body]) -> Found:
    for address, given in sorted(declared.items(), key=lambda one: str(one[0])):
        if address.type in NOT_IN_WORLDS or _unknown(network, address):
            continue
        there = body(world, address)
        if there is None:
            said = f"{address} is declared and not on {address.cluster}"
            yield _missing(address, said, given, {})
        else:
            yield from _in_part(address, given, there)


def _in_part(address: Address, given: Body, there: Body) -> Found:
    """Yield an object that is there without a part that is declared: exports, and sources of intentions."""
    lacks = lacking(entry_ref(address)[0], given, there) if address.type != PEERING else {}
    if lacks:
        said = f"{address} is on {address.cluster} without what is declared"
        yield _missing(address, said, given, lacks)


def _missing(address: Address, said: str, given: Body, lacks: Mapping[str, list[Lack]]) -> Symptom:
    kind = address.type if address.type == PEERING else entry_ref(address)[0]
    also = (address.name,) if address.type == PEERING else ()
    parts = [lack.said for some in lacks.values() for lack in some]
    seen = [f"declared and not there: {', '.join(parts)}"] if parts else []
    names = () if address.type == PEERING else lacks or _services(kind, address, given)
    return found(
        "not-applied", said, *seen, at=Origin(address.cluster, address), also=also, services=names,
        explains=_follows(kind, address, given, lacks), address=str(address),
    )  # fmt: skip


def _services(kind: str, address: Address, given: Body) -> Iterable[str]:
    """Return the services that an object is about."""
    return lacking(kind, given, {}) if kind == EXPORTS else [entry_ref(address)[1]]


def _follows(kind: str, address: Address, given: Body, lacks: Mapping[str, list[Lack]]) -> Iterator[Key]:
    """Yield what follows from an object, or a part of it, that is not there."""
    cluster = address.cluster
    if kind == PEERING:
        spec = PeeringSpec.of(address, given)
        yield from (peer_of(one, alias) for one, alias in spec.names.items())
    elif kind == EXPORTS:
        for service, some in (lacks or lacking(kind, given, {})).items():
            yield written(cluster, kind, service)
            yield from (exported(cluster, service, lack.peer) for lack in some)
    else:
        yield written(cluster, kind, entry_ref(address)[1])


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
    """Yield peerings that do not work and whose declared `server_external_addresses` cannot."""
    for address, spec in _with_addresses(declared):
        yield from _declared(network, address, spec, [str(one) for one in spec.external])


def addresses(declared: Mapping[Address, Body]) -> dict[tuple[str, str], list[str]]:
    """Return the addresses that are declared for tokens, by acceptor and dialer."""
    specs = (spec for _, spec in _with_addresses(declared))
    return {(spec.acceptor, spec.dialer): [str(one) for one in spec.external] for spec in specs}


def _with_addresses(declared: Mapping[Address, Body]) -> Iterator[tuple[Address, PeeringSpec]]:
    for address, given in declared.items():
        if address.type == PEERING and (spec := PeeringSpec.of(address, given)).external:
            yield address, spec


def _declared(network: Network, address: Address, spec: PeeringSpec, listed: list[str]) -> Found:
    ends, seen = (spec.acceptor, spec.dialer), f"server_external_addresses: {', '.join(listed)}"
    words = {"peering": str(address), "alias": spec.names[spec.dialer], "asked": spec.dialer}

    def wrong(rule: str, said: str, *more: str, **names: str) -> Symptom:
        at, also, same = Origin(address.cluster, address), (address.name,), dialed(rule, *ends)
        return found(
            rule, said, seen, *more, at=at, also=also, explains=[linked(*ends), same], because=[same],
            words=words | names,
        )  # fmt: skip

    if _is_up(network, spec):
        return
    if len({is_ip(one.rpartition(":")[0].strip("[]")) for one in listed}) == 2:
        yield wrong("mixed-addresses", f"{address} has hostnames and IP addresses for {spec.acceptor}")
    ports, used = struct(network.site(spec.acceptor).raw.get("ports")), {_port(one) for one in listed}
    grpc = grpc_of(ports)
    for one in wrong_ports(ports, used):
        more = f"{spec.acceptor} has {one.what} at {one.port}, and gRPC with TLS at {grpc}"
        said = f"{address} is to dial the {one.called} of {spec.acceptor}"
        yield wrong(one.rule, said, more, port=str(grpc))


def _port(address: str) -> str:
    return address.rpartition(":")[2]


def _is_up(network: Network, spec: PeeringSpec) -> bool:
    """Say whether both ends say that the peering works: what it dials then leads to the acceptor."""
    peer = network.links.between(spec.acceptor, spec.dialer)
    return peer is not None and peer.state_here == peer.state_there == "ACTIVE"
