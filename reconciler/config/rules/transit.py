"""Rule for exports: peering is not transitive.

A service that is exported, by name or by `*`, must not be sent on to a peer by a redirect anywhere in its
chain: Consul ≥1.16 refuses whichever of the two is written second (live 1.16 and 1.20; failover may).
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.drafts.destinations import destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.fields.lookup import get, maps
from reconciler.model.diagnostic import Diagnostic

_Key = tuple[str, str]  # cluster, service


def transitive_exports(drafts: Drafts, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report exported services whose chain leaves for a peer."""
    leaving = _leaving(drafts)
    for (here, service), draft in leaving.items():
        consumers = exposure.consumers(here, service) if service != "*" else []
        if consumers:
            entry = exposure.entries[here]
            related = ((entry.key.position, "the exports are declared here"),)
            summary = f'"{service}" is exported by {here} ({", ".join(consumers)}), and {_how(draft)}'
            hint = f"{_narrower(entry, service)}let the callers peer with the other cluster"
            yield draft.key.problem("transitive-export", summary, hint, related=related)


def _how(draft: Draft) -> str:
    """Return how the chain of a service leaves for a peer, by what begins it."""
    words = {"service_splitter": "split with a peer", "service_router": "routed to a peer"}
    return words.get(draft.address.type, "redirected to a peer")


def _narrower(entry: Draft, service: str) -> str:
    """Return how to export less: where `*` covers a service, by name; else not that service."""
    named = any(
        str(get(item, "Name")).lower() == service.lower() for _, item in maps(get(entry.body, "Services"))
    )
    return f"do not export {service}, or " if named else 'export by name instead of "*", or '


def _leaving(drafts: Drafts) -> dict[_Key, Draft]:
    """Return the services with a peer redirect somewhere in their chain, and the draft that begins it."""
    callers: dict[_Key, list[tuple[_Key, Draft]]] = {}
    out: dict[_Key, Draft] = {}
    for draft in drafts:
        here = draft.address.cluster
        own = (here, draft.address.name)
        for destination in destinations(draft):
            if not destination.away:
                callers.setdefault((here, destination.service), []).append((own, draft))
            elif destination.redirect and destination.peer is not None:
                out[own] = draft
    waiting = list(out)
    while waiting:
        for key, draft in callers.get(waiting.pop(), ()):
            if key not in out:
                out[key] = draft
                waiting.append(key)
    return out
