"""Mesh gateways on the way: the mode of the dialing side, and whether there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.sdk.access.question import Upstream
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import DEFAULTS, EVERYWHERE, items, text

LOCAL = "local"


def mode(site: Site, caller: str, upstream: Upstream) -> str:
    """Return the mode with which a caller dials an upstream; empty where none is set.

    The last that says one wins: proxy defaults, the caller's own service defaults, its defaults for
    upstreams, its override for this one. What the defaults of the upstream's name say has no effect.
    """
    return [*_modes(site, caller, upstream), ""][0]


def _modes(site: Site, caller: str, upstream: Upstream) -> Iterator[str]:
    own = site.entry(DEFAULTS, caller) or {}
    config = mapping_of(own.get("UpstreamConfig"))
    holders = [
        *(one for one in items(config.get("Overrides")) if _is_about(one, upstream)),
        mapping_of(config.get("Defaults")),
        own,
        site.entry(EVERYWHERE, "global") or {},
    ]
    for holder in holders:
        found = text(mapping_of(holder.get("MeshGateway")).get("Mode")).lower()
        if found:
            yield found


def _is_about(override: Any, upstream: Upstream) -> bool:
    return text(override.get("Name")) == upstream.name and text(override.get("Peer")) == (upstream.peer or "")


def dialed_protocol(site: Site, caller: str, upstream: Upstream) -> str:
    """Return the protocol that a caller's own defaults say for an upstream; empty where they say none."""
    config = mapping_of((site.entry(DEFAULTS, caller) or {}).get("UpstreamConfig"))
    overrides = [one for one in items(config.get("Overrides")) if _is_about(one, upstream)]
    holders = [*overrides, mapping_of(config.get("Defaults"))]
    return next((text(one.get("Protocol")).lower() for one in holders if one.get("Protocol")), "")
