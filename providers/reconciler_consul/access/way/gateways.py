"""Mesh gateways on the way: the mode of the dialing side, and whether there is one."""

from __future__ import annotations

from typing import Any

from reconciler.sdk.access.question import Upstream
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import DEFAULTS, EVERYWHERE, items, text

LOCAL = "local"


Way = tuple[str, str]  # the mode of mesh gateways, and the protocol; each empty where none is set
_NONE: Way = ("", "")


def mode(site: Site, caller: str, upstream: Upstream) -> str:
    """Return the mode with which a caller dials an upstream; empty where none is set.

    The last that says one wins: proxy defaults, the caller's own service defaults, its defaults for
    upstreams, its override for this one. What the defaults of the upstream's name say has no effect.
    """
    overrides, usual = _ways(site, caller)
    return overrides.get(_key(upstream), _NONE)[0] or usual[0]


def dialed_protocol(site: Site, caller: str, upstream: Upstream) -> str:
    """Return the protocol with which a caller dials a local name, which may differ from that of its chain;
    empty where nothing says one. The caller's own defaults go before those of the name, these before the
    proxy defaults.
    """
    overrides, usual = _ways(site, caller)
    own = overrides.get(_key(upstream), _NONE)[1] or usual[1]
    return own or site.said_protocol(upstream.name)


def _key(upstream: Upstream) -> tuple[str, str]:
    return upstream.name, upstream.peer or ""


def _ways(site: Site, caller: str) -> tuple[dict[tuple[str, str], Way], Way]:
    """Return how a caller dials what it has overrides for, by name and peer, and all else."""
    return site.once(("ways", caller), lambda: _read_ways(site, caller))


def _read_ways(site: Site, caller: str) -> tuple[dict[tuple[str, str], Way], Way]:
    own = site.entry(DEFAULTS, caller) or {}
    config = mapping_of(own.get("UpstreamConfig"))
    found: dict[tuple[str, str], Way] = {}
    for override in items(config.get("Overrides")):
        key = text(override.get("Name")), text(override.get("Peer"))
        before = found.get(key, _NONE)
        found[key] = before[0] or _mode_of(override), before[1] or text(override.get("Protocol")).lower()
    usual = mapping_of(config.get("Defaults"))
    holders = (usual, own, site.entry(EVERYWHERE, "global") or {})
    modes = (_mode_of(holder) for holder in holders)
    return found, (next(filter(None, modes), ""), text(usual.get("Protocol")).lower())


def _mode_of(holder: Any) -> str:
    return text(mapping_of(holder.get("MeshGateway")).get("Mode")).lower()
