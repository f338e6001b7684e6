"""Where an object may live: partitions and namespaces, secondary datacenters, and what leaves a namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.globs import exactly
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.entry_capabilities import ENTERPRISE, Server, values
from reconciler_consul.server.values import Identity

SECONDARY = "secondary-datacenter"
DEFAULT_NAMESPACE = "default-namespace"
OTHER_EDITION = "other-edition"
_BLOCKS = ("partition", "namespace")


def scope_findings(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find partitions and namespaces on Community Edition, and entries of a secondary datacenter."""
    places = [item.address.cluster]
    if item.address.type == "peering":
        places.append(item.address.name)
    for name in places:
        server = context.server(name)
        if server is not None:
            yield from _other_edition(server, context)
        if server is not None and server.community:
            yield from _community(item, server, context)
            yield from _ignored_rules(item, server)
    if item.address.type != "peering":
        yield from _secondary(item, context)
        yield from _declared_on_secondary(item, context)


def _other_edition(server: Server, context: CheckContext) -> Iterator[Finding]:
    """Find a cluster whose declared edition is wrong: `validate` relied on it, so the plan must not go on."""
    declared = context.apis[server.name].cluster.edition
    actual = "enterprise" if server.enterprise else "community" if server.community else declared
    if declared is not None and declared != actual:
        message = f"{server.name} is declared as {declared.capitalize()} and runs {server.text}"
        yield Finding(OTHER_EDITION, message, f"correct the edition of {server.name} in clusters")


def _community(item: Planned, server: Server, context: CheckContext) -> Iterator[Finding]:
    """Find partitions and namespaces. Consul: `Partitions are a Consul Enterprise feature`, also for
    `default` (agent/http_ce.go).
    """
    cluster = context.apis[server.name].cluster
    peering = item.address.type == "peering"
    given = {
        "partition": cluster.partition or (None if peering else item.address.partition),
        "namespace": None if peering else cluster.namespace or item.address.namespace,
    }
    for what, name in given.items():
        # An address shows its namespace only behind a partition, which then is "default".
        if name and not (what == "partition" and name == "default" and given["namespace"]):
            message = f'{what} "{name}" needs Consul Enterprise, {server.name} runs {server.text} (Community)'
            yield Finding(ENTERPRISE, message, f"remove {what} from it, or from the cluster {server.name}")


def _ignored_rules(item: Planned, server: Server) -> Iterator[Finding]:
    """Find rules for partitions and namespaces that Community Edition (1.13 to 1.22) accepts and ignores."""
    body = item.step.after if item.step is not None else None
    rules = (body or {}).get("Rules")
    blocks = sorted(key for key in rules if key.startswith(_BLOCKS)) if isinstance(rules, Mapping) else ()
    if blocks:
        message = (
            f"rules inside {', '.join(blocks)} need Consul Enterprise, {server.name} runs {server.text} "
            "(Community), which takes them and ignores them"
        )
        yield Finding(ENTERPRISE, message, "write them without that block")


def _secondary(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find config entries and ACL policies of a secondary: those of a federation belong to its primary
    datacenter.

    Consul sends what a secondary is asked to write to the primary, and refuses exports there
    (`exported-services writes must not target secondary datacenters`; tried on 1.14 to 1.22): the object
    would be another one than its address says, and two addresses would be one object.
    """
    name = item.address.cluster
    identity = context.identities.get(name)
    if identity is None or not identity.primary:
        return
    primary = next((n for n, i in context.identities.items() if _is_primary_of(i, identity)), "")
    shown = f"{primary} ({identity.primary})" if primary else identity.primary
    message = (
        f"{name} is a secondary datacenter of a WAN federation: "
        f"its config entries and policies are those of the primary, {shown}"
    )
    where = primary or f"a cluster whose address is in {identity.primary}"
    hint = f"declare it on {where}"
    if item.step is not None and item.step.removes:
        hint = f'to leave it alone: reconciler state rm "{exactly(item.address)}"'
    yield Finding(SECONDARY, message, hint)


def _declared_on_secondary(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find the removal from a primary of what is declared on a secondary of its federation: the two are one
    object, so it would be gone for both (tried on 1.20).
    """
    own, identity = item.address, context.identities.get(item.address.cluster)
    if identity is None or item.step is None or not item.step.removes:
        return
    for name, there in context.identities.items():
        other = context.items.get(replace(own, cluster=name))
        if other is not None and other.body is not None and _is_primary_of(identity, there):
            message = (
                f"{other.address} is declared, and is the same object: {name} is a secondary datacenter "
                f"of the WAN federation whose primary is {own.cluster}"
            )
            hint = f'declare it on {own.cluster}, or give it up: reconciler state rm "{exactly(own)}"'
            yield Finding(SECONDARY, message, hint)


def _is_primary_of(one: Identity, other: Identity) -> bool:
    return one.trust_domain == other.trust_domain and one.datacenter == other.primary


def namespace_findings(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find an export out of a namespace that a Community peer cannot name.

    In Community Edition names have no namespace: what it imports loses it (agent/structs/structs_ce.go).
    """
    server = context.server(item.address.cluster)
    if item.address.type != "exported_services" or server is None or not server.enterprise:
        return
    body = item.step.after if item.step is not None else None
    for service in (item for items in values(body or {}, "Services") for item in items):
        namespace = service.get("Namespace")
        if namespace in (None, "", "default"):
            continue
        for peer in sorted(_community_peers(service, item.address.cluster, context)):
            message = (
                f'"{service.get("Name")}" of namespace "{namespace}" is exported to {peer}, '
                f"which runs Community Edition: it only sees the default namespace"
            )
            yield Finding(DEFAULT_NAMESPACE, message, "export it from the default namespace")


def _community_peers(service: Mapping[str, object], here: str, context: CheckContext) -> set[str]:
    peers = (peer for peer in values(service, "Consumers.Peer") if isinstance(peer, str))
    behind = (context.links.get((here, peer.lower())) for peer in peers)
    servers = ((name, context.server(name)) for name in behind if name is not None)
    return {name for name, server in servers if server is not None and server.community}
