"""Checks of a plan against what is known of the servers, before anything is written: all kinds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.errors import ProviderError
from reconciler_consul.checks.chain import chain_findings, closing_findings
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.checks.headers import header_findings
from reconciler_consul.checks.live import live_findings
from reconciler_consul.checks.lost_peers import lost_peers
from reconciler_consul.checks.names import taken_names
from reconciler_consul.checks.overrides import override_findings
from reconciler_consul.checks.peering import peering_findings
from reconciler_consul.checks.places import place_findings
from reconciler_consul.checks.scope import namespace_findings, scope_findings
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import Server, entry_findings
from reconciler_consul.server.listing import KeptLists
from reconciler_consul.server.values import Identity


async def check(
    apis: Mapping[str, ConsulApi], planned: Sequence[Planned], lists: KeptLists
) -> dict[Address, tuple[Finding, ...]]:
    """Return what is found about each object; see `reconciler.sdk.checks.Checks`. Entries in `lists` are not
    read again, and what is read is put there.
    """
    context = CheckContext(apis, await _identities(apis, planned), planned, lists)
    found: dict[Address, list[Finding]] = {}
    for item in planned:
        if item.step is not None:
            for judge in _JUDGES:
                found.setdefault(item.address, []).extend(judge(item, context))
    live = [*await live_findings(context), *await place_findings(context)]
    live += [*await taken_names(context), *await header_findings(context), *await lost_peers(context)]
    for address, finding in live:
        found.setdefault(address, []).append(finding)
    return {address: tuple(findings) for address, findings in found.items() if findings}


async def _identities(apis: Mapping[str, ConsulApi], planned: Sequence[Planned]) -> dict[str, Identity]:
    """Return who the clusters of the plan's objects are. They have answered before: this sends no request."""
    names = {item.address.cluster for item in planned}
    names |= {item.address.name for item in planned if item.address.type == "peering"}
    out = {}
    for name in sorted(names & apis.keys()):
        with suppress(ProviderError):
            out[name] = await apis[name].identity()
    return out


def _versions(item: Planned, context: CheckContext) -> Iterator[Finding]:
    """Find fields and kinds that the servers do not take."""
    identity = context.identities.get(item.address.cluster)
    if identity is None or not context.is_entry(item) or item.step is None or item.step.after is None:
        return
    kind, _ = entry_ref(item.address)
    if not item.step.removes:
        yield from entry_findings(kind, item.step.after, Server.of(identity.info))


_JUDGES: tuple[Callable[[Planned, CheckContext], Iterator[Finding]], ...] = (
    _versions,
    scope_findings,
    namespace_findings,
    peering_findings,
    chain_findings,
    closing_findings,
    override_findings,
)
