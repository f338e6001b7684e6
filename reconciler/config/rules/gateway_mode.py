"""Rules for mesh gateways: through which of them traffic to peers leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

_TYPES = ("proxy_defaults", "service_defaults")


def gateway_problems(draft: Draft, links: Links) -> Iterator[Diagnostic]:
    """Report the gateway mode `none` where there are peers: Consul's documentation calls it invalid for them.

    Servers take it (tried on 1.13 to 1.22), and proxies send to peers as with `remote`.
    """
    here = draft.address.cluster
    if draft.address.type not in _TYPES or not links.peers(here):
        return
    for place, mode in _modes(draft):
        if mode == "none":
            peers = ", ".join(links.peers(here))
            summary = f'the gateway mode "none" does not hold for peers: {here} has {peers}'
            hint = 'write "remote" (what happens anyway) or "local" (through a gateway of its own)'
            yield place.problem("gateway-mode-none", summary, hint, warning=True)


def _modes(draft: Draft) -> Iterator[tuple[Place, Any]]:
    """Yield every gateway mode of the entry that bears on peers, with its place."""
    body = draft.body
    if not draft.raw:
        yield draft.place.inner("mesh_gateway", "mode"), get(get(body, "MeshGateway"), "Mode")
        return
    yield _at(draft, "MeshGateway", "Mode"), get(get(body, "MeshGateway"), "Mode")
    upstreams = get(body, "UpstreamConfig")
    defaults = get(get(get(upstreams, "Defaults"), "MeshGateway"), "Mode")
    yield _at(draft, "UpstreamConfig", "Defaults", "MeshGateway", "Mode"), defaults
    for number, override in maps(get(upstreams, "Overrides")):
        if get(override, "Peer"):
            place = _at(draft, "UpstreamConfig", "Overrides", number, "MeshGateway", "Mode")
            yield place, get(get(override, "MeshGateway"), "Mode")


def _at(draft: Draft, *path: str | int) -> Place:
    return draft.place.inner(*path_of(draft.body, *path))
