"""Names that are made up: a resolver that stands for a peer's service must not take over a service's name.

A splitter or router cannot name a peer, so a resolver `api-dc1` is generated that redirects there, with
service-defaults. Where a service `api-dc1` runs, its own callers would be sent to the peer as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding
from reconciler.sdk.errors import ProviderError
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.api import ConsulApi

TAKEN = "generated-name-taken"
_MADE = ("service_resolver", "service_defaults")


async def taken_names(context: CheckContext) -> list[tuple[Address, Finding]]:
    """Return the generated entries whose name a running service has: one request for each cluster that gets
    any.
    """
    made: dict[str, list[Address]] = {}
    for item in context.planned:
        writes = item.step is not None and item.step.after is not None
        if item.generated and writes and item.address.type in _MADE:
            made.setdefault(item.address.cluster, []).append(item.address)
    running = await asyncio.gather(*(_running(context.apis, name) for name in made))
    return [
        (address, _taken(address))
        for found, names in zip(made.values(), running, strict=True)
        for address in found
        if address.name in names
    ]


async def _running(apis: Mapping[str, ConsulApi], cluster: str) -> frozenset[str]:
    """Return the services of a cluster; none where they cannot be read."""
    try:
        return await apis[cluster].services()
    except (ProviderError, KeyError):
        return frozenset()


def _taken(address: Address) -> Finding:
    running = f'{address.cluster} runs a service "{address.name}"'
    message = f"{running}: the generated resolver would redirect its callers to the peer"
    hint = (
        f"give the peer's service a name of your own and split or route to that: "
        f"redirects: {{{address.cluster}: {{another-name: …}}}}"
    )
    return Finding(TAKEN, message, hint)
