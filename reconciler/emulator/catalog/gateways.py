"""The services behind gateways, as config entries say: what ingress lets in, what others reach outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.emulator.core.store import Entry, Store
from reconciler.emulator.core.versions import Version

Value = dict[str, Any]
KINDS = ("ingress-gateway", "terminating-gateway")
TLS = ("CAFile", "CertFile", "KeyFile", "SNI")


def services_of(store: Store, gateway: str, version: Version) -> list[Value]:
    """Return the services behind a gateway, sorted by name; none where no entry speaks of it.

    A wildcard stands for each service of the catalog that is not named. Consul ≥1.18 says whether the host of
    requests is rewritten.
    """
    for kind in KINDS:
        entry = store.entry(kind, gateway)
        if entry is not None:
            rows = _ingress(entry) if kind == KINDS[0] else _terminating(entry, rewrites=version.at_least(18))
            return sorted(_spread(store, list(rows)), key=_place)
    return []


def _place(row: Value) -> tuple[str, int]:
    return row["Service"]["Name"], row.get("Port", 0)


def _spread(store: Store, rows: list[Value]) -> Iterator[Value]:
    """Yield rows with a wildcard's row replaced by one for each service that it is for."""
    named = {row["Service"]["Name"] for row in rows}
    for row in rows:
        if row["Service"]["Name"] != "*":
            yield row
            continue
        for name in _covered(store, meshed=row["GatewayKind"] == KINDS[0]):
            if name not in named:
                yield {**row, "Service": {"Name": name}, "FromWildcard": True}


def _covered(store: Store, *, meshed: bool) -> Iterator[str]:
    """Yield the services that a wildcard is for: of ingress, those that the mesh reaches."""
    proxied = {row["Proxy"].get("DestinationServiceName") for row in store.services.values()}
    for name, rows in sorted(store.by_name.items()):
        plain = any(not row["Kind"] for row in rows.values()) and name != "consul"
        native = any(row["Connect"].get("Native") for row in rows.values())
        if plain and (not meshed or native or name in proxied):
            yield name


def ingress_of(store: Store, service: str) -> list[str]:
    """Return the ingress gateways that let a service in, by name or by the wildcard."""
    found = []
    for entry in store.list_entries(KINDS[0]):
        names = {row["Service"]["Name"] for row in _ingress(entry)}
        if names & {service, "*"}:
            found.append(entry.name)
    return found


def _base(entry: Entry, service: Value) -> Value:
    return {
        "Gateway": {"Name": entry.name},
        "Service": {"Name": service["Name"]},
        "GatewayKind": entry.kind,
    }


def _stamped(entry: Entry, row: Value) -> Value:
    return {**row, "CreateIndex": entry.modify, "ModifyIndex": entry.modify}


def _ingress(entry: Entry) -> Iterator[Value]:
    for listener in entry.value.get("Listeners") or ():
        for service in listener.get("Services") or ():
            row = _base(entry, service) | {"Port": listener.get("Port", 0)}
            row |= {"Protocol": listener.get("Protocol", "tcp")}
            if service.get("Hosts"):
                row["Hosts"] = service["Hosts"]
            yield _stamped(entry, row)


def _terminating(entry: Entry, *, rewrites: bool) -> Iterator[Value]:
    for service in entry.value.get("Services") or ():
        row = _base(entry, service) | {key: service[key] for key in TLS if service.get(key)}
        row = _stamped(entry, row)
        if rewrites and not service.get("DisableAutoHostRewrite"):
            row["AutoHostRewrite"] = True
        yield row
