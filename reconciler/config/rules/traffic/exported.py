"""Rules for chains of exported services: what leaves the cluster, and what peers do not follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.config.drafts.destinations import destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.fields.lookup import get, maps
from reconciler.model.diagnostic import Diagnostic


def exported_chains(drafts: Drafts, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report resolvers of exported services that lead to another datacenter, or to another service."""
    for draft in drafts:
        here, service = draft.address.cluster, draft.address.name
        if draft.address.type != "service_resolver" or not exposure.consumers(here, service):
            continue
        yield from _datacenters(draft)
        if _is_exported_by_name(exposure.entries[here], service):
            yield from _redirected(draft)


def _datacenters(draft: Draft) -> Iterator[Diagnostic]:
    """Consul: `peer exported service "x" contains cross-datacenter resolver redirect`, or `failover`."""
    redirect, failover = get(draft.body, "Redirect"), get(draft.body, "Failover")
    found: list[tuple[str, tuple[str, ...], object]] = []
    found.append(("a redirect", ("Redirect",), get(redirect, "Datacenter")))
    for key, entry in failover.items() if isinstance(failover, Mapping) else ():
        targets = [get(target, "Datacenter") for _, target in maps(get(entry, "Targets"))]
        there = next((name for name in (get(entry, "Datacenters"), *targets) if name), None)
        found.append(("a failover", ("Failover", key), there))
    for what, path, there in found:
        if there:
            name = draft.address.name
            summary = f'"{name}" is exported, and {what} leads it to another datacenter: Consul refuses that'
            hint = f"do not export {name}, or leave the datacenter out, also where it is its own"
            yield draft.place_of(*path).problem("exported-datacenter", summary, hint)


def _is_exported_by_name(entry: Draft, service: str) -> bool:
    return any(get(item, "Name") == service for _, item in maps(get(entry.body, "Services")))


def _redirected(draft: Draft) -> Iterator[Diagnostic]:
    for way in destinations(draft):
        if way.redirect and not way.away and way.service != draft.address.name:
            summary = f'"{draft.address.name}" is exported, and redirected to "{way.service}"'
            hint = f"export {way.service}; peers reach a redirected name only with instances and HTTP"
            yield way.place.problem("exported-redirect", summary, hint, warning=True)
