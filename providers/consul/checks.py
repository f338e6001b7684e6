"""Checks of a plan against what is known of the servers, before anything is written: all kinds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from providers.consul.api import ConsulApi, Identity
from providers.consul.capabilities_of_entries import Server, entry_findings
from providers.consul.checks_chain import chain_findings
from providers.consul.checks_headers import header_findings
from providers.consul.checks_live import live_findings
from providers.consul.checks_names import taken_names
from providers.consul.checks_overrides import override_findings
from providers.consul.checks_peering import peering_findings
from providers.consul.checks_places import place_findings
from providers.consul.checks_scope import namespace_findings, scope_findings
from providers.consul.checks_sight import Sight
from providers.consul.names import entry_ref
from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import Verb


async def check(
    apis: Mapping[str, ConsulApi], planned: Sequence[Planned]
) -> dict[Address, tuple[Finding, ...]]:
    """What is found about each object; see `reconciler.sdk.checks.Checks`."""
    sight = Sight(apis, await _identities(apis, planned), planned)
    found: dict[Address, list[Finding]] = {}
    for item in planned:
        if item.step is not None:
            for judge in _JUDGES:
                found.setdefault(item.address, []).extend(judge(item, sight))
    live = [*await live_findings(sight), *await place_findings(sight)]
    live += [*await taken_names(sight), *await header_findings(sight)]
    for address, finding in live:
        found.setdefault(address, []).append(finding)
    return {address: tuple(findings) for address, findings in found.items() if findings}


async def _identities(apis: Mapping[str, ConsulApi], planned: Sequence[Planned]) -> dict[str, Identity]:
    """Who the clusters of the plan's objects are. They have answered before: this asks none of them."""
    names = {item.address.cluster for item in planned}
    names |= {item.address.name for item in planned if item.address.type == "peering"}
    out = {}
    for name in sorted(names & apis.keys()):
        with suppress(ProviderError):
            out[name] = await apis[name].identity()
    return out


def _versions(item: Planned, sight: Sight) -> Iterator[Finding]:
    """Fields and kinds that the servers do not take."""
    identity = sight.identities.get(item.address.cluster)
    if identity is None or not sight.is_entry(item) or item.step is None or item.step.after is None:
        return
    kind, _ = entry_ref(item.address)
    if item.step.verb is not Verb.DELETE:
        yield from entry_findings(kind, item.step.after, Server.of(identity.info))


_JUDGES: tuple[Callable[[Planned, Sight], Iterator[Finding]], ...] = (
    _versions,
    scope_findings,
    namespace_findings,
    peering_findings,
    chain_findings,
    override_findings,
)
