"""Protocols: what a service speaks, as far as it is declared."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.lookup import get
from reconciler.sdk.address import Address

HTTP = frozenset({"http", "http2", "grpc"})


def protocol(drafts: Drafts, near: Address, service: str) -> str | None:
    """Return the declared protocol of a service where `near` is: its own, else the proxies' default, else
    `None`.
    """
    own = drafts.by_address.get(drafts.beside(near, "service_defaults", service))
    found = get(own.body, "Protocol") if own is not None else None
    if not found:
        default = drafts.by_address.get(drafts.beside(near, "proxy_defaults", "global"))
        config = get(default.body, "Config") if default is not None else None
        found = config.get("protocol") if isinstance(config, Mapping) else None
    return found.lower() if isinstance(found, str) and found else None
