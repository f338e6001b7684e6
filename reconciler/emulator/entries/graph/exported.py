"""What Consul refuses about the chains of services that are exported to peers (500)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.emulator.chain.compiler import HTTP_LIKE, Compiler, compile_chain
from reconciler.emulator.chain.read import GRAPH_KINDS, Overrides, Reader, chain_set
from reconciler.emulator.core.store import Store
from reconciler.emulator.core.versions import Version
from reconciler.emulator.peering.exports import chain_names, export_rules, rules_of
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]


def exported_names(store: Store, name: str, new: Value | None) -> tuple[set[str], set[str]]:
    """Return (services that are exported by name, those that a wildcard exports as well) for one write.

    Servers count the written name among those of the chains, for every kind of entry.
    """
    exact, wildcard = export_rules(store)
    named = {service for service, peers in exact.items() if peers}
    if not wildcard:
        return named, set()
    names = chain_names(store)
    return named, names | {name} if new is not None else names - {name}


def chain_refusals(
    store: Store, chain: Compiler, overrides: Overrides, version: Version
) -> Iterator[Refusal]:
    """Yield what servers may say against the chain of an exported service: they start anywhere."""
    yield from unsafe(store, chain.service, overrides, version)
    if chain.protocol not in HTTP_LIKE:
        yield from _new_targets(store, chain, version)


def export_refusals(store: Store, new: Value, version: Version) -> Iterator[Refusal]:
    """Yield what servers say against exporting services with the existing chains."""
    exact, wildcard = rules_of(new, store.namespace)
    names = {entry.name for kind in GRAPH_KINDS for entry in store.entries.get(kind, {}).values()}
    for name in sorted(names if wildcard else names & exact.keys()):
        yield from unsafe(store, name, {}, version)


def unsafe(store: Store, service: str, overrides: Overrides, version: Version) -> Iterator[Refusal]:
    """Yield why a chain leaves the datacenter or the peer of an exported service."""
    start = f'peer exported service "{service}" contains'
    for resolver in chain_set(Reader(store, overrides), service).resolvers.values():
        redirect = resolver.get("Redirect") or {}
        if redirect.get("Datacenter"):
            yield Refusal(500, f"{start} cross-datacenter resolver redirect")
        elif redirect.get("Peer") and version.at_least(16):
            yield Refusal(500, f"{start} cross-peer resolver redirect")
        for failover in (resolver.get("Failover") or {}).values():
            targets = failover.get("Targets") or () if version.at_least(16) else ()
            away = any(target.get("Datacenter") for target in targets)
            if failover.get("Datacenters") or away:
                yield Refusal(500, f"{start} cross-datacenter failover")


def _new_targets(store: Store, chain: Compiler, version: Version) -> Iterator[Refusal]:
    """Yield refusals of new targets: an exported service that is not HTTP may not gain any; those of failover
    count before 1.16 only.
    """
    service = chain.service
    try:
        known = _identities(compile_chain(store, service), version).keys()
    except Refusal as refusal:
        yield Refusal(500, f'error compiling current discovery chain for "{service}": {refusal.text}')
        return
    for identity, key in _identities(chain, version).items():
        if identity not in known:
            yield Refusal(
                500,
                f'peer exported service "{service}" uses protocol="{chain.protocol}" and cannot introduce '
                f'new discovery chain targets like "{key}"',
            )


def _identities(chain: Compiler, version: Version) -> dict[str, str]:
    """Return what the certificates of a chain's targets would say -> one of the targets."""
    newer = version.at_least(16)
    failover = {target for node in chain.nodes.values() for target in node.failover} if newer else set()
    out: dict[str, str] = {}
    for key in sorted(chain.targets.keys() - failover):
        target = chain.targets[key]
        peer = f"peer:{target.peer}" if target.peer and newer else target.datacenter
        out.setdefault(f"{target.service}.{target.namespace}.{target.partition}.{peer}", key)
    return out
