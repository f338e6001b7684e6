"""What Consul changes about an entry before it looks at it: case, rounding, clamping, precedence, order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.core.store import Store
from reconciler.emulator.forms.convert import single
from reconciler.emulator.forms.tenancy import place
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
LARGEST = 2**63
LEGACY = ("LegacyID", "LegacyCreateTime", "LegacyUpdateTime")


def normalize(kind: str, value: Value, store: Store | None = None) -> None:
    """Bring a decoded entry into the form that is stored, in place.

    `store` is given where an Enterprise cluster will keep it: partitions and namespaces are filled in.
    """
    change = RULES.get(kind)
    if change is not None and not (store is not None and kind == "exported-services"):
        change(value)
    if store is not None:
        place(kind, value, store)


def _service_defaults(value: Value) -> None:
    _lower(value)
    upstreams = value.get("UpstreamConfig") or {}
    for upstream in [*upstreams.get("Overrides", ()), upstreams.get("Defaults")]:
        if upstream:
            _lower(upstream)
            if upstream.get("ConnectTimeoutMs", 0) < 0:
                del upstream["ConnectTimeoutMs"]


def _lower(value: Value) -> None:
    if "Protocol" in value:
        value["Protocol"] = value["Protocol"].lower()


def _proxy_defaults(value: Value) -> None:
    name = value.get("Name", "")
    if name not in ("", "global"):
        raise Refusal(500, f'invalid name ("{name}"), only "global" is supported')
    value["Name"] = "global"


def _splitter(value: Value) -> None:
    for split in value.get("Splits", ()):
        scaled = scale_weight(split.get("Weight", 0))
        split["Weight"] = scaled / 100
        if not scaled:
            del split["Weight"]


def scale_weight(weight: float) -> int:
    """Return a split weight in hundredths of a percent, rounded as Consul rounds it: in 32 bits, half up."""
    scaled = single(single(weight) * 100)
    if not abs(scaled) < LARGEST:
        return -LARGEST  # what amd64 makes of a float that no integer holds
    return int(abs(scaled) + 0.5) * (-1 if scaled < 0 else 1)


def _router(value: Value) -> None:
    for route in value.get("Routes", ()):
        http = (route.get("Match") or {}).get("HTTP")
        if http and http.get("Methods"):
            http["Methods"] = [method.upper() for method in http["Methods"]]


def _exports(value: Value) -> None:
    """Blank the namespace of an exported service, as Community Edition does silently."""
    for service in value.get("Services", ()):
        service.pop("Namespace", None)


def _intentions(value: Value) -> None:
    for source in value.get("Sources", ()):
        source.setdefault("Type", "consul")
        source["Precedence"] = precedence(value.get("Name", ""), source.get("Name", ""))
        for key in LEGACY:
            source.pop(key, None)
        for permission in source.get("Permissions", ()):
            http = permission.get("HTTP")
            if http and http.get("Methods"):
                http["Methods"] = [method.upper() for method in http["Methods"]]
    if value.get("Sources"):
        value["Sources"].sort(key=lambda source: -source["Precedence"])


def precedence(destination: str, source: str) -> int:
    """Return an intention's precedence: exact before `*`, the destination first; peers do not count."""
    if destination == "*":
        return 5 if source == "*" else 6
    return 8 if source == "*" else 9


def _jwt_provider(value: Value) -> None:
    value.setdefault("ClockSkewSeconds", 30)


def _ingress(value: Value) -> None:
    for listener in value.get("Listeners", ()):
        listener["Protocol"] = (listener.get("Protocol") or "tcp").lower()


def _api_gateway(value: Value) -> None:
    _controlled(value)
    for listener in value.get("Listeners", ()):
        _lower(listener)
        for certificate in (listener.get("TLS") or {}).get("Certificates", ()):
            certificate["Kind"] = certificate.get("Kind") or "inline-certificate"


def _http_route(value: Value) -> None:
    _tcp_route(value)
    for rule in value.get("Rules", ()):
        for match in rule.get("Matches", ()):
            if match.get("Method"):
                match["Method"] = match["Method"].upper()
            if not (match.get("Path") or {}).get("Match"):
                match["Path"] = {"Match": "prefix", "Value": "/"}
        for service in rule.get("Services", ()):
            service["Weight"] = max(service.get("Weight", 0), 1)


def _tcp_route(value: Value) -> None:
    _controlled(value)
    for parent in value.get("Parents", ()):
        parent["Kind"] = parent.get("Kind") or "api-gateway"


def _controlled(value: Value) -> None:
    """Drop the status, which is a controller's, even where it is written."""
    value.pop("Status", None)


RULES: dict[str, Callable[[Value], None]] = {
    "service-defaults": _service_defaults,
    "proxy-defaults": _proxy_defaults,
    "service-splitter": _splitter,
    "service-router": _router,
    "exported-services": _exports,
    "service-intentions": _intentions,
    "jwt-provider": _jwt_provider,
    "ingress-gateway": _ingress,
    "api-gateway": _api_gateway,
    "http-route": _http_route,
    "tcp-route": _tcp_route,
}
