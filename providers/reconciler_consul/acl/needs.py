"""What each object takes: the permissions that Consul asks for when it is read, written or removed.

Source: `CanRead` and `CanWrite` of `agent/structs/config_entry*.go`, `agent/rpc/peering/service.go` and
`agent/acl_endpoint.go`, 1.14 to 1.20; tried on servers of these versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.peering.body import Spec

CHAIN = ("service-resolver", "service-splitter", "service-router")
# Kinds of the mesh that are read with another permission than they are written with.
_READ_AS_SERVICE = ("ingress-gateway", "terminating-gateway", "api-gateway")
_READ_BY_ALL = ("mesh", "proxy-defaults", "sameness-group")
_MESH = (
    *_READ_AS_SERVICE,
    *_READ_BY_ALL,
    "exported-services",
    "jwt-provider",
    "http-route",
    "tcp-route",
    "inline-certificate",
    "file-system-certificate",
)


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One permission on one cluster, in the words of Consul's authorizer (`acl.Enforce`)."""

    cluster: str
    resource: str
    access: str
    name: str = ""


def to_read(address: Address, body: Body | None) -> Iterator[Need]:
    """What it takes to read an object. Nothing for kinds that are not known here."""
    if address.type == "peering":
        yield from (Need(cluster, "peering", "read") for cluster in _ends(address, body))
    elif address.type == "acl_policy":
        yield Need(address.cluster, "acl", "read")
    else:
        yield from _entry_read(address.cluster, *entry_ref(address))


def _entry_read(cluster: str, kind: str, name: str) -> Iterator[Need]:
    if kind == "service-intentions":
        yield Need(cluster, "intention", "read", name)
    elif kind == "service-defaults" or kind in CHAIN or kind in _READ_AS_SERVICE:
        yield Need(cluster, "service", "read", name)
    elif kind in _MESH and kind not in _READ_BY_ALL:
        yield Need(cluster, "mesh", "read")


def to_write(address: Address, body: Body | None) -> Iterator[Need]:
    """What it takes to write an object with this canonical body, or (`None`) to remove it."""
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
    if kind == "service-intentions":
        yield Need(cluster, "intention", "write", name)
    elif kind == "service-defaults" or kind in CHAIN:
        yield Need(cluster, "service", "write", name)
    elif kind in _MESH:
        yield Need(cluster, "mesh", "write")


def referenced(kind: str, name: str, body: Body) -> set[str]:
    """The services that an entry of a discovery chain refers to, without its own.

    Consul asks for `service:read` on them (`canWriteDiscoveryChain`). The service of a peer's failover
    target is not among them; that of a redirect to a peer is.
    """
    finder = _FINDERS.get(kind)
    found = {str(item.get("Service") or name) for item in finder(body)} if finder else set()
    return found - {name}


def _of_resolver(body: Body) -> Iterator[Mapping[str, Any]]:
    yield _mapping(body.get("Redirect"))
    for failover in _mapping(body.get("Failover")).values():
        targets = _items(_mapping(failover).get("Targets"))
        yield from (target for target in targets or [_mapping(failover)] if not target.get("Peer"))


def _of_splitter(body: Body) -> Iterator[Mapping[str, Any]]:
    yield from _items(body.get("Splits"))


def _of_router(body: Body) -> Iterator[Mapping[str, Any]]:
    yield from (_mapping(route.get("Destination")) for route in _items(body.get("Routes")))


_FINDERS: Mapping[str, Callable[[Body], Iterator[Mapping[str, Any]]]] = {
    "service-resolver": _of_resolver,
    "service-splitter": _of_splitter,
    "service-router": _of_router,
}


def _ends(address: Address, body: Body | None) -> tuple[str, str]:
    spec = Spec.of(address, body)
    return spec.acceptor, spec.dialer


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
