"""Which lists of entries the writes of a plan are judged by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.foresight import Write
from reconciler.sdk.provider import Body
from reconciler.sdk.scope import DEFAULT
from reconciler_consul.graph.body import (
    AROUND_CHAINS,
    CHAIN_KINDS,
    EXPORTS,
    INGRESS,
    INTENTIONS,
    MESH,
    OF_CHAINS,
    PERMISSIVE,
    PROVIDER,
    TERMINATING,
    has_permissions,
    providers,
)
from reconciler_consul.kinds.names import entry_ref, folded
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.listing import ListKey

Spaces = dict[tuple[str, str], set[tuple[str | None, str | None]]]  # of a partition: how addresses name them


def needed(
    live: Mapping[Address, Body], writes: Sequence[Write], read: Iterable[ListKey] = ()
) -> frozenset[ListKey] | None:
    """Return the lists that these writes are judged by; `None` where nothing judges any of them.

    `read` are the lists that were read for this run: they show which namespaces a partition has.
    """
    entries = [write for write in writes if write.address.type not in ("peering", "acl_policy")]
    spaces = _spaces((*live, *(write.address for write in entries)), read)
    found = {place for write in entries for place in _of_write(write, spaces)}
    guarding = {place for found in _guarding(writes) for place in _everywhere(found, spaces)}
    if not found and not guarding and not _share_names(live, writes) and not _overlap(writes):
        return None
    return frozenset(found | guarding)


def _spaces(addresses: Iterable[Address], read: Iterable[ListKey]) -> Spaces:
    found: Spaces = {}
    scopes = [(at.cluster, at.partition, at.namespace) for at in addresses]
    scopes += [(at.cluster, at.partition, at.namespace) for at in read]
    for cluster, partition, namespace in (
        *scopes,
        *((at.cluster, at.partition, at.namespace) for at in read),
    ):
        if namespace not in (None, "*"):
            spaces = found.setdefault((cluster, partition or DEFAULT), {(partition, None)})
            spaces.add((partition, namespace))
    return found


def _of_write(write: Write, spaces: Spaces) -> Iterator[ListKey]:
    """Yield the lists that a write is judged by. What a whole partition shares is judged by all its
    namespaces, and so is a part of a chain: chains lead from one namespace to another.
    """
    whole = entry_ref(write.address)[0] in (EXPORTS, *OF_CHAINS)
    for place in _places(write.address, _judging(write)):
        yield from _everywhere(place, spaces if whole else {})


def _everywhere(place: ListKey, spaces: Spaces) -> Iterator[ListKey]:
    """Yield a list, and the same of the other namespaces of the partition that the run knows of."""
    yield place
    known = spaces.get((place.cluster, place.partition or DEFAULT), set())
    for partition, namespace in sorted(known, key=str) if is_namespaced(place.kind) else ():
        yield ListKey(place.cluster, place.kind, partition, namespace)


def _judging(write: Write) -> Iterable[str]:
    """Return the kinds that servers look at when this is written."""
    kind, body = entry_ref(write.address)[0], write.body
    if kind in OF_CHAINS:
        permissive = body is not None and body.get("MutualTLSMode") == PERMISSIVE
        return (*AROUND_CHAINS, MESH) if permissive else AROUND_CHAINS
    if kind == PROVIDER:
        return (INTENTIONS,) if body is None else ()
    if body is None:
        return ()
    if kind == INTENTIONS:
        return (*(OF_CHAINS if has_permissions(body) else ()), *((PROVIDER,) if providers(body) else ()))
    return {EXPORTS: CHAIN_KINDS, INGRESS: (*OF_CHAINS, TERMINATING), TERMINATING: (INGRESS,)}.get(kind, ())


def _places(address: Address, kinds: Iterable[str]) -> Iterator[ListKey]:
    for kind in kinds:
        namespace = address.namespace if is_namespaced(kind) and address.namespace != "*" else None
        yield ListKey(address.cluster, kind, address.partition, namespace)


def _guarding(writes: Sequence[Write]) -> Iterator[ListKey]:
    """Yield the lists that show whose access writes to exports, intentions and peerings of a cluster change
    together.
    """
    opening: dict[str, set[Address]] = {}
    guards: dict[str, set[Address]] = {}
    for write in writes:
        if write.address.type == "peering":
            for cluster in (write.address.cluster, write.address.name):
                opening.setdefault(cluster, set()).add(write.address)
        elif write.address.type == "exported_services":
            opening.setdefault(write.address.cluster, set()).add(write.address)
        elif write.address.type == "service_intentions":
            guards.setdefault(write.address.cluster, set()).add(write.address)
    for cluster, addresses in opening.items():
        exporting = {address for address in addresses if address.type == "exported_services"}
        if cluster in guards or (exporting and len(addresses) > 1):
            for address in exporting or {Address("exported_services", cluster, "default")}:
                yield from _places(address, (*CHAIN_KINDS, EXPORTS))


def _overlap(writes: Sequence[Write]) -> bool:
    """Say whether intentions for every service of a cluster are written together with those for one."""
    names: dict[str, set[str]] = {}
    for write in writes:
        if write.address.type == "service_intentions":
            names.setdefault(write.address.cluster, set()).add(write.address.name)
    return any("*" in found and len(found) > 1 for found in names.values())


def _share_names(live: Mapping[Address, Body], writes: Sequence[Write]) -> bool:
    """Say whether two peerings have, had or will have one name on a cluster."""
    taken: dict[tuple[str, str], Address] = {}
    written = [(write.address, write.body) for write in writes if write.address.type == "peering"]
    if not written:
        return False
    standing = [(address, body) for address, body in live.items() if address.type == "peering"]
    for address, body in (*standing, *((a, b) for a, b in written if b is not None)):
        for cluster, name in PeeringSpec.of(address, body).names.items():
            if taken.setdefault((cluster, folded(name)), address) != address:
                return True
    return False
