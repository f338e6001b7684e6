"""What Consul refuses about API gateways and their routes (500), in its words. Source: 1.20."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries.validate.errors import check_meta, fail
from reconciler.emulator.entries.validate.tls import check_tls

Value = dict[str, Any]
METHODS = ("", "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
HEADER_MATCHES = ("present", "exact", "prefix", "suffix", "regex")
QUERY_MATCHES = ("present", "exact", "regex")
GATEWAY_TLS = {"MinVersion": "TLSMinVersion", "MaxVersion": "TLSMaxVersion"}
CERTIFICATES = ("file-system-certificate", "inline-certificate")


def check_api_gateway(value: Value, version: Version) -> None:
    """Check the listeners: at least one, each with a name of its own, a port and a protocol."""
    check_meta(value)
    listeners = value.get("Listeners") or []
    if not listeners:
        raise fail("api gateway must have at least one listener")
    names = [listener.get("Name", "") for listener in listeners]
    for name in names:
        if not name:
            raise fail(
                'listener name "" is invalid, must be at least 1 character and contain only letters, '
                "numbers, or dashes"
            )
        if names.count(name) > 1:
            raise fail(f'found multiple listeners with the name "{name}"')
    for listener in listeners:
        _check_listener(listener)
    check_named(value, version)


def check_named(value: Value, version: Version) -> None:
    """Check, last, that certificates, gateways and routes have a name."""
    if not value.get("Name"):
        raise fail("serviceName is required")


def _check_listener(listener: Value) -> None:
    protocol, port = listener.get("Protocol", ""), listener.get("Port", 0)
    if protocol not in ("http", "tcp"):
        raise fail(f"unsupported listener protocol \"{protocol}\", must be one of 'tcp', or 'http'")
    if protocol == "tcp" and listener.get("Hostname"):
        raise fail("hostname specification is not supported when using TCP")
    if not 0 < port <= 65535:
        raise fail(f"listener port {port} not in the range 1-65535")
    tls = listener.get("TLS") or {}
    names = (
        ("TLSMinVersion", "MinVersion"),
        ("TLSMaxVersion", "MaxVersion"),
        ("CipherSuites", "CipherSuites"),
    )
    check_tls({name: tls[here] for name, here in names if here in tls})
    for certificate in tls.get("Certificates") or ():
        if certificate.get("Kind") not in CERTIFICATES:
            raise fail(
                f'unsupported certificate kind: "{certificate.get("Kind")}", '
                "must be 'file-system-certificate' or 'inline-certificate'"
            )
        if not certificate.get("Name"):
            raise fail("certificate reference must have a name")


def check_http_route(value: Value, version: Version) -> None:
    """Check parents, host names, and the matches of every rule."""
    for host in value.get("Hostnames") or ():
        if "*" in host:
            raise fail(f'host "{host}" must not be a wildcard')
    _check_parents(value)
    check_meta(value)
    for place, rule in enumerate(value.get("Rules") or ()):
        for number, match in enumerate(rule.get("Matches") or ()):
            _check_match(f"Rule[{place}], Match[{number}], ", match)
    check_named(value, version)


def _check_match(where: str, match: Value) -> None:
    method, path = match.get("Method", ""), match.get("Path") or {}
    if method not in METHODS:
        raise fail(f'{where}Method contains an invalid method "{method}"')
    _check_named(where, match)
    kind, text = path.get("Match", ""), path.get("Value", "")
    if kind not in ("exact", "prefix", "regex"):
        raise fail(f"{where}Path, match type should be one of exact, prefix, or regex")
    if kind != "regex" and not text.startswith("/"):
        raise fail(f"{where}Path, {kind} type match doesn't start with '/': \"{text}\"")


def _check_named(where: str, match: Value) -> None:
    for kind, words in (("Query", QUERY_MATCHES), ("Headers", HEADER_MATCHES)):
        for number, item in enumerate(match.get(kind) or ()):
            if not item.get("Name"):
                raise fail(f"{where}{kind}[{number}], missing required Name field")
            if item.get("Match", "") not in words:
                listed = f"{', '.join(words[:-1])}, or {words[-1]}"
                raise fail(f"{where}{kind}[{number}], match type should be one of {listed}")


def check_tcp_route(value: Value, version: Version) -> None:
    """Check that there is at most one service."""
    if len(value.get("Services") or ()) > 1:
        raise fail("tcp-route currently only supports one service")
    _check_parents(value)
    check_meta(value)
    check_named(value, version)


def _check_parents(value: Value) -> None:
    parents = value.get("Parents") or []
    for parent in parents:
        if parent.get("Kind") != "api-gateway":
            raise fail(f"unsupported parent kind: \"{parent.get('Kind')}\", must be 'api-gateway'")
        if parents.count(parent) > 1:
            raise fail("route parents must be unique")
