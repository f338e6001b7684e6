"""What would let a request on: a peering, an export, an intention. One step; the next may show another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.access.answer import Answer, Origin, Reason, Verdict
from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.remedy import Remedy
from reconciler.sdk.address import Address
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.judging.intentions import address_of
from reconciler_consul.access.network.world import Network
from reconciler_consul.graph.body import INTENTIONS, items, text

_EXPORTS = "exported_services"
_REFUSES = ("intention", "permissions", "default")


def remedy(world: World, answer: Answer) -> Remedy | None:
    """Return the remedy of what an answer stops at; `None` where there is none that is known."""
    stop, to = _obstacle(answer), answer.question.to
    if stop is None or to is None:
        return None
    network = ConsulAnalysis(world).network
    if stop.step in _REFUSES:
        return _intention(network, answer.question.caller, answer.denied_at or answer.answered_by or to)
    if stop.step == "export":
        return _export(network, answer.question.caller, to)
    return _peering(network, answer.question.caller, to, stop)


def _obstacle(answer: Answer) -> Reason | None:
    """Return the step that ends the way; else one of the intentions that is not decided."""
    stop = next((one for one in answer.because if one.verdict is Verdict.STOP), None)
    open_ = (one for one in answer.because if one.verdict is Verdict.UNKNOWN and one.step in _REFUSES)
    return stop or next(open_, None)


def _peering(network: Network, caller: Service, to: Service, stop: Reason) -> Remedy | None:
    """Return a new peering where the clusters have none."""
    if stop.step != "peering" or network.links.between(caller.cluster, to.cluster) is not None:
        return None
    address = Address("peering", to.cluster, caller.cluster)
    return Remedy({"peerings": [{"between": [to.cluster, caller.cluster]}]}, {address: {}})


def _export(network: Network, caller: Service, to: Service) -> Remedy | None:
    peer = network.links.between(to.cluster, caller.cluster)
    if peer is None:
        return None
    body = dict(network.site(to.cluster).entry("exported-services", "default") or {})
    services = [dict(item) for item in items(body.get("Services"))]
    item = next((one for one in services if text(one.get("Name")) == to.name), None)
    if item is None:
        services.append(item := {"Name": to.name})
    item["Consumers"] = [*items(item.get("Consumers")), {"Peer": peer.alias}]
    section = {"exports": {to.cluster: {to.name: [caller.cluster]}}}
    address = Address(_EXPORTS, to.cluster, "default")
    return Remedy(section, {address: {**body, "Services": services}})


def _intention(network: Network, caller: Service, to: Service) -> Remedy | None:
    """Return the source that allows the caller, in place of one for the same caller that does not."""
    local = caller.cluster == to.cluster
    peer = None if local else network.links.between(to.cluster, caller.cluster)
    if not local and peer is None:
        return None
    site, name = network.site(to.cluster), "" if peer is None else peer.alias
    body = dict(site.entry(INTENTIONS, to.name) or {})
    sources = items(body.get("Sources"))
    there = next((n for n, one in enumerate(sources) if _is_of(one, caller.name, name)), None)
    source: dict[str, Any] = {"Name": caller.name, "Action": "allow"} | ({"Peer": name} if name else {})
    kept = [one for number, one in enumerate(sources) if number != there]
    address = address_of(site, to.name)
    shown = caller.name if local else f"{caller.name}@{caller.cluster}"
    return Remedy(
        {"intentions": {to.cluster: {to.name: [{"from": shown, "action": "allow"}]}}},
        {address: {**body, "Sources": [*kept, source]}},
        None if there is None else Origin(to.cluster, address, ("Sources", there)),
    )


def _is_of(source: Mapping[str, Any], name: str, peer: str) -> bool:
    return text(source.get("Name")) == name and text(source.get("Peer")) == peer
