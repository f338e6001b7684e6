"""A request that has reached the cluster of its destination: is an instance there, and does it let it in."""

from __future__ import annotations

from reconciler.sdk.access.answer import Origin, Reason, Verdict
from reconciler_consul.access.judging.outcome import Outcome, stopped, unsure
from reconciler_consul.access.judging.ruling import Arrival, Trail, ruled
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.graph.body import RESOLVER, text


def at_instances(at: Arrival, subset: str, trail: Trail) -> Outcome:
    """Return what happens at the instances of a service, or at those of a subset."""
    site, service = at.site, at.service
    runs = site.runs(service)
    origin = Origin(site.name)
    if runs is None:
        return _unknown(at, site.services_unknown, trail)
    if isinstance(runs, bool):
        said = f"{service} has no instance on {site.name}"
        return stopped(trail, Reason("instances", Verdict.STOP, said, origin), at.gateways)
    if not runs.sidecar:
        said = f"no instance of {service} on {site.name} has a sidecar proxy"
        return stopped(trail, Reason("instances", Verdict.STOP, said, origin), at.gateways)
    if not runs.healthy:
        said = f"no instance of {service} on {site.name} is healthy"
        return stopped(trail, Reason("instances", Verdict.STOP, said, origin), at.gateways)
    chosen = _filter(at, subset)
    if chosen:
        return _unknown(
            at, f"an instance of {service} on {site.name} is in the subset {subset} ({chosen})", trail
        )
    said = f"{service} has a healthy instance on {site.name}"
    return ruled(at, (*trail, Reason("instances", Verdict.OK, said, origin)))


def _filter(at: Arrival, subset: str) -> str:
    """Return the filter that the instances of a subset pass; empty where all do."""
    body = at.site.entry(RESOLVER, at.service) if subset else None
    return text(mapping_of(mapping_of((body or {}).get("Subsets")).get(subset)).get("Filter"))


def _unknown(at: Arrival, condition: str, trail: Trail) -> Outcome:
    """Return the outcome of a request where it is not known whether an instance is there."""
    reason = Reason("instances", Verdict.UNKNOWN, condition, Origin(at.site.name))
    there = ruled(at, (*trail, reason))
    return unsure(condition, [there, stopped(trail, reason, at.gateways)])
