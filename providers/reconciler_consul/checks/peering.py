"""Which two clusters can be peered: not one cluster with itself, nor two datacenters of one federation."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sdk.checks import Finding, Planned
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.capabilities import SECONDARY_ACCEPTS, shown
from reconciler_consul.server.entry_capabilities import NEWER
from reconciler_consul.server.values import Identity

ONE_CLUSTER = "one-cluster"
ONE_FEDERATION = "one-federation"


def peering_findings(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find why a peering cannot, or must not, be created."""
    if item.address.type != "peering" or item.step is None or item.step.after is None:
        return
    spec = PeeringSpec.of(item.address, item.step.after)
    one, other = (context.identities.get(name) for name in (spec.acceptor, spec.dialer))
    if one is not None and other is not None and one.trust_domain and one.trust_domain == other.trust_domain:
        yield _one_trust_domain(spec, one, other)
    if one is not None and one.primary:
        yield from _secondary_accepts(spec, context)


def _one_trust_domain(spec: PeeringSpec, one: Identity, other: Identity) -> Finding:
    """Return the finding. Consul refuses the first (`within the same cluster`) and takes the second (tried on
    1.14 to 1.22).
    """
    both = f"{spec.acceptor} and {spec.dialer}"
    if one.datacenter == other.datacenter:
        hint = "partitions of one cluster reach each other through exports with `partition` consumers"
        return Finding(ONE_CLUSTER, f"{both} are one cluster, datacenter {one.datacenter}", hint)
    message = (
        f"{both} are datacenters of one WAN federation ({one.datacenter} and {other.datacenter}, "
        f"trust domain {one.trust_domain}): one certificate authority, one set of config entries"
    )
    hint = "services of a federation reach each other by datacenter; peer clusters that are not federated"
    return Finding(ONE_FEDERATION, message, hint)


def _secondary_accepts(spec: PeeringSpec, context: CheckContext) -> Iterator[Finding]:
    server = context.server(spec.acceptor)
    needed = server.lacks(SECONDARY_ACCEPTS) if server is not None else None
    if server is not None and needed is not None:
        message = (
            f"accepting a peering in the secondary datacenter {spec.acceptor} needs Consul {shown(needed)}, "
            f"it runs {server.text}"
        )
        yield Finding(NEWER, message, f"let the other end accept: acceptor: {spec.dialer}")
