"""What is written at clusters and peerings, and the class that gives them their colour."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.change import Action
from reconciler.model.topology import TopologyResult
from reconciler.render.text.lines import count
from reconciler.sdk.access.topology import Link, Site
from reconciler.sdk.address import Address

COLOURS: Mapping[str, str] = {
    "well": "#8a94a6", "unknown": "#8a94a6", "broken": "#d1242f",
    "create": "#1a7f37", "update": "#9a6700", "replace": "#8250df", "delete": "#cf222e",
    "undecided": "#0a5fa8",
}  # fmt: skip
"""Colours by class, for formats that have one set of them; those of a plan's actions are the plan's."""
_PLANNED: Mapping[Action, str] = {
    Action.CREATE: "create", Action.UPDATE: "update", Action.REPLACE: "replace", Action.DELETE: "delete",
}  # fmt: skip


def link_class(result: TopologyResult, link: Link) -> str:
    """Return the class of a peering: what a plan does to it or to its exports, whether that is not decided,
    else its state.
    """
    planned = _PLANNED.get(result.actions.get(link.address, Action.NO_OP))
    if planned is not None:
        return planned
    if link.address in result.undecided:
        return "undecided"
    if any(result.actions.get(one.address) in _PLANNED for one in link.exports):
        return "update"
    return "unknown" if link.well is None else "well" if link.well else "broken"


def is_ailing(result: TopologyResult, link: Link) -> bool:
    """Say whether a peering does not work that has the colour of a plan: it is drawn with both."""
    return link.well is False and link_class(result, link) != "broken"


def action_class(actions: Mapping[Address, Action], address: Address) -> str | None:
    """Return the class of an object that a plan changes, else `None`."""
    return _PLANNED.get(actions.get(address, Action.NO_OP))


def state_words(link: Link) -> str:
    """Return the state of a peering: `ACTIVE`, `ACTIVE / PENDING`; empty where it is not known."""
    states = [state or "not known" for state in (link.state_at_acceptor, link.state_at_dialer)]
    if link.state_at_acceptor is None and link.state_at_dialer is None:
        return ""
    return states[0] if states[0] == states[1] else " / ".join(states)


def exported(link: Link, exporter: str) -> list[str]:
    """Return the names of the services that one end exports, in order."""
    return [one.service.name for one in link.exports if one.service.cluster == exporter]


def exports_words(link: Link) -> str:
    """Return how many services each end exports: `dc1 → dc2: 3, dc2 → dc1: 1`."""
    ends = ((link.acceptor, link.dialer), (link.dialer, link.acceptor))
    words = [f"{one} → {other}: {len(names)}" for one, other in ends if (names := exported(link, one))]
    return ", ".join(words) or "no exports"


def site_words(site: Site) -> str:
    """Return what is written below a cluster's name: `1.20.0 · 12 services`."""
    parts = [site.version or "", count(len(site.services), "service")]
    parts += ["not known" if site.unknown else ""]
    return " · ".join(part for part in parts if part)
