"""What running clusters say about imports: rows, entries, gateways, and the instances behind each import.

For each cluster two requests on first contact, one for its peerings, one for each kind of entry that matters
to imports, one for its gateways and one for the names of its services; then one for each imported service,
and a second for those that are registered and that no proxy can reach.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, TypeVar

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Denied, ProviderError
from reconciler.sdk.http.messages import segment
from reconciler_consul.imports.entries import KINDS, Entries, items, struct
from reconciler_consul.imports.links import ImportLink, Service
from reconciler_consul.kinds.policy_language import advice
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.listing import entry_name, list_all
from reconciler_consul.server.values import Identity, Row

T = TypeVar("T")
VIRTUAL_ADDRESS = "consul-virtual"
# Or service:write on any one service (acl/policy_authorizer.go).
_TO_READ_IMPORTS = ('service_prefix "" { policy = "read" }', 'node_prefix "" { policy = "read" }')
InstanceList = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """One cluster as it answered. `gateway`: whether a mesh gateway is registered there, `services`: names of
    the services registered in its own `namespace`; both `None` where that is not known."""

    identity: Identity | ProviderError
    rows: Mapping[str, Row] | ProviderError
    entries: Entries
    gateway: bool | None = None
    services: frozenset[str] | None = None
    namespace: str | None = None

    def has(self, service: Service) -> bool | None:
        """Say whether an instance of a service is registered; `None` where that is not known."""
        known = self.services if service.namespace == self.namespace else None
        return None if known is None else service.name in known


@dataclass(frozen=True, slots=True)
class Instances:
    """What an importing cluster has of one service. `proxies` are what the exporter's gateways represent;
    `registered`: whether the exporter has an instance of it (`None`: not known)."""

    proxies: InstanceList
    registered: bool | None

    @property
    def virtual_address(self) -> str | None:
        """The address that the importing cluster gave the service."""
        found = (struct(_tagged(proxy).get(VIRTUAL_ADDRESS)) for proxy in self.proxies)
        return next((str(one["Address"]) for one in found if one.get("Address")), None)

    @property
    def protocol(self) -> str | None:
        """The protocol as the exporting cluster reports it."""
        metas = (struct(struct(_service(proxy).get("Connect")).get("PeerMeta")) for proxy in self.proxies)
        return next((str(meta["Protocol"]) for meta in metas if meta.get("Protocol")), None)


def _service(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    return struct(instance.get("Service"))


def _tagged(instance: Mapping[str, Any]) -> Mapping[str, Any]:
    return struct(_service(instance).get("TaggedAddresses"))


async def read_clusters(apis: Mapping[str, ConsulApi], clusters: Iterable[str]) -> dict[str, ClusterSnapshot]:
    """Read these clusters, all at once."""
    names = [name for name in sorted(set(clusters)) if name in apis]
    return dict(zip(names, await asyncio.gather(*(_snapshot(apis[name]) for name in names)), strict=True))


async def _snapshot(api: ConsulApi) -> ClusterSnapshot:
    identity = await _outcome(api.identity())
    if isinstance(identity, ProviderError):
        return ClusterSnapshot(identity, identity, Entries())
    rows, gateway, services, entries = await asyncio.gather(
        _outcome(api.list_peerings()),
        _outcome(api.has_service_of_kind("mesh-gateway")),
        _outcome(_services(api)),
        _entries(api),
    )
    own = api.cluster.namespace if api.cluster.namespace != "default" else None
    return ClusterSnapshot(identity, rows, entries, _known(gateway), _known(services), own)


def _known(found: T | ProviderError) -> T | None:
    return None if isinstance(found, ProviderError) else found


async def _services(api: ConsulApi) -> frozenset[str] | None:
    answer = await api.http.get("/v1/catalog/services", api.here(None, None).query())
    if not isinstance(answer.value, Mapping) or api.may_be_cut(answer):
        return None
    return frozenset(answer.value)


async def _entries(api: ConsulApi) -> Entries:
    """Read the lists of every kind. A kind that could not be read, or not completely, is partial."""
    lists = await asyncio.gather(*(_outcome(list_all(api, kind, None, None)) for kind in KINDS))
    by_kind, partial = {}, set()
    for kind, listed in zip(KINDS, lists, strict=True):
        if isinstance(listed, ProviderError) or listed.filtered:
            partial.add(kind)
        if not isinstance(listed, ProviderError):
            by_kind[kind] = {entry_name(entry): entry for entry in listed.entries}
    return Entries(by_kind, frozenset(partial))


async def _outcome(call: Awaitable[T]) -> T | ProviderError:
    """Return the result, or the error as a value: one question that fails must not cancel the others."""
    try:
        return await call
    except ProviderError as error:
        return error


def imported(row: Row) -> frozenset[Service] | None:
    """Return the services that a row says are imported; `None` where it does not say (Consul before 1.14).

    Names that are exported and do not exist are among them (seen on 1.14 to 1.22).
    """
    stream = row.get("StreamStatus")
    if not isinstance(stream, Mapping):
        return None
    return frozenset(Service.parse(name) for name in stream.get("ImportedServices") or ())


async def read_instances(
    apis: Mapping[str, ConsulApi],
    snapshots: Mapping[str, ClusterSnapshot],
    wanted: Iterable[tuple[ImportLink, Service]],
) -> dict[tuple[ImportLink, Service], Instances | ProviderError]:
    """Return what the importing clusters have of each of these services."""
    asked = list(wanted)
    calls = (
        _outcome(_read_instances(apis[link.importer], snapshots.get(link.exporter), link, one))
        for link, one in asked
    )
    return dict(zip(asked, await asyncio.gather(*calls), strict=True))


async def _read_instances(
    api: ConsulApi, exporter: ClusterSnapshot | None, link: ImportLink, service: Service
) -> Instances:
    proxies = await _health(api, "connect", link, service)
    registered = exporter.has(service) if exporter is not None else None
    if not proxies and registered is not False:
        # Consul 1.14 hides proxies from a token silently, but refuses to list instances: this may raise.
        instances = await _health(api, "service", link, service)
        registered = registered or bool(instances)
    return Instances(proxies, registered)


async def _health(api: ConsulApi, what: str, link: ImportLink, service: Service) -> InstanceList:
    scope = api.here(None, service.namespace).query()
    answer = await api.http.get(f"/v1/health/{what}/{segment(service.name)}", {"peer": link.peer, **scope})
    found = tuple(items(answer.value))
    if not found and api.may_be_cut(answer):
        message = f"{api.name} does not show its token what it imports"
        raise Denied(message, cluster=api.name, hint=advice(api.name, _TO_READ_IMPORTS))
    return found
