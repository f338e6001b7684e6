"""Remarks on settings for one upstream that hold for other services than their reader may think."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sdk.checks import Finding, Planned
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.capabilities import V1_15, V1_16
from reconciler_consul.server.entry_capabilities import values

OVERRIDE = "override-without-peer"


def override_findings(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find overrides of a service by name alone, where a peer exports a service of that name to this cluster.

    Servers of 1.14 apply them to the peers' service as well, those from 1.16 on do not (live, 1.13 to 1.22).
    1.15 documents to take both ways, and is not judged.
    """
    server = context.server(item.address.cluster)
    if item.address.type != "service_defaults" or item.step is None or item.step.after is None:
        return
    if server is None or server.numbers is None:
        return
    overrides = [one for found in values(item.step.after, "UpstreamConfig.Overrides") for one in found or ()]
    named = {(one.get("Name"), one.get("Peer")) for one in overrides}
    for service, peer in sorted(_imported(item.address.cluster, context)):
        if (service, None) not in named or (service, peer) in named:
            continue
        if server.lacks(V1_15):
            message = (
                f'the override of "{service}" holds for {service} of the peer "{peer}" too; '
                "from Consul 1.16 on only one with that peer does"
            )
            yield Finding(OVERRIDE, message, blocks=False)
        elif not server.lacks(V1_16):
            message = f'the override of "{service}" is for the local {service} only, not for that of "{peer}"'
            hint = f"for that one write a second override with Peer: {peer}"
            yield Finding(OVERRIDE, message, hint, blocks=False)


def _imported(cluster: str, context: CheckContext) -> set[tuple[str, str]]:
    """Return the services that the plan's exports give to a cluster, each with the cluster's name for its
    peer.
    """
    names = {there: peer for (here, peer), there in context.links.items() if here == cluster}
    out = set()
    for item in context.planned:
        peer = names.get(item.address.cluster)
        if item.address.type != "exported_services" or item.body is None or peer is None:
            continue
        for service in next(values(item.body, "Services"), None) or ():
            consumers = {str(name).lower() for name in values(service, "Consumers.Peer")}
            if any(context.links.get((item.address.cluster, name)) == cluster for name in consumers):
                out.add((str(service.get("Name")), peer))
    return out
