"""The calls that a loss can concern: found from what is lost, not by looking at all pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.access.rehearsal import Loss, LossKind, Rehearsed
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.network.world import Network
from reconciler_consul.access.touching import Callers, Pair, ends, leading, names_of
from reconciler_consul.rehearsing.losing import lost

_FEW = 50  # services of a cluster up to which each is a caller by name


def rehearsed(world: World, losses: Sequence[Loss]) -> Iterator[Rehearsed]:
    """Yield the calls that the losses can concern, in order, before and after. Raises `ValueError`."""
    before, after = ConsulAnalysis(world), ConsulAnalysis(lost(world, losses))
    gone = {Service(loss.cluster, loss.name) for loss in losses if loss.kind is LossKind.SERVICE}
    down = {loss.cluster for loss in losses if loss.kind is LossKind.CLUSTER}
    pairs = {pair for loss in losses for pair in _concerned(before.network, loss)}
    for caller, to in sorted(_existing(before, pairs)):
        if caller.cluster not in down and caller not in gone:
            question = Question(caller, to)
            yield Rehearsed(before.answer(question), after.answer(question))


def _existing(analysis: ConsulAnalysis, pairs: set[Pair]) -> set[Pair]:
    """Return the pairs with the services that run in its cluster in place of `*`: of many, `*` stays."""
    found: set[Pair] = set()
    for caller, to in pairs:
        known = analysis.network.site(caller.cluster).running if caller.name == ANY else None
        running = (known or {}).keys() - {ANY}
        if 0 < len(running) <= _FEW:
            callers = {Service(caller.cluster, name) for name in running}
            found |= {(one, to) for one in callers - {to}}
        else:
            found.add((caller, to))
    return found


def _concerned(network: Network, loss: Loss) -> Iterator[Pair]:
    if loss.kind is LossKind.SERVICE:
        site = network.site(loss.cluster)
        yield from Callers(network, site).all_of(leading(site, loss.name))
    elif loss.kind is LossKind.PEERING:
        yield from _over(network, loss.cluster, loss.name)
        yield from _over(network, loss.name, loss.cluster)
    else:
        yield from _of_cluster(network, loss)


def _of_cluster(network: Network, loss: Loss) -> Iterator[Pair]:
    """Yield all calls over the peerings of a cluster, both ways: its own gateway may be on their way."""
    for peer in network.links.of(loss.cluster):
        yield from _over(network, loss.cluster, peer.there)
        if loss.kind is LossKind.GATEWAY:
            yield from _over(network, peer.there, loss.cluster)


def _over(network: Network, exporter: str, dialer: str) -> Iterator[Pair]:
    """Yield the calls from a cluster to the services that another exports to it, and to its own names that
    lead there.
    """
    site = network.site(exporter)
    for peer in network.links.of(exporter):
        if peer.there == dialer:
            callers = Callers(network, site)
            for name in callers.given_to(peer):
                yield from callers.over(peer, name)
            yield from _own_names(network, dialer, exporter)


def _own_names(network: Network, dialer: str, exporter: str) -> Iterator[Pair]:
    """Yield the calls to a cluster's own names with a chain that may lead to a peer, exported or not."""
    site = network.site(dialer)
    for name in sorted(names_of(network, site)):
        if any(_leads_to(network, dialer, alias, exporter) for alias, _ in ends(site, name)[1]):
            yield from Callers(network, site).local(name)


def _leads_to(network: Network, cluster: str, alias: str, other: str) -> bool:
    peer = network.links.peer(cluster, alias)
    return peer is not None and peer.there == other
