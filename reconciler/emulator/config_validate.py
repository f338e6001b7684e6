"""What Consul refuses about one entry by itself (500), in Consul's order and words."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from .config_normal import scale_weight
from .config_validate_http import check_header, check_methods, check_paths, count_set
from .config_validate_intentions import validate_intentions
from .config_validate_resolver import validate_resolver
from .messages import Refusal

Value = dict[str, Any]
PROTOCOLS = ("", "http", "http2", "grpc", "tcp")
WILDCARD = "*"
EXTENSIONS = tuple(
    f"builtin/{name}"
    for name in ("aws/lambda", "ext-authz", "lua", "otel-access-logging", "property-override", "wasm")
)
TLS_VERSIONS = ("TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3")
RETRIES = (
    "5xx",
    "gateway-error",
    "reset",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
)


def validate(kind: str, value: Value, minor: int) -> None:
    """Raise the Refusal that Consul 1.`minor` answers for this entry, if any."""
    RULES.get(kind, _open)(value, minor)


def fail(text: str) -> Refusal:
    """Return a validation error."""
    return Refusal(500, text)


def several(errors: list[str]) -> Refusal:
    """Return validation errors in the form of Go's multierror."""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    lines = "".join(f"\t* {error}\n" for error in errors)
    return fail(f"{count} occurred:\n{lines}\n")


def meta_errors(value: Value) -> list[str]:
    """Return what is wrong with an entry's Meta."""
    meta = value.get("Meta") or {}
    errors = ["Meta exceeds maximum element count 64"] if len(meta) > 64 else []
    for key, text in meta.items():
        if len(key) > 128:
            errors.append(f'Meta key "{key}" exceeds maximum length 128')
        if len(text) > 512:
            errors.append(f'Meta value for key "{key}" exceeds maximum length 512')
    return errors


def require_name(value: Value) -> str:
    """Return the entry's name; refuse an empty one and bad Meta."""
    name: str = value.get("Name", "")
    if not name:
        raise fail("Name is required")
    check_meta(value)
    return name


def check_meta(value: Value) -> None:
    """Refuse bad Meta."""
    errors = meta_errors(value)
    if errors:
        raise several(errors)


def _open(value: Value, minor: int) -> None:
    if not isinstance(value.get("Name", ""), str) or not value.get("Name"):
        raise fail("Name is required")


def _service_defaults(value: Value, minor: int) -> None:
    name = value.get("Name", "")
    if not name:
        raise fail("Name is required")
    if name == WILDCARD:
        raise fail("service-defaults name must be the name of a service, and not a wildcard")
    errors = meta_errors(value)
    errors += _balance(value, "BalanceInboundConnections", "balance_inbound_connections")
    protocol = value.get("Protocol", "")
    if minor >= 20 and protocol not in PROTOCOLS:
        errors.append(f"invalid value for protocol: {protocol}")
    if "UpstreamConfig" in value and "Destination" in value:
        errors.append("UpstreamConfig and Destination are mutually exclusive for service defaults")
        raise several(errors)
    errors += _upstream_errors(value.get("UpstreamConfig") or {}, minor)
    if "Destination" in value:
        errors += _destination_errors(value["Destination"])
    if value.get("RateLimits"):
        errors.append("invalid rate_limits config. Rate limiting is a consul enterprise feature")
    errors += _extension_errors(value)
    _check_tls_mode(value)
    if errors:
        raise several(errors)


def _balance(value: Value, key: str, name: str) -> list[str]:
    setting = value.get(key, "")
    return [] if setting in ("", "exact_balance") else [f"invalid value for {name}: {setting}"]


def _check_tls_mode(value: Value) -> None:
    mode = value.get("MutualTLSMode", "")
    if mode not in ("", "strict", "permissive"):
        raise fail(f'Invalid MutualTLSMode "{mode}". Must be one of "", "strict", or "permissive".')


def _extension_errors(value: Value) -> list[str]:
    named = enumerate(extension.get("Name", "") for extension in value.get("EnvoyExtensions") or ())
    return [
        f'invalid EnvoyExtensions[{place}][{name}]: name "{name}" is not a built-in extension'
        for place, name in named
        if name not in EXTENSIONS
    ]


def _upstream_errors(upstreams: Value, minor: int) -> list[str]:
    errors = []
    for override in upstreams.get("Overrides", ()):
        problem = _upstream_problem(override, named=True)
        if problem:
            name = override.get("Name", "")
            if minor >= 15:
                name += f":{override.get('Peer', '')}"
            errors.append(f"error in upstream override for {name}: {problem}")
    if upstreams.get("Defaults"):
        problem = _upstream_problem(upstreams["Defaults"], named=False)
        if problem:
            errors.append(f"error in upstream defaults: {problem}")
    return errors


def _upstream_problem(upstream: Value, *, named: bool) -> str:
    name = upstream.get("Name", "")
    if named and not name:
        return "Name is required"
    if named and name == WILDCARD:
        return "Wildcard name is not supported"
    if not named and name:
        return "Name must be empty"
    for key, text in (
        ("MaxConnections", "max connections"),
        ("MaxPendingRequests", "max pending requests"),
        ("MaxConcurrentRequests", "max concurrent requests"),
    ):
        if (upstream.get("Limits") or {}).get(key, 0) < 0:
            return f"1 error occurred:\n\t* {text} cannot be negative\n\n"
    errors = _balance(upstream, "BalanceOutboundConnections", "balance_outbound_connections")
    return f"1 error occurred:\n\t* {errors[0]}\n\n" if errors else ""


def _destination_errors(destination: Value) -> list[str]:
    addresses = destination.get("Addresses") or []
    errors = [] if addresses else ["Destination must contain at least one valid address"]
    for place, address in enumerate(addresses):
        if address in addresses[:place]:
            errors.append(f"Duplicate address '{address}' is not allowed")
    port = destination.get("Port", 0)
    if not 1 <= port <= 65535:
        errors.append(f"Invalid Port number {port}")
    return errors


def _proxy_defaults(value: Value, minor: int) -> None:
    _check_logs(value.get("AccessLogs") or {})
    check_meta(value)
    if errors := _extension_errors(value):
        raise several(errors)
    _check_tls_mode(value)
    if value.get("PrioritizeByLocality"):
        raise fail("Prioritize-by-locality requires Consul Enterprise")


def _check_logs(logs: Value) -> None:
    kind, path = logs.get("Type", ""), logs.get("Path", "")
    if kind not in ("", "stdout", "stderr", "file"):
        raise fail(f"invalid access log type: {kind}")
    if kind == "file" and not path:
        raise fail("path must be specified when using file type access logs")
    if kind != "file" and path:
        raise fail("path is only valid for file type access logs")
    if logs.get("JSONFormat") and logs.get("TextFormat"):
        raise fail("cannot specify both access log JSONFormat and TextFormat")


def _splitter(value: Value, minor: int) -> None:
    name = value.get("Name", "")
    if not name:
        raise fail("Name is required")
    splits = value.get("Splits") or []
    if not splits:
        raise fail("no splits configured")
    check_meta(value)
    seen = set()
    for split in splits:
        service = split.get("Service") or name
        key = (service, *(split.get(part, "") for part in ("ServiceSubset", "Namespace", "Partition")))
        if key in seen:
            quoted = ", ".join(
                f'{label}="{part}"'
                for label, part in zip(("service", "subset", "namespace", "partition"), key, strict=True)
            )
            raise fail(f"split destination occurs more than once: {quoted}")
        seen.add(key)
    total = sum(scale_weight(split.get("Weight", 0)) for split in splits)
    if total != 10_000:
        raise fail(f"the sum of all split weights must be 100, not {_float32(total / 100):f}")


def _float32(value: float) -> float:
    """Return the value as Go's float32 holds it (the text of 100.01 is 100.010002)."""
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded


def _router(value: Value, minor: int) -> None:
    require_name(value)
    for place, route in enumerate(value.get("Routes") or ()):
        where = f"Route[{place}]"
        http = (route.get("Match") or {}).get("HTTP") or {}
        check_paths(where, " ", http)
        for number, header in enumerate(http.get("Header", ())):
            check_header(f"{where} Header[{number}]", header)
        for number, query in enumerate(http.get("QueryParam", ())):
            _check_query(f"{where} QueryParam[{number}]", query)
        check_methods(f"{where} ", http.get("Methods", ()))
        destination = route.get("Destination") or {}
        if destination.get("PrefixRewrite") and not count_set(http, "PathExact", "PathPrefix"):
            raise fail(
                f"{where} cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix"
            )
        for condition in destination.get("RetryOn") or ():
            if condition not in RETRIES:
                raise fail(f'{where} contains an invalid retry condition: "{condition}"')


def _check_query(where: str, query: Value) -> None:
    if not query.get("Name"):
        raise fail(f"{where} missing required Name field")
    if count_set(query, "Present", "Exact", "Regex") != 1:
        raise fail(f"{where} should only contain one of Present, Exact, or Regex")


def _exports(value: Value, minor: int) -> None:
    if value.get("Name", "") != "default":
        raise fail('exported-services Name must be "default"')
    check_meta(value)
    for place, service in enumerate(value.get("Services") or ()):
        where = f"Services[{place}]"
        if not service.get("Name"):
            raise fail(f"{where}: service name cannot be empty")
        if not service.get("Consumers"):
            raise fail(f"{where}: must have at least one consumer")
        for number, consumer in enumerate(service["Consumers"]):
            _check_consumer(f"{where}.Consumers[{number}]", consumer, minor)


def _check_consumer(where: str, consumer: Value, minor: int) -> None:
    peer = consumer.get("Peer") or consumer.get("PeerName")
    if count_set(consumer, "Peer", "PeerName", "Partition", "SamenessGroup") > 1:
        choices = "Peer, Partition, or SamenessGroup" if minor >= 16 else "Peer or Partition"
        raise fail(f"{where}: must define at most one of {choices}")
    if consumer.get("SamenessGroup"):
        raise fail(f"{where}: sameness-groups are an enterprise-only feature")
    if peer == WILDCARD:
        raise fail(f"{where}: exporting to all peers (wildcard) is not supported")


def _mesh(value: Value, minor: int) -> None:
    check_meta(value)
    for direction in ("Incoming", "Outgoing"):
        settings = (value.get("TLS") or {}).get(direction) or {}
        for key in ("TLSMinVersion", "TLSMaxVersion"):
            version = settings.get(key, "")
            if version and version not in TLS_VERSIONS:
                raise fail(
                    f"error in {direction.lower()} TLS configuration: no matching TLS version found for "
                    f"{version}, please specify one of [{', '.join(TLS_VERSIONS)}]"
                )


RULES: dict[str, Callable[[Value, int], None]] = {
    "service-defaults": _service_defaults,
    "proxy-defaults": _proxy_defaults,
    "service-splitter": _splitter,
    "service-router": _router,
    "service-resolver": lambda value, minor: validate_resolver(require_name(value), value, minor),
    "service-intentions": lambda value, minor: validate_intentions(require_name(value), value),
    "exported-services": _exports,
    "mesh": _mesh,
}
