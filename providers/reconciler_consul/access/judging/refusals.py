"""What servers would not take, in their words: of worlds that are declared and not read from servers.

A world that was read (`taken_at`) holds what servers took; there only a chain that cannot be compiled counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler_consul.access.judging.forms import of_resolver, of_router, of_splitter
from reconciler_consul.access.network.exports import exports_of, is_http
from reconciler_consul.access.network.site import Site
from reconciler_consul.graph.body import ANY, EXPORTS, INTENTIONS, RESOLVER, items, text
from reconciler_consul.graph.chains.exported import exports_of as graph_exports
from reconciler_consul.graph.chains.exported import new_target
from reconciler_consul.graph.chains.parts import Parts
from reconciler_consul.graph.chains.watch import refusal_of_rules
from reconciler_consul.graph.holdings import Reader
from reconciler_consul.graph.where import Servers

_NEWEST = 22
_WILDCARDED = "Permissions cannot be specified on intentions with wildcarded destinations"


def of_chain(site: Site, service: str) -> str:
    """Return why servers would not take an entry of a name's chain; empty where they would."""
    return site.once(("refused chain", service), lambda: _of_chain(site, service))


def _of_chain(site: Site, service: str) -> str:
    chain = site.chain(service)
    if chain.chain is None:
        return chain.refused
    return next(_of_parts(chain.chain.parts), "")


def _of_parts(parts: Parts) -> Iterator[str]:
    """Yield why servers would not take an entry of a chain by itself."""
    if parts.router is not None:
        yield from of_router(parts.router)
    for splitter in parts.splitters.values():
        yield from of_splitter(splitter)
    for resolver in parts.resolvers.values():
        yield from of_resolver(resolver)


def of_exported(site: Site, service: str) -> str:
    """Return why servers would not take the exports, or the chain of an exported name."""
    found = site.once("refused exports", lambda: _of_exports(site))
    if found or not site.has_chain(service) or not exports_of(site).effective(service):
        return found
    return site.once(("refused targets", service), lambda: _of_targets(site, service))


def _of_exports(site: Site) -> str:
    if not exports_of(site).by_name:
        return ""
    site.shelf.put(EXPORTS, "default", site.entry(EXPORTS, "default"))
    exported = graph_exports(site.holdings, site.place, servers_of(site), "", stays=True)
    return exported.unsafe(Reader(site.holdings, site.place, True), servers_of(site))


def servers_of(site: Site) -> Servers:
    """Return the servers of a cluster as `graph` knows them."""
    minor = site.version[1] if site.version else _NEWEST
    return Servers(site.name, minor, site.enterprise)


def _of_targets(site: Site, service: str) -> str:
    """Return why a chain that is not HTTP could not be put before an exported service.

    One that is there before the export is taken. So entries are judged in the order in which the world has
    them, and a name without instances is taken to have had its chain first. What is declared has no order: a
    plan finds the one that servers take.
    """
    chain = site.chain(service)
    if (
        chain.chain is None
        or is_http(chain.protocol)
        or site.more
        or not site.runs(service)
        or not _is_late(site, service)
    ):
        return ""
    before = site.bare_chain(service)
    return new_target(chain.chain, before, servers_of(site))


def _is_late(site: Site, service: str) -> bool:
    """Say whether a name's resolver comes behind the exports in the world's list."""
    kinds = [
        (text(body.get("Kind")), text(body.get("Name"))) for body in items(site.raw.get("config_entries"))
    ]
    exports = next((at for at, (kind, _) in enumerate(kinds) if kind == EXPORTS), len(kinds))
    return (RESOLVER, service) in kinds[exports:]


def of_intentions(site: Site, service: str) -> str:
    """Return why servers would not take the intentions for a service, or those for `*`."""
    return site.once(("refused intentions", service), lambda: _of_intentions(site, service))


def _of_intentions(site: Site, service: str) -> str:
    ruled = False
    for name in (service, ANY):
        body = site.entry(INTENTIONS, name)
        for index, source in enumerate(items((body or {}).get("Sources"))):
            if source.get("Permissions"):
                if name == ANY:
                    return f"Sources[{index}].{_WILDCARDED}"
                ruled = True
            if source.get("Namespace") and not site.enterprise:
                return (
                    f'invalid config key "Sources[{index}].Namespace", namespaces are a consul enterprise '
                    "feature"
                )
    return _of_permissions(site, service) if ruled else ""


def _of_permissions(site: Site, service: str) -> str:
    body = site.entry(INTENTIONS, service)
    site.shelf.put(INTENTIONS, text((body or {}).get("Name")), body)
    return refusal_of_rules(service, site.shelf, site.chain_protocol(service))
