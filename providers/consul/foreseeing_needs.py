"""Which lists of entries the writes of a plan are judged by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from providers.consul.graph.body import (
    CHAIN_KINDS,
    DEFAULTS,
    EVERYWHERE,
    EXPORTS,
    INGRESS,
    INTENTIONS,
    MESH,
    PERMISSIVE,
    PROVIDER,
    TERMINATING,
    has_permissions,
    providers,
)
from providers.consul.listing import Place
from providers.consul.names import entry_ref, folded, is_namespaced
from providers.consul.peering_body import Spec
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Write
from reconciler.sdk.provider import Body

_CHAINS = (*CHAIN_KINDS, DEFAULTS, EVERYWHERE)
_ALL = (*_CHAINS, INGRESS, INTENTIONS, EXPORTS)


def needed(live: Mapping[Address, Body], writes: Sequence[Write]) -> frozenset[Place] | None:
    """The lists that these writes are judged by; `None` where nothing judges any of them."""
    entries = [write for write in writes if write.address.type not in ("peering", "acl_policy")]
    found = {place for write in entries for place in _places(write.address, _judging(write))}
    guarding = set(_guarding(writes))
    if not found and not guarding and not _share_names(live, writes) and not _overlap(writes):
        return None
    return frozenset(found | guarding)


def _judging(write: Write) -> Iterable[str]:
    """The kinds that servers look at when this is written."""
    kind, body = entry_ref(write.address)[0], write.body
    if kind in _CHAINS:
        return (*_ALL, MESH) if body is not None and body.get("MutualTLSMode") == PERMISSIVE else _ALL
    if kind == PROVIDER:
        return (INTENTIONS,) if body is None else ()
    if body is None:
        return ()
    if kind == INTENTIONS:
        return (*(_CHAINS if has_permissions(body) else ()), *((PROVIDER,) if providers(body) else ()))
    return {EXPORTS: CHAIN_KINDS, INGRESS: (*_CHAINS, TERMINATING), TERMINATING: (INGRESS,)}.get(kind, ())


def _places(address: Address, kinds: Iterable[str]) -> Iterator[Place]:
    for kind in kinds:
        namespace = address.namespace if is_namespaced(kind) and address.namespace != "*" else None
        yield Place(address.cluster, kind, address.partition, namespace)


def _guarding(writes: Sequence[Write]) -> Iterator[Place]:
    """What says whose access writes to exports, intentions and peerings of a cluster change together."""
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
    """Whether intentions for every service of a cluster are written together with those for one."""
    names: dict[str, set[str]] = {}
    for write in writes:
        if write.address.type == "service_intentions":
            names.setdefault(write.address.cluster, set()).add(write.address.name)
    return any("*" in found and len(found) > 1 for found in names.values())


def _share_names(live: Mapping[Address, Body], writes: Sequence[Write]) -> bool:
    """Whether two peerings have, had or will have one name on a cluster."""
    taken: dict[tuple[str, str], Address] = {}
    written = [(write.address, write.body) for write in writes if write.address.type == "peering"]
    if not written:
        return False
    standing = [(address, body) for address, body in live.items() if address.type == "peering"]
    for address, body in (*standing, *((a, b) for a, b in written if b is not None)):
        for cluster, name in Spec.of(address, body).names.items():
            if taken.setdefault((cluster, folded(name)), address) != address:
                return True
    return False
