"""The name of a cluster where a service is expected: Consul takes it, and no request gets anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from reconciler.config.drafts.destinations import destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.lookup import get, maps
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.consul.entry_kinds import entry_kinds, kind_of
from reconciler.sdk.scope import DEFAULT


def mistaken_names(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Report a shorthand's service, its destinations and its local sources that are named as a cluster is."""
    own, here = draft.address.name, draft.address.cluster
    if draft.raw or not _leads_to_a_service(draft.address.type):
        return
    if is_taken_for_a_service(draft, own, drafts):
        hint = f"first the cluster, then the service, as in {here}: {{api: …}}"
        yield draft.key.problem("cluster-as-service", _summary(own, here), hint, warning=True)
    for destination in destinations(draft):
        service = destination.service
        if service != own and not destination.away and is_taken_for_a_service(draft, service, drafts):
            hint = f"did you mean {own}@{service}?" if service != here else f"did you mean {own}?"
            yield destination.place.problem("cluster-as-service", _summary(service, here), hint, warning=True)
    for number, source in maps(get(draft.body, "Sources")):
        name = get(source, "Name")
        if not isinstance(name, str) or not is_taken_for_a_service(draft, name, drafts):
            continue
        if not get(source, "Peer"):
            hint = f'did you mean web@{name}, or "*@{name}" for all of its services?'
            place = draft.place_of("Sources", number)
            yield place.problem("cluster-as-service", _summary(name, here), hint, warning=True)


@cache
def _leads_to_a_service(type_: str) -> bool:
    """Say whether resources of a type are named after a service that has to exist; what has defaults does."""
    facts = entry_kinds().get(kind_of(type_, ""))
    named = facts is not None and facts.has_own_type and facts.scope == "namespace"
    return named and type_ != "service_defaults"


def is_taken_for_a_service(draft: Draft, name: str, drafts: Drafts) -> bool:
    """Say whether a name in a shorthand is that of a cluster, and of no service that is exported or has
    service-defaults."""
    return not draft.raw and name in drafts.cluster_set.clusters and not _is_service(name, drafts)


def _is_service(name: str, drafts: Drafts) -> bool:
    for cluster, declared in drafts.cluster_set.clusters.items():
        if drafts.get("service_defaults", cluster, name) is not None:
            return True
        entry = drafts.get("exported_services", cluster, declared.partition or DEFAULT)
        services = maps(get(entry.body, "Services")) if entry is not None else ()
        if any(get(service, "Name") == name for _, service in services):
            return True
    return False


def _summary(name: str, here: str) -> str:
    return f'"{name}" is a cluster, and is read as a service of {here}'
