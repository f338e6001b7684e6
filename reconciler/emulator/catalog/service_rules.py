"""What a service's definition has to be (agent/structs: NodeService.Validate, ValidateServiceMetadata)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Value = dict[str, Any]
ANY_ADDRESS = ("0.0.0.0", "::", "[::]")  # noqa: S104 - the names of what is refused
GATEWAYS = ("mesh-gateway", "terminating-gateway", "ingress-gateway", "api-gateway")
PORTLESS = ("ingress-gateway", "api-gateway")
META_KEY = re.compile(r"[A-Za-z0-9_-]+")
META_KEYS, KEY_LONGEST, VALUE_LONGEST, RESERVED = 64, 128, 512, "consul-"
FREE_KEYS = {"mesh-gateway": ("consul-wan-federation",)}
PORT_NEEDED = "Port or SocketPath must be set for a {}"
DESTINATION = "Proxy.DestinationServiceName must {} for Connect proxy services"


def problems(service: Value) -> list[str]:
    """Return all that Consul says against a service."""
    return [*_ports(service), *_proxy(service), *_gateway(service), *_native(service)]


def several(found: list[str]) -> str:
    """Return errors as Go's multierror writes them."""
    count = "1 error occurred:" if len(found) == 1 else f"{len(found)} errors occurred:"
    return "\n\t* ".join([count, *found]) + "\n\n"


def _bound(service: Value) -> bool:
    return bool(service.get("Port") or service.get("SocketPath"))


def _ports(service: Value) -> Iterator[str]:
    if service.get("Kind") == "connect-proxy" and not _bound(service):
        yield PORT_NEEDED.format("connect-proxy")


def _proxy(service: Value) -> Iterator[str]:
    if service.get("Kind") != "connect-proxy":
        return
    name = (service.get("Proxy") or {}).get("DestinationServiceName") or ""
    if not name.strip():
        yield DESTINATION.format("be non-empty")
    if name == "*":
        yield DESTINATION.format("not be a wildcard")
    if (service.get("Connect") or {}).get("Native"):
        yield "A Proxy cannot also be Connect Native, only typical services"


def _gateway(service: Value) -> Iterator[str]:
    kind = service.get("Kind")
    if kind not in GATEWAYS:
        return
    if not service.get("Port") and kind not in PORTLESS:
        yield f"Port must be non-zero for a {kind}"
    if (service.get("Connect") or {}).get("SidecarService") is not None:
        yield f"A {kind} cannot have a sidecar service defined"
    if (service.get("Proxy") or {}).get("DestinationServiceName"):
        yield f"The Proxy.DestinationServiceName configuration is invalid for a {kind}"


def _native(service: Value) -> Iterator[str]:
    if (service.get("Connect") or {}).get("Native") and not _bound(service):
        yield f"{PORT_NEEDED.format('Connect native service')}."


def weights_problem(weights: Value | None) -> str:
    """Return what is wrong with a service's weights; "" where nothing is."""
    if not weights:
        return ""
    passing, warning = int(weights.get("Passing", 0)), int(weights.get("Warning", 0))
    if passing < 1:
        return "Passing must be greater than 0"
    if warning < 0:
        return "Warning must be greater or equal than 0"
    return "DNS Weight must be between 0 and 65535" if max(passing, warning) > 65535 else ""


def meta_problem(kind: str, meta: Value | None) -> str:
    """Return what is wrong with meta data; "" where nothing is."""
    if len(meta or ()) > META_KEYS:
        return f"Node metadata cannot contain more than {META_KEYS} key/value pairs"
    for key, value in (meta or {}).items():
        why = _pair_problem(key, str(value), FREE_KEYS.get(kind, ()))
        if why:
            return f"Couldn't load metadata pair ('{key}', '{value}'): {why}"
    return ""


def _pair_problem(key: str, value: str, free: tuple[str, ...]) -> str:
    if not key:
        return "Key cannot be blank"
    if not META_KEY.fullmatch(key):
        return "Key contains invalid characters"
    if len(key) > KEY_LONGEST:
        return f"Key is too long (limit: {KEY_LONGEST} characters)"
    if key.startswith(RESERVED) and key not in free:
        return f"Key prefix '{RESERVED}' is reserved for internal use"
    return f"Value is too long (limit: {VALUE_LONGEST} characters)" if len(value) > VALUE_LONGEST else ""
