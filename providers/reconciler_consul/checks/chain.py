"""Remarks on ways to a peer that a plan takes away, where servers take more away than they are asked to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.provider import Body, Verb
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.entry_capabilities import values

WITHDRAWN = "withdrawn-redirect"
_MENDED = (1, 21)

Way = tuple[str, str]  # service, the cluster's name for the peer


def chain_findings(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find sidecars that lose a direct upstream: on Consul 1.20 and before, one that loses a redirect or
    failover to a peer's service loses its direct upstream to that service too, and now and then another
    chain's way (live, 1.14 to 1.20; not 1.22).
    """
    step, here = item.step, item.address.cluster
    server = context.server(here)
    if item.address.type != "service_resolver" or step is None or step.before is None:
        return
    if server is None or server.numbers is None or server.numbers[:2] >= _MENDED:
        return
    lost = _ways(item.address, step.before.body) - _ways(item.address, step.after or {})
    gone = _leaving(context)
    shown = ", ".join(f"{service} of {peer}" for service, peer in sorted(lost) if (here, peer) not in gone)
    if shown:
        message = (
            f"Consul {server.text}: sidecars that also reach {shown} in another way may lose that too, "
            "until they are registered again or their proxies restarted"
        )
        yield Finding(WITHDRAWN, message, blocks=False)


def closing_findings(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find intentions that close a name which only redirects to a peer: on Consul 1.20 and before,
    transparent proxies lose the imported name of that service, too (live, 1.14 to 1.20; not 1.22).
    """
    step, here = item.step, item.address.cluster
    server = context.server(here)
    if item.address.type != "service_intentions" or step is None or step.after is None:
        return
    if server is None or server.numbers is None or server.numbers[:2] >= _MENDED:
        return
    before = _denied(step.before.body) if step.before is not None else set()
    leads = _redirects(context, here).get(item.address.name.lower())
    if leads is not None and _denied(step.after) - before:
        message = (
            f"Consul {server.text}: {item.address.name} leads to {leads[0]} of {leads[1]}; transparent "
            "proxies that are denied this name lose the imported name of that service too, until they are "
            "registered again"
        )
        yield Finding(WITHDRAWN, message, blocks=False)


def _denied(body: Body) -> set[str]:
    """Return the local sources that intentions deny."""
    listed = body.get("Sources")
    sources = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []
    return {str(one.get("Name")) for one in sources if one.get("Action") == "deny" and not one.get("Peer")}


def _redirects(context: CheckContext, cluster: str) -> dict[str, Way]:
    """Return the names of a cluster that redirect to a peer's service, in lower case."""
    found = {}
    for item in context.planned:
        redirect = (item.body or {}).get("Redirect") if item.address.type == "service_resolver" else None
        if isinstance(redirect, Mapping) and redirect.get("Peer") and item.address.cluster == cluster:
            way = str(redirect.get("Service") or item.address.name), str(redirect["Peer"])
            found[item.address.name.lower()] = way
    return found


def _ways(address: Address, body: Body) -> set[Way]:
    """Return the peers' services that a resolver leads to."""
    lists = [found for found in values(body, "Failover.*.Targets") if isinstance(found, list | tuple)]
    targets = [*values(body, "Redirect"), *(target for found in lists for target in found)]
    return {
        (str(target.get("Service") or address.name), str(target["Peer"]))
        for target in targets
        if isinstance(target, Mapping) and target.get("Peer")
    }


def _leaving(context: CheckContext) -> set[Way]:
    """Return (cluster, its name for a peer) of peerings that are removed as well: nothing of theirs is left
    to lose.
    """
    steps = (item.step for item in context.planned if item.address.type == "peering")
    gone = (step for step in steps if step is not None and step.verb is Verb.DELETE)
    specs = (PeeringSpec.of(step.address, step.before.body if step.before else None) for step in gone)
    return {pair for spec in specs for pair in spec.names.items()}
