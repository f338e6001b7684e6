"""The services that run in a cluster, and its mesh gateways, from the instances on its nodes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler_consul.worlds.form import Item, objects, struct

MESH_GATEWAY, PROXY, TERMINATING = "mesh-gateway", "connect-proxy", "terminating-gateway"
# Gateways that call services under their own name.
CALLING = ("api-gateway", "ingress-gateway")
_SERVERS = "consul"  # the service of Consul's own servers
_DEFAULT = ("", "default")
CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Instance:
    """One registered instance. `critical`: a check of its own, or of its node, is."""

    node: str
    service: Mapping[str, Any]
    critical: bool

    @property
    def kind(self) -> str:
        """What it is; empty for an application."""
        return str(self.service.get("Kind") or "")

    @property
    def key(self) -> tuple[str, str]:
        """The service that it is an instance of, or a proxy for: name and namespace."""
        name = str(self.service.get("Service") or "")
        if self.kind == PROXY:
            name = str(struct(self.service.get("Proxy")).get("DestinationServiceName") or name)
        namespace = str(self.service.get("Namespace") or "")
        return name, "" if namespace in _DEFAULT else namespace

    @property
    def dials(self) -> bool:
        """Whether it takes connections of the mesh: a sidecar, or an application that does so itself."""
        return self.kind == PROXY or bool(struct(self.service.get("Connect")).get("Native"))


def instances(nodes: Mapping[str, Any], checks: Iterable[Mapping[str, Any]]) -> Iterator[Instance]:
    """Yield all instances. `nodes` has the services of each node, `checks` are those that are critical."""
    critical = {(str(one.get("Node")), str(one.get("ServiceID") or "")) for one in checks}
    for node, services in nodes.items():
        for service in objects(services):
            own = (node, str(service.get("ID") or "")) in critical
            yield Instance(node, service, own or (node, "") in critical)


@dataclass(slots=True)
class _Counted:
    """The instances of one service, and of its sidecars."""

    plain: list[Instance] = field(default_factory=list)
    mesh: list[Instance] = field(default_factory=list)
    kind: str = ""


def services(found: Iterable[Instance], linked: frozenset[tuple[str, str]]) -> list[Item]:
    """Return the services by name. `linked` are those that a terminating gateway represents."""
    counted: dict[tuple[str, str], _Counted] = {}
    for one in found:
        if one.key[0] == _SERVERS or one.kind in (MESH_GATEWAY, TERMINATING):
            continue
        into = counted.setdefault(one.key, _Counted())
        if one.kind != PROXY:
            into.plain.append(one)
            into.kind = one.kind
        if one.dials:
            into.mesh.append(one)
    return [_service(key, counted[key], key in linked or ("*", key[1]) in linked) for key in sorted(counted)]


def _service(key: tuple[str, str], counted: _Counted, linked: bool) -> Item:
    name, namespace = key
    reached = counted.mesh or counted.plain
    out: Item = {"name": name, "instances": len(counted.plain) or len(counted.mesh)}
    if namespace:
        out["namespace"] = namespace
    if counted.kind:
        out["kind"] = counted.kind
    if all(one.critical for one in reached):
        out["healthy"] = False
    if not counted.mesh and not counted.kind and not linked:
        out["sidecar"] = False
    return out


def gateways(found: Iterable[Instance]) -> Item:
    """Return how many mesh gateways there are, how many of them pass, and have an address for the WAN."""
    there = [one for one in found if one.kind == MESH_GATEWAY]
    return {
        "instances": len(there),
        "passing": sum(not one.critical for one in there),
        "with_wan_address": sum("wan" in struct(one.service.get("TaggedAddresses")) for one in there),
    }


def gateway_addresses(found: Iterable[Instance]) -> list[Item]:
    """Return where the mesh gateways are: their own addresses, and those for the WAN."""
    return [
        {
            "node": one.node,
            "address": _address(one.service),
            "wan_address": _address(struct(struct(one.service.get("TaggedAddresses")).get("wan"))),
        }
        for one in found
        if one.kind == MESH_GATEWAY
    ]


def _address(value: Mapping[str, Any]) -> str:
    return f"{value.get('Address') or ''}:{value.get('Port') or ''}" if value else ""


def linked_services(entries: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """Return the services of the terminating gateways' entries: name, `*` for all, and namespace."""
    found = (
        (one, item)
        for one in entries
        if one.get("Kind") == TERMINATING
        for item in objects(one.get("Services"))
    )
    return frozenset(
        (str(item.get("Name")), _namespace(item.get("Namespace") or one.get("Namespace")))
        for one, item in found
    )


def _namespace(value: Any) -> str:
    return "" if value is None or value in _DEFAULT else str(value)
