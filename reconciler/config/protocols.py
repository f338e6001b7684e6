"""Protocols: what a service speaks, as far as it is declared."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.config.drafts import Drafts
from reconciler.config.fields import get

HTTP = frozenset({"http", "http2", "grpc"})


def protocol(drafts: Drafts, here: str, service: str) -> str | None:
    """The declared protocol of a service on a cluster: its own, else the proxies' default, else `None`."""
    own = drafts.get("service_defaults", here, service)
    found = get(own.body, "Protocol") if own is not None else None
    if not found:
        default = drafts.get("proxy_defaults", here, "global")
        config = get(default.body, "Config") if default is not None else None
        found = config.get("protocol") if isinstance(config, Mapping) else None
    return found.lower() if isinstance(found, str) and found else None
