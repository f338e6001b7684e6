"""Exports: the shorthand -> one exported-services entry for each cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.config.clusters.names import service_hint, service_problem
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft, ShorthandDraft, parts_of
from reconciler.config.drafts.refs import Binder
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.scope import DEFAULT

if TYPE_CHECKING:
    from reconciler.config.language.peerings import Export, ExportTo

WILDCARD = "*"
Key = tuple[str, str]  # service, namespace


@dataclass(frozen=True, slots=True)
class _Service:
    item: Item[Export]
    consumers: tuple[dict[str, str], ...]


def resolve_exports(spec: Spec, binder: Binder) -> None:
    """Add drafts of all declared exports."""
    found: dict[str, dict[Key, _Service]] = {}
    for item in spec.exports:
        for chosen in binder.drafts.cluster_set.above(item):
            _collect(item, chosen.name, found.setdefault(chosen.name, {}), binder)
    for here, services in found.items():
        if services:
            binder.drafts.add(_draft(here, services, binder))


def _collect(item: Item[Export], here: str, services: dict[Key, _Service], binder: Binder) -> None:
    problem = service_problem(item.name)
    if problem is not None:
        binder.drafts.problem(item.key, "bad-name", problem, service_hint(item.name))
        return
    long = item.value if not isinstance(item.value, str | list) else None
    namespace = long.namespace if long is not None else None
    key = (item.name, namespace or binder.drafts.cluster_set.clusters[here].namespace or "")
    first = services.get(key)
    if first is not None:
        related = ((first.item.key.position, "first declared here"),)
        summary = f'"{item.name}" of {here} is exported twice'
        binder.drafts.problem(item.key, "duplicate", summary, "merge the two lists", related=related)
        return
    services[key] = _Service(item, _consumers(item, here, long, binder))


def _consumers(
    item: Item[Export], here: str, long: ExportTo | None, binder: Binder
) -> tuple[dict[str, str], ...]:
    """Return the clusters that may use a service, as consumers: peers by their local names, or partitions."""
    place = item.place.inner("to") if long is not None else item.place
    to = long.to if long is not None else item.value
    out = []
    clusters = binder.drafts.cluster_set
    swapped = clusters.knows(item.name)
    hint = f"first the service, then the clusters that may use it: api: [{item.name}]" if swapped else ""
    for each in clusters.select(to, place, hint):
        if each.name != here:
            consumer = binder.consumer(each.name, here, each.place)
            out.extend([consumer] if consumer is not None else [])
        elif each.named:
            hint = "remove it; a cluster's own services need no export"
            binder.drafts.problem(each.place, "self-export", f"{here} cannot export to itself", hint)
    if not to:
        hint = "list the clusters that may use it, or remove the line"
        binder.drafts.problem(item.key, "no-consumers", f'"{item.name}" has no consumers', hint)
    return tuple(out)


def _draft(here: str, services: Mapping[Key, _Service], binder: Binder) -> Draft:
    ordered = sorted(services.items(), key=lambda pair: pair[0])
    first = next(iter(services.values())).item
    # Documented: in Enterprise the entry is named after its partition.
    name = binder.drafts.cluster_set.clusters[here].partition or DEFAULT
    body = {
        "Kind": "exported-services",
        "Name": name,
        "Services": [_service(key, service, services) for key, service in ordered],
    }
    return ShorthandDraft(
        binder.drafts.address("exported_services", here, name),
        body,
        first.cluster_place,
        first.cluster_place,
        scoped=any(namespace for _, namespace in services),
        parts=parts_of("Services", [service.item.key for _, service in ordered]),
    )


def _service(key: Key, service: _Service, services: Mapping[Key, _Service]) -> dict[str, Any]:
    """Return one item. A proxy looks at one item only, and an exact name hides `*`: so it repeats its
    consumers.
    """
    name, namespace = key
    consumers = list(service.consumers)
    everywhere = services.get((WILDCARD, namespace))
    if name != WILDCARD and everywhere is not None:
        consumers.extend(each for each in everywhere.consumers if each not in consumers)
    out: dict[str, Any] = {"Name": name}
    if namespace:
        out["Namespace"] = namespace
    out["Consumers"] = consumers
    return out
