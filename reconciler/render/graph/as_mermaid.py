"""Mermaid, for Markdown on forges and in wikis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.topology import Dependencies, TopologyResult
from reconciler.render.graph.labels import (
    COLOURS,
    action_class,
    exports_words,
    link_class,
    site_words,
    state_words,
)
from reconciler.render.graph.layout import NAMED
from reconciler.render.graph.quoting import mermaid
from reconciler.sdk.access.topology import Site


def topology_mermaid(result: TopologyResult) -> str:
    """Return the topology: a box for each cluster, an edge for each peering."""
    sites = result.topology.sites
    named = sum(len(site.services) for site in sites) <= NAMED
    numbers = {site.name: number for number, site in enumerate(sites)}
    lines = ["flowchart LR", *(line for site in sites for line in _box(site, numbers[site.name], named))]
    kinds = []
    for link in result.topology.links:
        label = mermaid(exports_words(link), state_words(link))
        lines.append(f"  c{numbers[link.acceptor]} ---|{label}| c{numbers[link.dialer]}")
        kinds.append(link_class(result, link))
    return "\n".join([*lines, *_colours(kinds)]) + "\n"


def _box(site: Site, number: int, named: bool) -> Iterator[str]:
    if not (named and site.services):
        yield f"  c{number}[{mermaid(site.name, site_words(site))}]"
        return
    title = f"{site.name} {site.version or ''}".rstrip()  # Mermaid has room for one line
    yield f"  subgraph c{number} [{mermaid(title)}]"
    for service, one in enumerate(site.services):
        yield f"    c{number}s{service}([{mermaid(str(one).rpartition('@')[0])}])"
    yield "  end"


def _colours(kinds: Iterable[str]) -> Iterator[str]:
    """Yield the colour of each edge that has one: Mermaid counts them from 0."""
    for number, kind in enumerate(kinds):
        if kind not in ("well", "unknown"):
            yield f"  linkStyle {number} stroke:{COLOURS[kind]},stroke-width:2px"


def dependencies_mermaid(graph: Dependencies) -> str:
    """Return the dependencies: an edge from each resource to each that it depends on."""
    ids = {address: f"r{number}" for number, address in enumerate(sorted(graph.edges))}
    lines = ["flowchart RL"]
    for cluster in sorted({address.cluster for address in ids}):
        inside = [address for address in ids if address.cluster == cluster]
        lines += [f"  subgraph g{ids[inside[0]]} [{mermaid(cluster)}]"]
        lines += [f"    {ids[address]}[{mermaid(str(address))}]" for address in inside]
        lines += ["  end"]
    lines += [
        f"  {ids[address]} --> {ids[need]}"
        for address in ids
        for need in sorted(graph.edges[address])
        if need in ids
    ]
    for address, name in ids.items():
        planned = action_class(graph.actions, address)
        lines += [f"  style {name} stroke:{COLOURS[planned]},stroke-width:2px"] if planned else []
    return "\n".join(lines) + "\n"
