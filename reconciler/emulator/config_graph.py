"""What Consul refuses about an entry because of the others (500): protocols, loops, exports, providers.

Only the neighbourhood of a change is compiled: the service itself, whoever leads to it, and its intentions.
"""

from __future__ import annotations

from typing import Any

from .chain import HTTP_LIKE, Compiler, compile_chain
from .chain_read import GRAPH_KINDS, Reader, chain_entries
from .config_ingress import check_listeners
from .exports import export_rules, is_exported, rules_of
from .messages import Refusal
from .store import Store
from .versions import Version

Value = dict[str, Any]
Override = dict[tuple[str, str], Value | None]
GATEWAYS = {"ingress-gateway": "terminating-gateway", "terminating-gateway": "ingress-gateway"}


def check_graph(store: Store, kind: str, name: str, new: Value | None, version: Version) -> None:
    """Raise the Refusal for putting `new` (None: deleting) at kind/name, if any."""
    if new is not None:
        _check_tls_mode(store, kind, new)
        _check_gateways(store, kind, name)
        _check_providers(store, kind, new)
    elif kind == "jwt-provider":
        _check_provider_unused(store, name)
    if kind == "exported-services":
        if new is not None:
            _check_exports(store, new, version)
    elif kind == "service-intentions":
        if new is not None:
            _check_chains(store, {}, [name] if _has_permissions(new) else [], version, {name: new})
    elif kind in ("service-defaults", *GRAPH_KINDS, "proxy-defaults"):
        services = _affected(store, kind, name)
        _check_chains(store, {(kind, name): new}, services, version, {})
        check_listeners(store, {(kind, name): new}, {*services, name}, everyone=kind == "proxy-defaults")
    elif kind == "ingress-gateway" and new is not None:
        check_listeners(store, {(kind, name): new}, set(), everyone=True)


def _affected(store: Store, kind: str, name: str) -> list[str]:
    if kind == "proxy-defaults":
        found = {entry.name for one in GRAPH_KINDS for entry in store.entries.get(one, {}).values()}
        l7 = store.entries.get("service-intentions", {}).values()
        return sorted(found | {entry.name for entry in l7 if _has_permissions(entry.value)})
    around = store.referrers.get(name)
    if kind == "service-defaults" and not around and not _matters(store, name):
        return []
    return [name, *sorted({other for _, other in around or ()} - {name})]


def _matters(store: Store, name: str) -> bool:
    if any(store.entry(kind, name) for kind in GRAPH_KINDS):
        return True
    intentions = store.entry("service-intentions", name)
    return intentions is not None and _has_permissions(intentions.value)


def _has_permissions(value: Value) -> bool:
    return any(source.get("Permissions") for source in value.get("Sources") or ())


def _check_chains(
    store: Store, overrides: Override, services: list[str], version: Version, intentions: dict[str, Value]
) -> None:
    rules = export_rules(store)
    for service in services:
        chain = compile_chain(store, service, overrides)
        if is_exported(store, rules, service):
            check_export_safe(store, service, overrides, version)
            _check_frozen_targets(store, service, chain, version)
        _check_permissions(store, service, chain, intentions)


def _check_permissions(store: Store, service: str, chain: Compiler, intentions: dict[str, Value]) -> None:
    entry = store.entry("service-intentions", service)
    value = intentions.get(service, entry.value if entry else None)
    if service == "*" or value is None or not _has_permissions(value):
        return
    if chain.protocol not in HTTP_LIKE:
        raise Refusal(
            500,
            f'service "{service}" has protocol "{chain.protocol}", which is incompatible with L7 intentions '
            "permissions",
        )


def _check_frozen_targets(store: Store, service: str, chain: Compiler, version: Version) -> None:
    """An exported TCP service may not gain targets (Consul ≥1.16: peers do not count as such)."""
    if chain.protocol in HTTP_LIKE:
        return
    old = compile_chain(store, service)
    known = {_identity(old, key, version) for key in old.targets}
    for key in sorted(chain.targets):
        identity = _identity(chain, key, version)
        if identity and identity not in known:
            raise Refusal(
                500,
                f'peer exported service "{service}" uses protocol="{chain.protocol}" and cannot introduce '
                f'new discovery chain targets like "{key}"',
            )


def _identity(chain: Compiler, key: str, version: Version) -> str:
    target = chain.targets[key]
    if target.peer:
        return "" if version.at_least(16) else f"{target.service}@{target.peer}"
    return f"{target.service}.{target.namespace}.{target.partition}.{target.datacenter}"


def _check_exports(store: Store, new: Value, version: Version) -> None:
    exact, wildcard = rules_of(new, store.namespace)
    names = {entry.name for kind in GRAPH_KINDS for entry in store.entries.get(kind, {}).values()}
    for name in sorted(names if wildcard else names & exact.keys()):
        check_export_safe(store, name, {}, version)


def check_export_safe(store: Store, service: str, overrides: Override, version: Version) -> None:
    """Refuse a chain that leaves the datacenter or peer of an exported service."""
    start = f'peer exported service "{service}" contains'
    for kind, _, value in chain_entries(Reader(store, overrides), service):
        if kind != "service-resolver":
            continue
        redirect = value.get("Redirect") or {}
        if redirect.get("Datacenter"):
            raise Refusal(500, f"{start} cross-datacenter resolver redirect")
        if redirect.get("Peer") and version.at_least(16):
            raise Refusal(500, f"{start} cross-peer resolver redirect")
        for failover in (value.get("Failover") or {}).values():
            targets = failover.get("Targets") or () if version.at_least(16) else ()
            away = any(target.get("Datacenter") for target in targets)
            if failover.get("Datacenters") or away:
                raise Refusal(500, f"{start} cross-datacenter failover")


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
