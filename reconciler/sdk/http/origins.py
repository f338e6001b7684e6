"""Where an address is, as far as it matters for what may be sent there."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(address: str) -> bool:
    """Say whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private(address: str) -> bool:
    """Say whether what is sent cannot be read on the way: it is TLS, or stays on this machine."""
    return urlsplit(address).scheme == "https" or is_loopback(address)
