"""The topology as one self-contained page: the picture with pan, zoom, search and details."""

from __future__ import annotations

from typing import Any

from reconciler.model.topology import TopologyResult
from reconciler.render.access.words import world_words
from reconciler.render.graph.labels import link_class, site_words, state_words
from reconciler.render.graph.layout import laid_out
from reconciler.render.graph.legend import entries
from reconciler.render.graph.svg import drawn
from reconciler.render.text.html_page import asset, html_page, text
from reconciler.render.text.lines import count
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.topology import Link, Site
from reconciler.sdk.text import escaped

_HINT = (
    "Click a cluster or a peering for its services, exports and state. Drag or use the arrow keys to move, "
    "the wheel or + and - to zoom, 0 for the whole picture, Escape to clear the selection."
)


def topology_page(result: TopologyResult) -> str:
    """Return the page."""
    layout = laid_out(result)
    return html_page(
        f"Topology {world_words(result.source, result.file, result.taken_at)}",
        body=_body(result, drawn(result, layout)),
        styles=[
            asset("reconciler.render.text", "page.css"),
            *(asset(__package__, name) for name in ("colours.css", "picture.css", "page.css")),
        ],
        script=asset(__package__, "page.js"),
        data=_data(result, layout.width, layout.height),
    )


def _body(result: TopologyResult, picture: str) -> str:
    words = world_words(result.source, result.file, result.taken_at)
    topology = result.topology
    services = sum(len(site.services) for site in topology.sites)
    counted = (
        f"{count(len(topology.sites), 'cluster')}, {count(services, 'service')}, "
        f"{count(len(topology.links), 'peering')}"
    )
    return (
        f"<header><h1>Topology</h1><span>{text(words)}</span>"
        f'<span class="faint">{text(counted)}</span></header>\n'
        '<div class="tools"><label>find <input type="search" id="find" '
        'placeholder="cluster or service"></label>'
        f'{_legend(result)}<button id="whole">Whole picture</button></div>\n'
        f'<main><div id="picture">{picture}</div>'
        f'<aside id="details"><p class="faint">{_HINT}</p></aside></main>'
    )


def _legend(result: TopologyResult) -> str:
    return "".join(
        f'<label class="entry"><input type="checkbox" checked data-class="{one.kind}">'
        f'{one.sample}{one.words} <span class="faint">{one.number}</span></label>'
        for one in entries(result)
    )


def _data(result: TopologyResult, width: float, height: float) -> dict[str, Any]:
    """Return what the page's script reads."""
    numbers = {site.name: number for number, site in enumerate(result.topology.sites)}
    return {
        "width": round(width),
        "height": round(height),
        "sites": [_site(site) for site in result.topology.sites],
        "links": [_link(result, link, numbers) for link in result.topology.links],
        "flows": _flows(result, numbers),
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "name": escaped(site.name),
        "words": escaped(site_words(site)),
        "services": [escaped(str(service).rpartition("@")[0]) for service in site.services],
        "gateway": site.gateway,
        "unknown": escaped(site.unknown),
    }


def _link(result: TopologyResult, link: Link, numbers: dict[str, int]) -> dict[str, Any]:
    action = result.actions.get(link.address)
    return {
        "address": escaped(str(link.address)),
        "ends": [numbers[link.acceptor], numbers[link.dialer]],
        "names": [escaped(link.name_at_acceptor), escaped(link.name_at_dialer)],
        "state": escaped(state_words(link)),
        "class": link_class(result, link),
        "action": action.value if action is not None else "",
        "exports": [[numbers[one.service.cluster], escaped(one.service.name)] for one in link.exports],
    }


def _flows(result: TopologyResult, numbers: dict[str, int]) -> list[Any] | None:
    """Return the calls between clusters that may be answered: both clusters, and words."""
    if result.flows is None:
        return None
    out: list[Any] = []
    for answer in result.flows:
        to, caller = answer.question.to, answer.question.caller
        if to is not None and {to.cluster, caller.cluster} <= numbers.keys():
            more = "" if answer.decision is Decision.ALLOWED else f" ({answer.decision.value})"
            out.append([numbers[caller.cluster], numbers[to.cluster], escaped(f"{caller} → {to}{more}")])
    return out
