"""A request that has reached the cluster of its destination: is an instance there, and does it let it in."""

from __future__ import annotations

from reconciler.sdk.access.answer import Decision, Reason, Verdict
from reconciler_consul.access.judging.outcome import Outcome, stopped, unsure
from reconciler_consul.access.judging.ruling import Arrival, Trail, ruled
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Running, Site
from reconciler_consul.graph.body import RESOLVER, text


def at_instances(at: Arrival, subset: str, trail: Trail) -> Outcome:
    """Return what happens at the instances of a service, or at those of a subset."""
    has, said = has_instance(at.site, at.service, subset)
    if has is None:
        return _unknown(at, said, trail)
    origin = at.site.origin
    if not has:
        return stopped(trail, Reason("instances", Verdict.STOP, said, origin), at.gateways)
    said = f"{at.service} has a healthy instance on {at.site.name}"
    return ruled(at, (*trail, Reason("instances", Verdict.OK, said, origin)))


def has_instance(site: Site, service: str, subset: str) -> tuple[bool | None, str]:
    """Say whether proxies find an instance, and why not or what that rests on."""
    runs = site.runs(service)
    if runs is None:
        return None, site.services_unknown
    if isinstance(runs, bool):
        return False, f"{service} has no instance on {site.name}"
    if not runs.sidecar:
        return False, f"no instance of {service} on {site.name} has a sidecar proxy"
    if not runs.healthy:
        return False, f"no instance of {service} on {site.name} is healthy"
    return _in_subset(site, runs, subset)


def _in_subset(site: Site, runs: Running, subset: str) -> tuple[bool | None, str]:
    """Say whether an instance is in a subset, and why not or what that rests on: its filter, where the world
    does not say how many instances pass it.
    """
    chosen = _filter(site, runs.name, subset)
    count = runs.subsets.get(subset) if chosen else 1
    if not isinstance(count, int):
        return None, f"an instance of {runs.name} on {site.name} is in the subset {subset} ({chosen})"
    said = f"no instance of {runs.name} on {site.name} is in the subset {subset} ({chosen})"
    return (True, "") if count else (False, said)


def _filter(site: Site, service: str, subset: str) -> str:
    """Return the filter that the instances of a subset pass; empty where all do."""
    body = site.entry(RESOLVER, service) if subset else None
    return text(mapping_of(mapping_of((body or {}).get("Subsets")).get(subset)).get("Filter"))


def _unknown(at: Arrival, condition: str, trail: Trail) -> Outcome:
    """Return the outcome of a request where it is not known whether an instance is there. One that would
    deny it leaves nothing to depend on.
    """
    reason = Reason("instances", Verdict.UNKNOWN, condition, at.site.origin)
    there = ruled(at, (*trail, reason))
    if there.decision is Decision.DENIED:
        return there
    return unsure(condition, [there, stopped(trail, reason, at.gateways)])
