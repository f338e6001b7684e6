"""What each object takes: the permissions that Consul asks for when it is read, written or removed.

Source: `CanRead` and `CanWrite` of `agent/structs/config_entry*.go`, `agent/rpc/peering/service.go` and
`agent/acl_endpoint.go`, 1.14 to 1.20; tried on servers of these versions.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.peering.body import PeeringSpec


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One permission on one cluster, in the words of Consul's authorizer (`acl.Enforce`)."""

    cluster: str
    resource: str
    access: str
    name: str = ""


def to_read(address: Address, body: Body | None) -> Iterator[Need]:
    """Yield the permissions that reading an object takes; none for kinds that are not known here."""
    if address.type == "peering":
        yield from (Need(cluster, "peering", "read") for cluster in _ends(address, body))
    elif address.type == "acl_policy":
        yield Need(address.cluster, "acl", "read")
    else:
        yield from _entry_read(address.cluster, *entry_ref(address))


def _entry_read(cluster: str, kind: str, name: str) -> Iterator[Need]:
    record = ENTRY_KINDS.get(kind)
    if record is not None and record.read:
        yield _need(cluster, record.read, "read", name)


def to_write(address: Address, body: Body | None) -> Iterator[Need]:
    """Yield the permissions that writing an object with this canonical body takes, or removing it
    (`None`).
    """
    if address.type == "peering":
        yield from (Need(cluster, "peering", "write") for cluster in _ends(address, body))
    elif address.type == "acl_policy":
        yield Need(address.cluster, "acl", "write")
    else:
        kind, name = entry_ref(address)
        yield from _entry_write(address.cluster, kind, name)
        if body is not None:
            for other in sorted(referenced(kind, name, body)):
                yield Need(address.cluster, "service", "read", other)


def _entry_write(cluster: str, kind: str, name: str) -> Iterator[Need]:
    record = ENTRY_KINDS.get(kind)
    if record is not None and record.write:
        yield _need(cluster, record.write, "write", name)


def _need(cluster: str, resource: str, access: str, name: str) -> Need:
    return Need(cluster, resource, access, "" if resource == "mesh" else name)


def referenced(kind: str, name: str, body: Body) -> set[str]:
    """Return the services that an entry of a discovery chain refers to, without its own."""
    record = ENTRY_KINDS.get(kind)
    parts = record.refers(body) if record is not None and record.refers is not None else ()
    return {str(part.get("Service") or name) for part in parts} - {name}


def _ends(address: Address, body: Body | None) -> tuple[str, str]:
    spec = PeeringSpec.of(address, body)
    return spec.acceptor, spec.dialer
