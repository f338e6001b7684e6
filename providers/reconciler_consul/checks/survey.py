"""What clusters say against a configuration, besides what a plan asks them: mesh gateways, registered
services, the default intention.

Up to three requests for a cluster: its agent, its services, its mesh gateways. What a token may not see is no
finding.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned, Survey
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.checks.named import named_services, virtual_names
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import values

NO_GATEWAY = "no-gateway"
NO_LOCAL_GATEWAY = "no-local-gateway"
UNREGISTERED = "unregistered-service"
DEFAULT_INTENTION = "other-default-intention"
_MODES = ("MeshGateway.Mode", "UpstreamConfig.Defaults.MeshGateway.Mode")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one cluster says of itself; `None` where it is not known."""

    services: frozenset[str] | None = None
    has_gateway: bool | None = None
    default: str | None = None


async def survey(apis: Mapping[str, ConsulApi], planned: Sequence[Planned]) -> Survey:
    """Return what is found; see `reconciler.sdk.checks.Surveys`."""
    names = sorted(apis.keys() & _clusters(planned))
    answers = await asyncio.gather(*(_seen(apis[name]) for name in names))
    seen = dict(zip(names, answers, strict=True))
    context = CheckContext(apis, {}, planned)
    virtual = virtual_names(context)
    objects: dict[Address, list[Finding]] = {}
    for item in planned:
        if item.step is not None and item.step.removes:
            continue
        for address, finding in (
            *_gateways(item, context, seen),
            *_unregistered(item, context, seen, virtual),
        ):
            objects.setdefault(address, []).append(finding)
    defaults = {name: tuple(_default(apis[name], one)) for name, one in seen.items()}
    return Survey(
        {address: tuple(findings) for address, findings in objects.items()},
        {name: findings for name, findings in defaults.items() if findings},
    )


def _clusters(planned: Sequence[Planned]) -> set[str]:
    names = {item.address.cluster for item in planned}
    return names | {item.address.name for item in planned if item.address.type == "peering"}


async def _seen(api: ConsulApi) -> Seen:
    """Ask one cluster. Where it does not answer, or not to this token, nothing is known."""
    try:
        identity = await api.identity()
        services, gateway = await asyncio.gather(
            api.known_services(), api.has_service_of_kind("mesh-gateway")
        )
        return Seen(services, gateway, identity.info.default_intention)
    except ProviderError:
        return Seen()


def _gateways(
    item: Planned, context: CheckContext, seen: Mapping[str, Seen]
) -> Iterator[tuple[Address, Finding]]:
    """Find exports that no peer reaches, and upstreams that leave through a gateway that does not exist."""
    here, body = item.address.cluster, item.body or {}
    if here not in seen or seen[here].has_gateway is not False:
        return
    if item.address.type == "exported_services" and any(values(body, "Services.Consumers.Peer")):
        message = f"no mesh gateway is registered on {here}: no peer reaches what it exports"
        yield item.address, Finding(NO_GATEWAY, message, _start_one(here), blocks=False)
    has_peers = any(cluster == here for cluster, _ in context.links)
    modes = [mode for path in _MODES for mode in values(body, path)]
    if item.address.type in ("proxy_defaults", "service_defaults") and has_peers and "local" in modes:
        message = f"upstreams of peers leave {here} through its own mesh gateway, and none is registered"
        hint = f'{_start_one(here)}, or write "remote"'
        yield item.address, Finding(NO_LOCAL_GATEWAY, message, hint, blocks=False)


def _start_one(cluster: str) -> str:
    return f"start one on {cluster} (consul connect envoy -gateway=mesh -register)"


def _unregistered(
    item: Planned,
    context: CheckContext,
    seen: Mapping[str, Seen],
    virtual: frozenset[tuple[str, str]],
) -> Iterator[tuple[Address, Finding]]:
    """Find services that an entry names and that no agent of their cluster has registered."""
    missing: dict[str, dict[str, None]] = {}
    for cluster, name in named_services(item, context, virtual):
        known = seen[cluster].services if cluster in seen else None
        if known is not None and name not in known:
            missing.setdefault(cluster, {})[name] = None
    for cluster, names in missing.items():
        shown = ", ".join(f'"{name}"' for name in names)
        message = f"{cluster} has no service called {shown}"
        hint = "register it, or correct the name"
        yield item.address, Finding(UNREGISTERED, message, hint, blocks=False)


def _default(api: ConsulApi, seen: Seen) -> Iterator[Finding]:
    """Find a default intention that is declared as another one: `validate` relied on it."""
    declared = api.cluster.default_intention
    if declared is not None and seen.default is not None and declared != seen.default:
        message = f"the default intention of {api.name} is {seen.default}, and declared as {declared}"
        yield Finding(DEFAULT_INTENTION, message, f"write default_intention: {seen.default}", blocks=False)
