"""DOT, for Graphviz and what reads its language. Sorted, so that two texts can be compared."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.topology import Dependencies, TopologyResult
from reconciler.render.graph.labels import (
    COLOURS,
    action_class,
    exports_words,
    is_ailing,
    link_class,
    site_words,
    state_words,
)
from reconciler.render.graph.layout import NAMED
from reconciler.render.graph.quoting import dot
from reconciler.sdk.access.topology import Site


def topology_dot(result: TopologyResult) -> str:
    """Return the topology: a box for each cluster, an edge for each peering."""
    named = sum(len(site.services) for site in result.topology.sites) <= NAMED
    numbers = {site.name: number for number, site in enumerate(result.topology.sites)}
    head = ("graph G {", "  compound = true", '  node [shape = rect, fontname = "sans-serif"];')
    boxes = (line for site in result.topology.sites for line in _box(site, numbers[site.name], named))
    return "\n".join([*head, *boxes, *_links(result, numbers), "}"]) + "\n"


def _box(site: Site, number: int, named: bool) -> Iterator[str]:
    yield f'  subgraph "cluster_{number}" {{'
    yield f"    label = {dot(site.name, site_words(site))};"
    yield f'    "anchor_{number}" [shape = point, style = invis];'
    for service in site.services if named else ():
        yield f"    {dot(str(service))} [label = {dot(str(service).rpartition('@')[0])}];"
    yield "  }"


def _links(result: TopologyResult, numbers: dict[str, int]) -> Iterator[str]:
    for link in result.topology.links:
        one, other = numbers[link.acceptor], numbers[link.dialer]
        colour = COLOURS[link_class(result, link)]
        colour += f":{COLOURS['broken']}" if is_ailing(result, link) else ""  # two lines beside each other
        label = dot(exports_words(link), state_words(link))
        ends = f'ltail = "cluster_{one}", lhead = "cluster_{other}"'
        yield f'  "anchor_{one}" -- "anchor_{other}" [label = {label}, color = "{colour}", {ends}];'


def dependencies_dot(graph: Dependencies) -> str:
    """Return the dependencies: an edge from each resource to each that it depends on, boxes by cluster."""
    head = ("digraph G {", '  rankdir = "RL";', '  node [shape = rect, fontname = "sans-serif"];')
    of: dict[str, list[str]] = {}
    for address in sorted(graph.edges):
        planned = action_class(graph.actions, address)
        colour = f', color = "{COLOURS[planned]}"' if planned else ""
        of.setdefault(address.cluster, []).append(
            f"    {dot(str(address))} [label = {dot(str(address))}{colour}];"
        )
    boxes = (
        line
        for number, (cluster, nodes) in enumerate(of.items())
        for line in (f'  subgraph "cluster_{number}" {{', f"    label = {dot(cluster)};", *nodes, "  }")
    )
    edges = (
        f"  {dot(str(address))} -> {dot(str(need))};"
        for address in sorted(graph.edges)
        for need in sorted(graph.edges[address])
    )
    return "\n".join([*head, *boxes, *edges, "}"]) + "\n"
