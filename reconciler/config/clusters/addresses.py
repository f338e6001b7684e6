"""Cluster addresses: what may be called, and what must not be.

A cluster's address comes from a file that a pull request can change, and a token follows it. So it names
an origin only, and never the link-local range, where clouds serve credentials to every caller.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?\Z")
_NUMERIC_HOST = re.compile(r"(0[xX][0-9A-Fa-f]*|[0-9]+)(\.(0[xX][0-9A-Fa-f]*|[0-9]+))*\.?\Z")
_METADATA = frozenset({"metadata.google.internal", "metadata", "instance-data"})
_METADATA_IPS = frozenset({"fd00:ec2::254", "100.100.100.200", "192.0.0.192"})


def problem(address: str) -> tuple[str, str] | None:
    """Return what is wrong with an address and what to do, or `None`."""
    if not address.isprintable() or not address.isascii() or " " in address:
        return "the address has characters that a URL cannot have", _EXAMPLE
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        return f"not a URL: {error}", _EXAMPLE
    if parts.scheme not in ("http", "https") or not host:
        return "the address must be an http:// or https:// URL", _EXAMPLE
    if port == 0:
        return "port 0 cannot be called", _EXAMPLE
    return _extra(parts) or _host(host)


def origin(address: str) -> tuple[str, str, int]:
    """Return scheme, host and port: addresses with the same origin are the same server."""
    parts = urlsplit(address)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or default


def _extra(parts: SplitResult) -> tuple[str, str] | None:
    if "@" in parts.netloc:
        hint = "remove user and password; tokens come from the environment or reconciler.yaml"
        return "the address must not contain credentials", hint
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        bare = f"{parts.scheme}://{parts.netloc}"
        return "the address must not have a path, query or fragment", f"write {bare}"
    return None


def _host(host: str) -> tuple[str, str] | None:
    if host.rstrip(".").lower() in _METADATA:
        return f"{host} serves cloud metadata, not Consul", _FORBIDDEN_HINT
    try:
        ip = ip_address(host)
    except ValueError:
        return _host_name(host)
    mapped = getattr(ip, "ipv4_mapped", None)
    return _ip(mapped if mapped is not None else ip)


def _host_name(host: str) -> tuple[str, str] | None:
    # inet_aton reads 2852039166, 0xa9fea9fe and 169.254.43518 as 169.254.169.254.
    if _NUMERIC_HOST.match(host):
        return f"{host} is not a usable IP address", "write it as four decimal numbers"
    if not _HOST.match(host):
        return f"{host} is not a host name", _EXAMPLE
    return None


def _ip(ip: IPv4Address | IPv6Address) -> tuple[str, str] | None:
    if ip.is_link_local or str(ip) in _METADATA_IPS:
        return f"{ip} is a link-local or metadata address, never Consul", _FORBIDDEN_HINT
    if ip.is_multicast or ip.is_unspecified:
        return f"{ip} is not the address of one server", _EXAMPLE
    return None


_EXAMPLE = "for example https://consul.example.com:8501"
_FORBIDDEN_HINT = "use the address of a Consul server or of the load balancer before it"
