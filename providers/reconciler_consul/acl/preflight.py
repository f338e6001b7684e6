"""What the tokens may do, asked before anything depends on it.

What cannot be known is no obstacle: a cluster without ACLs or without a token of ours, one that does not
answer, and objects in partitions and namespaces (Community Edition cannot be asked about them).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.permissions import Missing
from reconciler.sdk.provider import Step
from reconciler_consul.acl.api import AT_ONCE, authorize
from reconciler_consul.acl.needs import Need, to_read, to_write
from reconciler_consul.kinds.policy_language import WHOLE, rule_for
from reconciler_consul.server.api import ConsulApi

MOST = 16  # requests for one cluster: about a thousand names; further ones are not asked about

T = TypeVar("T")


async def missing(apis: Mapping[str, ConsulApi], steps: Sequence[Step]) -> dict[Address, tuple[Missing, ...]]:
    """Return the rules that each step lacks; see `reconciler.sdk.permissions.Preflights`."""
    needs: dict[Address, dict[Need, None]] = {}
    for step in filter(_is_plain, steps):  # an object may have an interim step besides its own
        needs.setdefault(step.address, {}).update(dict.fromkeys(to_write(step.address, _body(step))))
    lacking = await _lacking(apis, (need for found in needs.values() for need in found))
    out = {
        address: tuple(
            Missing(need.cluster, rule_for(need.resource, need.access, need.name or None))
            for need in found
            if need in lacking
        )
        for address, found in needs.items()
    }
    return {address: rules for address, rules in out.items() if rules}


def _body(step: Step) -> Mapping[str, object] | None:
    # Where the step removes it, acceptor and dialer are those of the existing peering.
    return step.after if step.after is not None or step.address.type != "peering" else _standing(step)


def _standing(step: Step) -> Mapping[str, object] | None:
    return step.before.body if step.before is not None else None


def _is_plain(step: Step) -> bool:
    return step.address.partition is None and step.address.namespace is None


async def may_read(apis: Mapping[str, ConsulApi], addresses: Iterable[Address]) -> frozenset[Address]:
    """Return those of these addresses of which it is certain that the token may read them."""
    needs = {address: frozenset(to_read(address, None)) for address in addresses}
    answers = await _answers(apis, (need for found in needs.values() for need in found))
    return frozenset(a for a, found in needs.items() if found and all(answers.get(n) for n in found))


async def _lacking(apis: Mapping[str, ConsulApi], needs: Iterable[Need]) -> set[Need]:
    return {need for need, allowed in (await _answers(apis, needs)).items() if not allowed}


async def _answers(apis: Mapping[str, ConsulApi], needs: Iterable[Need]) -> dict[Need, bool]:
    """Return yes or no for every permission that could be asked about."""
    by_place: dict[tuple[str, bool], list[Need]] = {}
    for need in sorted(set(needs), key=lambda need: (need.resource not in WHOLE, need)):
        api = apis.get(need.cluster)
        if api is not None and api.cluster.token and not api.cluster.partition:
            by_place.setdefault((need.cluster, need.resource == "peering"), []).append(need)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(apis[cluster], batch, local))
            for (cluster, local), found in by_place.items()
            for batch in _batches(found)
        ]
    return {need: allowed for task in tasks for need, allowed in task.result().items()}


def _batches(needs: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, min(len(needs), AT_ONCE * MOST), AT_ONCE):
        yield needs[start : start + AT_ONCE]


async def _ask(api: ConsulApi, needs: Sequence[Need], local: bool) -> dict[Need, bool]:
    """Send one request. Peerings belong to each datacenter; everything else is written in the primary."""
    asked = [{"Resource": n.resource, "Access": n.access, "Segment": n.name} for n in needs]
    try:
        primary = "" if local else (await api.identity()).primary
        allowed = await authorize(api, asked, api.here(None, None, primary))
    except ProviderError:
        return {}
    return dict(zip(needs, allowed, strict=True))
