"""The way of one request, from the caller's proxy on."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.sdk.access.answer import Decision, Origin, Reason, Verdict
from reconciler.sdk.access.question import Request, Upstream
from reconciler_consul.access.judging.outcome import Outcome, refused, stopped, unsure
from reconciler_consul.access.judging.refusals import of_chain
from reconciler_consul.access.judging.ruling import Arrival
from reconciler_consul.access.network.exports import is_http
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.access.way.arriving import at_instances, has_instance
from reconciler_consul.access.way.gateways import dialed_protocol
from reconciler_consul.access.way.importing import imported
from reconciler_consul.access.way.linking import Dialed, available
from reconciler_consul.access.way.routing import Course
from reconciler_consul.access.way.transparent import through_transparent_proxy
from reconciler_consul.graph.body import OF_CHAINS, RESOLVER
from reconciler_consul.graph.chains.nodes import Ending
from reconciler_consul.graph.chains.targets import HERE, Target
from reconciler_consul.kinds.names import entry_address

Trail = tuple[Reason, ...]


class Call(NamedTuple):
    """A caller on its cluster with what it dials."""

    network: Network
    site: Site
    caller: str
    upstream: Upstream

    def made(self, request: Request) -> Outcome:
        """Return what happens to a request."""
        name, peer = self.upstream.name, self.upstream.peer
        said = f"{self.caller} dials {name}" + (f" of peer {peer}" if peer else "")
        trail: Trail = (Reason("upstream", Verdict.OK, said, self.site.origin),)
        if self.site.whole_unknown and not self._is_judged_there():
            return _nothing_known(self.site.whole_unknown, trail, "upstream")
        if peer:
            return imported(self._dialed(name, peer), request, trail)
        return self._local(request, trail)

    def _is_judged_there(self) -> bool:
        """Say whether the request goes to a peer of which something is known: what that refuses is refused
        regardless of what the caller's cluster is like.
        """
        peer = self.network.peer(self.site, self.upstream.peer or "")
        return peer is not None and not self.network.site(peer.there).whole_unknown

    def _dialed(self, service: str, alias: str) -> Dialed:
        return Dialed(self.network, self.site, self.caller, self.upstream, service, alias)

    def _local(self, request: Request, trail: Trail) -> Outcome:
        """Return what the chain of a local name does."""
        name = self.upstream.name
        unknown = self.site.unknown(*OF_CHAINS)
        if unknown:
            return _nothing_known(unknown, trail, "chain")
        if not self.site.has_chain(name):
            return self._end(Ending(Target(name), ()), request, trail)
        own = dialed_protocol(self.site, self.caller, self.upstream)
        found = self.site.chain(name, routed=not own or is_http(own))
        refused = found.refused if self.site.taken else of_chain(self.site, name)
        if found.chain is None or refused:
            reason = Reason("chain", Verdict.STOP, f"servers refuse this: {refused}", self._about(name))
            return stopped(trail, reason)
        course = Course(self.site, found.chain, "chain", self._is_gone, self._end)
        return through_transparent_proxy(self.site, self.caller, name, course.follow(request, trail))

    def _about(self, name: str) -> Origin:
        body = self.site.entry(RESOLVER, name)
        return Origin(self.site.name, entry_address((RESOLVER, name), self.site.name) if body else None)

    def _is_gone(self, ending: Ending) -> bool:
        """Say whether proxies cannot make a cluster of an end: its peer is not known."""
        peer = ending.target.peer
        return bool(peer) and self.network.peer(self.site, peer) is None

    # Ends

    def _end(self, ending: Ending, request: Request, trail: Trail) -> Outcome:
        target = ending.target
        trail = (*trail, *self._resolved(ending))
        if not ending.failover:
            return self._deliver(target, request, trail)
        if self._is_gone(ending):
            return self._deliver(target, request, trail)
        return self._failover([target, *ending.failover], request, trail)

    def _resolved(self, ending: Ending) -> Trail:
        target = ending.target
        if target.service == self.upstream.name and not target.peer and not ending.failover:
            return ()
        said = f"leads to {_shown(target, self.site)}"
        if ending.failover:
            said += f", with failover to {', '.join(_shown(other, self.site) for other in ending.failover)}"
        return (Reason("chain", Verdict.OK, said, self._about(self.upstream.name)),)

    def _failover(self, targets: list[Target], request: Request, trail: Trail) -> Outcome:
        """Return what the first target does that proxies take for healthy; one that refuses is the last."""
        target, rest = targets[0], targets[1:]
        can, why = self._can(target)
        if can is False:
            passed = (*trail, Reason("chain", Verdict.OK, f"passes over {_shown(target, self.site)}: {why}"))
            if rest:
                return self._failover(rest, request, passed)
            stop = Reason("chain", Verdict.STOP, f"no target of the failover is there: {why}")
            return stopped(trail, stop)
        here = self._deliver(target, request, trail)
        if can:
            return here
        others = (
            self._failover(rest, request, trail)
            if rest
            else stopped(trail, Reason("chain", Verdict.STOP, why))
        )
        return refused([here, others]) or unsure(why, [here, others])

    def _can(self, target: Target) -> tuple[bool | None, str]:
        """Say whether proxies have a healthy address for a target, and why not or why it is not known."""
        if target.peer:
            return available(self._dialed(target.service, target.peer))
        if target.datacenter not in (HERE, self.site.datacenter):
            return None, f"{target.service} in datacenter {target.datacenter} is not known"
        return has_instance(self.site, target.service, target.subset)

    def _deliver(self, target: Target, request: Request, trail: Trail) -> Outcome:
        if target.peer:
            return imported(self._dialed(target.service, target.peer), request, trail)
        if target.datacenter not in (HERE, self.site.datacenter):
            why = f"{target.service} in datacenter {target.datacenter} is not known"
            return _nothing_known(why, trail, "chain")
        at = Arrival(self.site, target.service, self.caller, "", request)
        return at_instances(at, target.subset, trail)


def _shown(target: Target, site: Site) -> str:
    if target.peer:
        return f"{target.service} of peer {target.peer}"
    name = f"{target.service} of {site.name}"
    return f"{name} (subset {target.subset})" if target.subset else name


def _nothing_known(why: str, trail: Trail, step: str) -> Outcome:
    return Outcome(Decision.DEPENDS, (*trail, Reason(step, Verdict.UNKNOWN, why)), conditions=(why,))
