"""A request to a service of a peer: peering, export, gateways, the exporter's chain."""

from __future__ import annotations

from reconciler.sdk.access.answer import Decision, Origin, Reason, Verdict
from reconciler.sdk.access.question import Request
from reconciler_consul.access.judging.outcome import Outcome, stopped, unsure
from reconciler_consul.access.judging.refusals import of_chain
from reconciler_consul.access.judging.ruling import Arrival
from reconciler_consul.access.network.exports import exports_of, is_http, trusted
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.way.arriving import at_instances
from reconciler_consul.access.way.gateways import LOCAL, mode
from reconciler_consul.access.way.linking import CHECKS, Dialed, check
from reconciler_consul.access.way.routing import Course
from reconciler_consul.graph.body import EXPORTS, OF_CHAINS
from reconciler_consul.graph.chains.nodes import Ending
from reconciler_consul.graph.chains.targets import HERE, Target
from reconciler_consul.kinds.names import entry_address

Trail = tuple[Reason, ...]


def imported(dialed: Dialed, request: Request, trail: Trail) -> Outcome:
    """Return what happens to a request to a service of a peer."""
    peer = dialed.peer
    if peer is None:
        return without_peering(dialed.site, f"{dialed.site.name} has no peering called {dialed.alias}", trail)
    return _step(dialed, peer, request, trail, list(CHECKS))


def without_peering(site: Site, said: str, trail: Trail) -> Outcome:
    """Return what happens where there is no peering, or none is known."""
    why = site.peerings_unknown
    if why is None:
        return stopped(trail, Reason("peering", Verdict.STOP, said, site.origin))
    reason = Reason("peering", Verdict.UNKNOWN, why, site.origin)
    return Outcome(Decision.DEPENDS, (*trail, reason), conditions=(why,))


def _step(dialed: Dialed, peer: Peer, request: Request, trail: Trail, checks: list[int]) -> Outcome:
    """Return what is left of the way after the checks of the link."""
    exporter = dialed.network.site(peer.there)
    for index in checks:
        ok, reason = check(index, dialed, peer, exporter)
        trail = (*trail, reason)
        if ok is False:
            return stopped(trail[:-1], reason)
        if ok is None:
            if exporter.whole_unknown:
                return Outcome(Decision.DEPENDS, trail, conditions=(exporter.whole_unknown,))
            there = _step(dialed, peer, request, trail, checks[checks.index(index) + 1 :])
            return unsure(reason.text, [there, stopped(trail[:-1], reason)])
    return _at_exporter(dialed, peer, exporter, request, trail)


# At the exporter


def _passed(dialed: Dialed, peer: Peer) -> tuple[str, ...]:
    """Return the clusters whose gateways the request goes through."""
    local = mode(dialed.site, dialed.caller, dialed.upstream) == LOCAL
    return (dialed.site.name, peer.there) if local else (peer.there,)


def _at_exporter(dialed: Dialed, peer: Peer, exporter: Site, request: Request, trail: Trail) -> Outcome:
    service, gateways = dialed.service, _passed(dialed, peer)
    origin = exporter.origin
    unknown = exporter.unknown(*OF_CHAINS)
    if unknown:
        reason = Reason("exporter-chain", Verdict.UNKNOWN, unknown, origin)
        return Outcome(Decision.DEPENDS, (*trail, reason), conditions=(unknown,), gateways=gateways)
    if exporter.runs(service) is False:
        said = f"{service} is a name without instances on {exporter.name}: its gateway does not serve it"
        return stopped(trail, Reason("exporter-chain", Verdict.STOP, said, origin), gateways)
    if not exporter.has_chain(service):
        return _ended(dialed, peer, exporter, Ending(Target(service), ()), request, trail, gateways)
    found = exporter.chain(service)
    refused = found.refused if exporter.taken else of_chain(exporter, service)
    if found.chain is None or refused:
        said = f"servers refuse this: {refused}"
        return stopped(trail, Reason("exporter-chain", Verdict.STOP, said, origin), gateways)

    def end(ending: Ending, sent: Request, so_far: Trail) -> Outcome:
        return _ended(dialed, peer, exporter, ending, sent, so_far, gateways)

    course = Course(exporter, found.chain, "exporter-chain", lambda _: False, end)
    return course.follow(request, trail)


def _ended(
    dialed: Dialed,
    peer: Peer,
    exporter: Site,
    ending: Ending,
    request: Request,
    trail: Trail,
    gateways: tuple[str, ...],
) -> Outcome:
    """Return what happens where the exporter's chain ends: gateways do not follow its failover, nor lead on
    to other clusters.
    """
    target = ending.target
    origin = exporter.origin
    if target.peer or target.datacenter not in (HERE, exporter.datacenter):
        said = f"the chain of {dialed.service} leads on to another cluster, where gateways do not follow it"
        return stopped(trail, Reason("exporter-chain", Verdict.STOP, said, origin), gateways)
    inspected = is_http(exporter.chain_protocol(dialed.service))
    if not inspected and peer.called not in trusted(exporter, target.service):
        return stopped(trail, _untrusted(exporter, target.service, peer), gateways)
    said = f"arrives at {target.service}" + (f" (subset {target.subset})" if target.subset else "")
    so_far = (*trail, Reason("exporter-chain", Verdict.OK, said, origin))
    at = Arrival(exporter, target.service, dialed.caller, peer.called, request, gateways, inspected)
    return at_instances(at, target.subset, so_far)


def _untrusted(exporter: Site, service: str, peer: Peer) -> Reason:
    effective = exports_of(exporter).effective(service)
    path = ("Services", effective.number) if effective else ()
    said = (
        f"on tcp the last item that names {service} decides, and it is not for {peer.called}: the proxies of "
        f"{service} do not trust its certificates"
    )
    address = entry_address((EXPORTS, "default"), exporter.name)
    return Reason("export", Verdict.STOP, said, Origin(exporter.name, address, path))
