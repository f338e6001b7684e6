"""The analysis of one world, as `reconciler.sdk.access.Analysis` asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from reconciler.sdk.access.answer import Answer, Origin, Reason, Verdict
from reconciler.sdk.access.change import AccessChanges
from reconciler.sdk.access.protocol import Analysis, World
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler.sdk.address import Address
from reconciler_consul.access.judging.outcome import Outcome, is_stop
from reconciler_consul.access.network.world import Network
from reconciler_consul.access.way.importing import without_peering
from reconciler_consul.access.way.walk import Call

_TO_PEER = (
    "upstream", "chain", "peering", "export", "exporter-gateway", "dialer-gateway", "exporter-chain",
    "instances", "intention", "permissions", "default",
)  # fmt: skip


class ConsulAnalysis:
    """Who can call whom in one world."""

    def __init__(self, world: World) -> None:
        self.network = Network(world)

    @cached_property
    def clusters(self) -> Sequence[str]:
        """The clusters of the world, in order; not those that only a peering names."""
        return sorted(name for name, site in self.network.sites.items() if site.exists)

    @cached_property
    def services(self) -> Sequence[Service]:
        """The services that exist or are named anywhere, and names that lead to others, in order."""
        from reconciler_consul.access.network.naming import services

        return services(self.network)

    @cached_property
    def callers(self) -> Sequence[Service]:
        """The services that may send requests, in order."""
        from reconciler_consul.access.network.naming import callers

        return callers(self.network)

    @cached_property
    def unknown(self) -> Mapping[str, str]:
        """Why a cluster's part of the world is not known, by cluster."""
        found = {name: site.reasons or site.whole_unknown for name, site in self.network.sites.items()}
        return {name: why for name, why in sorted(found.items()) if why}

    def answer(self, question: Question) -> Answer:
        """Answer one question. Raises `ValueError` for one that says neither upstream nor destination."""
        outcome = self._outcome(question)
        return Answer(
            question,
            outcome.decision,
            outcome.answered_by,
            outcome.denied_at,
            _completed(outcome.because),
            outcome.conditions,
            outcome.shares,
            outcome.gateways,
            outcome.fails,
        )

    def _outcome(self, question: Question) -> Outcome:
        caller = question.caller
        scoped = next((s for s in (caller, question.to) if s and s.namespace not in (None, "default")), None)
        upstream = question.upstream or self._upstream(question)
        if scoped is not None or (upstream and upstream.namespace not in (None, "default")):
            return _not_modelled(scoped or caller)
        if upstream is None:
            return self._apart(caller, question.to)
        return Call(self.network, self.network.site(caller.cluster), caller.name, upstream).made(
            question.request
        )

    def _upstream(self, question: Question) -> Upstream | None:
        """Return what the caller dials to reach a destination; `None` where no peering leads there."""
        to = question.to
        if to is None:
            raise ValueError("a question names what the caller dials, or where it wants to arrive")
        if to.cluster == question.caller.cluster:
            return Upstream(to.name)
        peer = self.network.links.between(question.caller.cluster, to.cluster)
        return None if peer is None else Upstream(to.name, peer.alias)

    def _apart(self, caller: Service, to: Service | None) -> Outcome:
        said = f"no peering connects {caller.cluster} with {to.cluster if to else 'it'}"
        upstream = Reason("upstream", Verdict.OK, f"{caller.name} dials {to}", Origin(caller.cluster))
        sites = [self.network.site(one.cluster) for one in (caller, to) if one is not None]
        unsure = next((site for site in sites if site.peerings_unknown), sites[0])
        return without_peering(unsure, said, (upstream,))

    def pairs(
        self, callers: Collection[Service] | None, to: Collection[Service] | None, request: Request
    ) -> Iterator[Answer]:
        """Yield the answers of these callers to these destinations, in order, but for those of clusters
        without a peering between them.
        """
        from reconciler_consul.access.network.naming import services_near

        for caller in sorted(self.callers if callers is None else callers):
            near = {peer.there for peer in self.network.links.of(caller.cluster)} | {caller.cluster}
            targets = services_near(self.network, caller.cluster) if to is None else sorted(to)
            for target in targets:
                if target.cluster in near:
                    yield self.answer(Question(caller, target, request=request))

    def changes(self, after: Analysis, touched: Iterable[Address]) -> AccessChanges:
        """Compare with the world after a change of these objects."""
        from reconciler_consul.access.changes import changes

        if not isinstance(after, ConsulAnalysis):
            raise TypeError("both worlds are of one provider")
        return changes(self, after, touched)


def _completed(because: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return the reasons with the steps behind a stop."""
    if not because or not is_stop(because[-1]) or because[-1].step not in _TO_PEER:
        return because
    over_peer = any(reason.step in _TO_PEER[2:7] for reason in because)
    steps = [step for step in _TO_PEER if over_peer or step not in _TO_PEER[2:7]]
    behind = steps[steps.index(because[-1].step) + 1 :] if because[-1].step in steps else []
    return (*because, *(Reason(step, Verdict.NOT_REACHED, "not reached") for step in behind))


def _not_modelled(service: Service) -> Outcome:
    from reconciler.sdk.access.answer import Decision

    why = f"{service} is in a namespace of Consul Enterprise, which is not modelled"
    return Outcome(Decision.DEPENDS, (Reason("upstream", Verdict.UNKNOWN, why),), conditions=(why,))
