"""What Consul refuses about service-defaults and proxy-defaults."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import Any

from reconciler.emulator.chain.read import default_protocol
from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.validate.errors import check_meta, fail, meta_errors, several
from reconciler.emulator.entries.validate.tls import is_domain
from reconciler.emulator.forms.weak import go_type, go_value

Value = dict[str, Any]
WILDCARD = "*"
FAILOVER_MODES = ("", "sequential", "order-by-locality")
PROTOCOLS = ("", "http", "http2", "grpc", "tcp")
EXTENSIONS = tuple(
    f"builtin/{name}"
    for name in ("aws/lambda", "ext-authz", "lua", "otel-access-logging", "property-override", "wasm")
)


def check_service_defaults(value: Value, version: Version) -> None:
    """Raise the Refusal for service-defaults, if any."""
    name = value.get("Name", "")
    if not name:
        raise fail("Name is required")
    if name == WILDCARD:
        raise fail("service-defaults name must be the name of a service, and not a wildcard")
    errors = meta_errors(value)
    errors += _balance(value, "BalanceInboundConnections", "balance_inbound_connections")
    protocol = value.get("Protocol", "")
    if version.at_least(20) and protocol not in PROTOCOLS:
        errors.append(f"invalid value for protocol: {protocol}")
    if "UpstreamConfig" in value and "Destination" in value:
        errors.append("UpstreamConfig and Destination are mutually exclusive for service defaults")
        raise several(errors)
    errors += _upstream_errors(value.get("UpstreamConfig") or {}, version)
    if "Destination" in value:
        errors += _destination_errors(value["Destination"])
    if value.get("RateLimits") and not version.enterprise:
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
        if name
        else f"invalid EnvoyExtensions[{place}]: Name is required"
        for place, name in named
        if name not in EXTENSIONS
    ]


def _upstream_errors(upstreams: Value, version: Version) -> list[str]:
    errors = []
    for override in upstreams.get("Overrides", ()):
        problem = _upstream_problem(override, named=True)
        if problem:
            name = override.get("Name", "")
            if version.at_least(15):
                name += f":{override.get('Peer', '')}"
            errors.append(f"error in upstream override for {name}: {problem}")
    if upstreams.get("Defaults"):
        problem = _upstream_problem(upstreams["Defaults"], named=False)
        if problem:
            errors.append(f"error in upstream defaults: {problem}")
    return errors


def _upstream_problem(upstream: Value, *, named: bool) -> str:
    problem = _named_problem(upstream) if named else _unnamed_problem(upstream)
    if problem:
        return problem
    errors = [
        *health_check_errors(upstream.get("PassiveHealthCheck") or {}),
        *_limit_errors(upstream.get("Limits") or {}),
        *_balance(upstream, "BalanceOutboundConnections", "balance_outbound_connections"),
    ]
    return several(errors).text if errors else ""


def health_check_errors(check: Value) -> list[str]:
    """Return what is wrong first about a passive health check."""
    start = "passive health check"
    if check.get("Interval", 0) < 0:
        return [f"{start} interval cannot be negative"]
    for key, name in PERCENTAGES:
        if check.get(key, 0) > 100:
            return [f"{start} {name} must be a percentage between 0 and 100"]
    if check.get("BaseEjectionTime", 0) < 0:
        return [f"{start} base_ejection_time cannot be negative"]
    return []


PERCENTAGES = (
    ("EnforcingConsecutive5xx", "enforcing_consecutive_5xx"),
    ("MaxEjectionPercent", "max_ejection_percent"),
)
LIMITS = (
    ("MaxConnections", "max connections"),
    ("MaxPendingRequests", "max pending requests"),
    ("MaxConcurrentRequests", "max concurrent requests"),
)


def _limit_errors(limits: Value) -> list[str]:
    return [f"{text} cannot be negative" for key, text in LIMITS if limits.get(key, 0) < 0][:1]


def _named_problem(upstream: Value) -> str:
    name = upstream.get("Name", "")
    if not name:
        return "Name is required"
    if name == WILDCARD:
        return "Wildcard name is not supported"
    return "Wildcard namespace is not supported" if upstream.get("Namespace") == WILDCARD else ""


def _unnamed_problem(upstream: Value) -> str:
    given = (key for key in ("Name", "Namespace", "Partition") if upstream.get(key))
    return next((f"{key} must be empty" for key in given), "")


def _destination_errors(destination: Value) -> list[str]:
    addresses = destination.get("Addresses") or []
    errors = [] if addresses else ["Destination must contain at least one valid address"]
    for place, address in enumerate(addresses):
        if address in addresses[:place]:
            errors.append(f"Duplicate address '{address}' is not allowed")
        elif not _is_address(address):
            errors.append(
                f"Destination address '{address}' is invalid Could not validate address {address} as an IP "
                "or Hostname"
            )
    port = destination.get("Port", 0)
    if not 1 <= port <= 65535:
        errors.append(f"Invalid Port number {port}")
    return errors


def _is_address(text: str) -> bool:
    """Say whether this is an IP address or a domain name as DNS packets hold it, without a wildcard."""
    with suppress(ValueError):
        return bool(ip_address(text))
    return "*" not in text and is_domain(text)


def check_proxy_defaults(value: Value, version: Version) -> None:
    """Raise the Refusal for proxy-defaults, if any."""
    if version.at_least(16):
        _check_protocol(value.get("Config") or {})
    _check_logs(value.get("AccessLogs") or {})
    check_meta(value)
    if errors := _extension_errors(value):
        raise several(errors)
    if (value.get("FailoverPolicy") or {}).get("Mode", "") not in FAILOVER_MODES:
        raise fail("Failover-policy mode must be one of '', 'sequential', or 'order-by-locality'")
    _check_tls_mode(value)
    if value.get("PrioritizeByLocality") and not version.enterprise:
        raise fail("Prioritize-by-locality requires Consul Enterprise")


def _check_protocol(config: Value) -> None:
    """Refuse a default protocol that no text can be made of (Consul 1.16 and later)."""
    protocol = default_protocol(config)
    if isinstance(protocol, (dict, list)):
        raise fail(
            "1 error(s) decoding:\n\n* 'protocol' expected type 'string', got unconvertible type "
            f"'{go_type(protocol)}', value: '{go_value(protocol)}'"
        )


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
