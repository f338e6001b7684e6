"""The services behind gateways, as config entries say: what ingress lets in, what others reach outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .store import Entry, Store
from .versions import Version

Value = dict[str, Any]
KINDS = ("ingress-gateway", "terminating-gateway")
TLS = ("CAFile", "CertFile", "KeyFile", "SNI")


def services_of(store: Store, gateway: str, version: Version) -> list[Value]:
    """Return the services behind a gateway, sorted by name; none where no entry speaks of it.

    Consul ≥1.18 says whether the host of requests is rewritten.
    """
    for kind in KINDS:
        entry = store.entry(kind, gateway)
        if entry is not None:
            rows = _ingress(entry) if kind == KINDS[0] else _terminating(entry, rewrites=version.at_least(18))
            return sorted(rows, key=lambda row: (row["Service"]["Name"], row.get("Port", 0)))
    return []


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
