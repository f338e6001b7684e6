"""What the analysis does not model: namespaces other than `default`, and partitions beside the cluster's own,
of Consul Enterprise. What a change does there is not known, which is not nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.sdk.address import Address
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.parsing import list_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.graph.body import ANY, CHAIN_KINDS, DEFAULTS, EXPORTS, INTENTIONS, items, text
from reconciler_consul.graph.remake import is_deny
from reconciler_consul.kinds.names import entry_ref, folded

NAMESPACES = "access from and to namespaces other than default is not modelled"
PARTITIONS = "access between partitions is not modelled"
_OWN = ("", "default")
_PEERING = "peering"
_DECIDING = {*CHAIN_KINDS, DEFAULTS, EXPORTS, INTENTIONS}


def beyond(networks: Collection[Network], touched: Iterable[Address]) -> dict[str, str]:
    """Return the clusters of which access is changed that is not modelled, and why. `networks` are the worlds
    before and after a change of the `touched` objects.
    """
    by_cluster: dict[str, set[Address]] = {}
    found: dict[str, str] = {}
    for address in touched:
        if address.type == _PEERING:
            found |= _shown_over(networks, address)
        elif entry_ref(address)[0] in _DECIDING:
            by_cluster.setdefault(address.cluster, set()).add(address)
    for cluster, addresses in by_cluster.items():
        sites = [network.site(cluster) for network in networks]
        if why := next(_beyond(sites, addresses), ""):
            found[cluster] = why
    return dict(sorted(found.items()))


def _shown_over(networks: Iterable[Network], peering: Address) -> dict[str, str]:
    """Return the ends of a peering that export services of other namespaces over it."""
    return {
        here: NAMESPACES
        for network in networks
        for here, there in ((peering.cluster, peering.name), (peering.name, peering.cluster))
        if any(_exports(network.site(here), peer) for peer in network.links.of(here) if peer.there == there)
    }


def _exports(site: Site, peer: Peer) -> bool:
    """Say whether a cluster exports to a peer what others than callers of its default namespace may call, or
    a service of another namespace.
    """
    body = site.entry(EXPORTS, "default") if site.enterprise else None
    spaces = {
        text(item.get("Namespace"))
        for item in items((body or {}).get("Services"))
        if any(text(consumer.get("Peer")) == peer.alias for consumer in items(item.get("Consumers")))
    }
    return bool(spaces) and (not spaces <= set(_OWN) or _tells_apart(site, peer.alias))


def _tells_apart(site: Site, alias: str | None = None) -> bool:
    """Say whether intentions treat a peer's callers of other namespaces otherwise than those of `default`:
    they name their namespaces, or `*` of `default` only, where others have the default intention.
    """
    return any(
        text(source.get("Namespace")) not in _OWN
        or (text(source.get("Name")) == ANY and site.default != "deny" and is_deny(source))
        for body in site.entries.get(INTENTIONS, {}).values()
        for source in items(body.get("Sources"))
        if text(source.get("Peer")) and alias in (None, text(source.get("Peer")))
    )


def _beyond(sites: Sequence[Site], addresses: set[Address]) -> Iterator[str]:
    if any((address.namespace or "") not in _OWN for address in addresses):
        yield NAMESPACES
    if any(entry_ref(address)[0] == EXPORTS for address in addresses):
        yield from (NAMESPACES for site in sites if site.enterprise and _tells_apart(site))
    own = {(kind, folded(name)): a.partition or "" for a in addresses for kind, name in (entry_ref(a),)}
    for site in sites:
        for body in list_of(site.raw.get("config_entries")) if site.enterprise else ():
            key = text(body.get("Kind")), folded(text(body.get("Name")))
            if key in own:
                yield from _mentions(body, own[key])


def _mentions(value: Any, partition: str) -> Iterator[str]:
    """Yield what an entry names that is not modelled, at any depth."""
    if isinstance(value, Mapping):
        if text(value.get("Namespace")) not in _OWN:
            yield NAMESPACES
        if text(value.get("SamenessGroup")) or _is_other(text(value.get("Partition")), partition):
            yield PARTITIONS
        for item in value.values():
            yield from _mentions(item, partition)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _mentions(item, partition)


def _is_other(named: str, own: str) -> bool:
    return (named or own or "default") != (own or "default")
