"""What Consul refuses about an entry because of the others (500): protocols, loops, exports, providers.

Only the neighbourhood of a change is compiled: the service itself, those that lead to it, and its intentions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.emulator.chain.compiler import HTTP_LIKE, Compiler, compile_chain
from reconciler.emulator.core.store import Store
from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.graph.exported import chain_refusals, export_refusals, exported_names
from reconciler.emulator.entries.graph.ingress import check_listeners
from reconciler.emulator.entries.graph.involved import Involved, involved
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
GATEWAYS = {"ingress-gateway": "terminating-gateway", "terminating-gateway": "ingress-gateway"}


def check_graph(store: Store, kind: str, name: str, new: Value | None, version: Version) -> None:
    """Raise the Refusal for putting `new` (None: deleting) at kind/name, if any.

    Raises ServerEnds where servers do not live to say anything.
    """
    for refusal in refusals(store, kind, name, new, version):
        raise refusal


def refusals(store: Store, kind: str, name: str, new: Value | None, version: Version) -> Iterator[Refusal]:
    """Yield what servers may say against a write. They say one of it: they begin with any of the chains."""
    try:
        _check_alone(store, kind, name, new)
    except Refusal as refusal:
        yield refusal
        return
    if kind == "exported-services" and new is not None:
        yield from export_refusals(store, new, version)
        return
    for place in (store, *store.namespaces()) if kind == "proxy-defaults" else (store,):
        yield from _of_chains(place, kind, name, new, version)


def _check_alone(store: Store, kind: str, name: str, new: Value | None) -> None:
    if new is not None:
        _check_tls_mode(store, kind, new)
        _check_gateways(store, kind, name)
        _check_providers(store, kind, new)
    elif kind == "jwt-provider":
        _check_provider_unused(store, name)


def _of_chains(store: Store, kind: str, name: str, new: Value | None, version: Version) -> Iterator[Refusal]:
    found = involved(store, kind, name, new)
    overrides = {(kind, name): new}
    named, wild = exported_names(store, name, new)
    chains: dict[str, Compiler] = {}
    refused = False
    for service in found.chains:
        try:
            chain = chains[service] = compile_chain(store, service, overrides)
        except Refusal as broken:
            refused = True
            yield broken
            continue
        if service in named | wild:
            for against in chain_refusals(store, chain, overrides, version):
                refused = True
                yield against
    if not refused:
        yield from _of_users(found, chains)


def _of_users(found: Involved, chains: dict[str, Compiler]) -> Iterator[Refusal]:
    try:
        check_listeners(found, chains)
        for service, value in found.intentions.items():
            _check_permissions(service, value, chains)
    except Refusal as refusal:
        yield refusal


def _check_permissions(service: str, value: Value, chains: dict[str, Compiler]) -> None:
    if service == "*" or not any(source.get("Permissions") for source in value.get("Sources") or ()):
        return
    protocol = chains[service].protocol
    if protocol not in HTTP_LIKE:
        raise Refusal(
            500,
            f'service "{service}" has protocol "{protocol}", which is incompatible with L7 intentions '
            "permissions",
        )


def _check_tls_mode(store: Store, kind: str, new: Value) -> None:
    if kind not in ("service-defaults", "proxy-defaults") or new.get("MutualTLSMode") != "permissive":
        return
    old = store.entry(kind, new["Name"])
    if old is not None and old.value.get("MutualTLSMode") == "permissive":
        return
    mesh = store.wide.entry("mesh", "mesh")
    if mesh is None or not mesh.value.get("AllowEnablingPermissiveMutualTLS"):
        raise Refusal(
            500,
            "cannot set MutualTLSMode=permissive because AllowEnablingPermissiveMutualTLS=false in the mesh "
            "config entry",
        )


def _check_gateways(store: Store, kind: str, name: str) -> None:
    other = GATEWAYS.get(kind)
    if other is not None and store.entry(other, name) is not None:
        raise Refusal(
            500,
            f'cannot create a "{kind}" config entry with name "{name}", a "{other}" config entry with that '
            "name already exists",
        )


def _check_providers(store: Store, kind: str, new: Value) -> None:
    if kind != "service-intentions":
        return
    missing = [name for name in sorted(_providers(new)) if store.wide.entry("jwt-provider", name) is None]
    if missing:
        lines = "".join(
            f"\t* Referenced JWT Provider does not exist. Provider Name: {name}\n" for name in missing
        )
        count = "1 error" if len(missing) == 1 else f"{len(missing)} errors"
        raise Refusal(500, f"{count} occurred:\n{lines}\n")


def _check_provider_unused(store: Store, name: str) -> None:
    for entry in store.list_entries("service-intentions"):
        if name in _providers(entry.value):
            raise Refusal(
                500,
                "cannot delete jwt provider config entry referenced by an intention. Provider name: "
                f"{name}, intention name: {entry.name}",
            )


def _providers(value: Value) -> set[str]:
    holders = [value, *(p for source in value.get("Sources") or () for p in source.get("Permissions") or ())]
    jwts = [holder.get("JWT") or {} for holder in holders]
    return {provider.get("Name", "") for jwt in jwts for provider in jwt.get("Providers") or ()}
