"""Whether callers leave through a mesh gateway of their own cluster: the mode `local`. Pure.

Precedence at the calling side (Consul `agent/configentry/resolve.go`): proxy-defaults, the caller's
service-defaults, its upstream defaults, its override for this very upstream. What a proxy's registration
says itself goes before all of them, and is not known here.
"""

from __future__ import annotations

from reconciler.sdk.imports import Gateway
from reconciler.sdk.provider import Body
from reconciler_consul.imports.entries import DEFAULTS, GLOBAL, Entries, items, struct
from reconciler_consul.imports.links import ImportLink, Service
from reconciler_consul.server.capabilities import V1_15
from reconciler_consul.server.entry_capabilities import Server

LOCAL = "local"


def gateway(entries: Entries, link: ImportLink, service: Service, server: Server | None = None) -> Gateway:
    """Return the gateway mode that the entries of the importing cluster give one import."""
    by_name = server is not None and server.lacks(V1_15) is not None
    usual = _mode(entries.get(GLOBAL, "global"))
    needed = usual == LOCAL if usual or entries.is_complete(GLOBAL) else None
    others = sorted(
        name
        for name, body in entries.of(DEFAULTS).items()
        if (mode := _mode_of_caller(body, link, service, by_name)) and (mode == LOCAL) is not bool(needed)
    )
    why = f"mode {usual} in proxy-defaults" if usual else ""
    return Gateway(needed, why, tuple(others))


def _mode_of_caller(body: Body, link: ImportLink, service: Service, by_name: bool) -> str:
    """Return the mode that a caller's entry sets. `by_name`: its server applies overrides to peers' services
    of that name as well (Consul before 1.15, where an override cannot name a peer).
    """
    upstreams = struct(body.get("UpstreamConfig"))
    overrides = [
        item
        for item in items(upstreams.get("Overrides"))
        if item.get("Name") == service.name and (by_name or item.get("Peer") == link.peer)
    ]
    found = (_mode(item) for item in (*overrides, struct(upstreams.get("Defaults")), body))
    return next((mode for mode in found if mode), "")


def _mode(body: Body | None) -> str:
    return str(struct(struct(body).get("MeshGateway")).get("Mode") or "")
