"""Rules for partitions and namespaces that can be checked without a server.

A cluster's edition is known where it is declared, or where the cluster has a partition or namespace. Where it
is not, the plan asks the servers and says the same (`providers/reconciler_consul/checks/scope.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.scope import DEFAULT

Path = tuple[str | int, ...]
_OPAQUE = frozenset({"meta", "config", "arguments"})
_FIELDS = {"partition": "Partition", "namespace": "Namespace"} | dict.fromkeys(
    ("samenessgroup", "sameness_group"), "SamenessGroup"
)


def place_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report what Community clusters cannot have, and what does not go together on Enterprise ones."""
    if draft.address.type == "peering":
        yield from _one_cluster(draft, drafts)
        return
    if drafts.cluster_set.edition(draft.address.cluster) == "community":
        yield from _community(draft)
    if draft.address.type == "exported_services":
        yield from _default_namespace(draft, drafts, links)
    if draft.address.type == "mesh" and draft.address.partition not in (None, DEFAULT):
        yield from _gateways(draft)


def _one_cluster(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Report a peering of partitions of one cluster. Documented: "partitions in the same datacenter do not
    require cluster peering"; servers refuse it.
    """
    first, second = draft.address.cluster, draft.address.name
    if drafts.cluster_set.partition_of(first, second) is not None:
        hint = f"export to it: exports: {{{first}: {{api: [{second}]}}}}"
        summary = f'"{first}" and "{second}" are partitions of one cluster, which cannot be peered'
        yield draft.key.problem("one-cluster", summary, hint)


def _community(draft: Draft) -> Iterator[Diagnostic]:
    """Report partitions and namespaces. Consul says `Partitions are a Consul Enterprise feature`
    (agent/http_ce.go), or nothing.
    """
    here = draft.address.cluster
    found = dict(_scopes(draft.body, ()))
    if not draft.raw and draft.address.type == "exported_services":
        found |= {
            ("Services", n, "Namespace"): s["Namespace"]
            for n, s in maps(draft.body["Services"])
            if "Namespace" in s
        }
    for path, value in found.items():
        place = draft.place_of(*path)
        what = _FIELDS[str(path[-1]).lower()]
        summary = f'{what} "{value}" needs Consul Enterprise, {here} is declared as Community'
        yield place.problem(
            "needs-enterprise", summary, "leave it out: Community has one partition and namespace"
        )


def _scopes(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield every partition, namespace and sameness group in a body, with its path; every cluster has
    `default`.
    """
    items: Any = enumerate(value) if isinstance(value, list) else ()
    items = value.items() if isinstance(value, Mapping) else items
    for key, inner in items:
        name = str(key).lower()
        if name in _FIELDS and isinstance(inner, str) and inner not in ("", DEFAULT):
            yield (*path, key), inner
        elif name not in _OPAQUE:
            yield from _scopes(inner, (*path, key))


def _default_namespace(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report an export out of a namespace to a Community peer, which has no namespaces: what it imports loses
    it (structs_ce.go).
    """
    here = draft.address.cluster
    for number, service in maps(get(draft.body, "Services")):
        namespace = get(service, "Namespace")
        if namespace in (None, "", DEFAULT):
            continue
        for _, consumer in maps(get(service, "Consumers")):
            found = links.named(here, str(get(consumer, "Peer")))
            if found is not None and drafts.cluster_set.edition(found[0]) == "community":
                yield draft.place_of("Services", number).problem(
                    "default-namespace",
                    f'"{get(service, "Name")}" of namespace "{namespace}" is exported to {found[0]}, which '
                    "is declared as Community: it only sees the default namespace",
                    "export it from the default namespace",
                )


def _gateways(draft: Draft) -> Iterator[Diagnostic]:
    """Report the setting outside of the partition `default`, where the servers are (documented: mesh
    reference).
    """
    if get(get(draft.body, "Peering"), "PeerThroughMeshGateways"):
        path = path_of(draft.body, "Peering", "PeerThroughMeshGateways")
        place = draft.place.inner(*path if draft.raw else ("peering", "peer_through_mesh_gateways"))
        summary = f'peer_through_mesh_gateways has no effect in the partition "{draft.address.partition}"'
        yield place.problem("gateways-partition", summary, "set it in the partition default")
