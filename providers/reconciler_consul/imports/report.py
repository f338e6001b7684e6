"""Imports: what comes over each peering, by what is exported and by what runs, and how it is dialed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.imports import Import, Importer, ImportState
from reconciler.sdk.provider import Body
from reconciler_consul.imports.chain import LocalNames
from reconciler_consul.imports.entries import GLOBAL, NONE, Entries, from_bodies, struct
from reconciler_consul.imports.gateway import gateway
from reconciler_consul.imports.judge import (
    ImportVerdict,
    LinkStatus,
    judge_import,
    link_status,
    missing,
    protocol,
)
from reconciler_consul.imports.links import EVERY, ImportLink, Service, exported, links
from reconciler_consul.imports.live import ClusterSnapshot, Instances, read_clusters, read_instances
from reconciler_consul.imports.names import dial_names, upstream
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import Server
from reconciler_consul.server.values import Identity

_ONLY_RUNNING = "which services these are only the running cluster knows"


async def imports(
    apis: Mapping[str, ConsulApi],
    applied: Mapping[Address, Body],
    declared: Mapping[Address, Body],
    *,
    live: bool,
    only: str | None = None,
) -> dict[str, Importer]:
    """Return what each cluster imports; see `reconciler.sdk.imports.Imports`."""
    index = ImportIndex.of(applied, declared, only)
    if not live:
        return {name: index.offline(name, api) for name, api in apis.items()}
    index.snapshots = await read_clusters(apis, index.parties | {only} if only else apis)
    for link in index.links:
        index.statuses[link] = link_status(link, index.snapshots)
    listed = [(link, one) for link, status in index.statuses.items() for one in status.services or ()]
    index.instances = await read_instances(apis, index.snapshots, listed)
    return {name: index.live(name, apis[name]) for name in index.snapshots}


@dataclass(slots=True)
class ImportIndex:
    """What is known of all imports, by link. `applied` and `wanted`: the services that each link is to bring;
    `parties`: the clusters at the ends of the links."""

    links: tuple[ImportLink, ...]
    entries: Mapping[str, Entries]
    applied: Mapping[ImportLink, set[Service]]
    wanted: Mapping[ImportLink, set[Service]]
    parties: frozenset[str]
    snapshots: Mapping[str, ClusterSnapshot] = field(default_factory=dict)
    statuses: dict[ImportLink, LinkStatus] = field(default_factory=dict)
    instances: Mapping[tuple[ImportLink, Service], Instances | ProviderError] = field(default_factory=dict)

    @classmethod
    def of(
        cls, applied: Mapping[Address, Body], declared: Mapping[Address, Body], only: str | None
    ) -> ImportIndex:
        """Collect the links as they were applied, else as they are declared; with `only`, those of one
        importer.
        """
        recorded, wanted = from_bodies(applied), from_bodies(declared)
        made = {
            (link.importer, link.exporter): link for bodies in (declared, applied) for link in links(bodies)
        }
        every = tuple(sorted(link for link in made.values() if only in (None, link.importer)))
        return cls(
            every,
            wanted,
            {link: exported(recorded.get(link.exporter, NONE), link.consumer) for link in every},
            {link: exported(wanted.get(link.exporter, NONE), link.consumer) for link in every},
            frozenset(name for link in every for name in (link.importer, link.exporter)),
        )

    def offline(self, cluster: str, api: ConsulApi) -> Importer:
        """Return what one cluster imports, from the configuration alone."""
        here = self.entries.get(cluster, NONE)
        names = LocalNames.of(here)
        found = [
            self._import(link, service, _undecided(service), here, names, api, None)
            for link in self._to(cluster)
            for service in self.wanted[link]
        ]
        return Importer(cluster, _in_order(found))

    def live(self, cluster: str, api: ConsulApi) -> Importer:
        """Return what one cluster imports, as it answered."""
        snapshot = self.snapshots[cluster]
        names = LocalNames.of(snapshot.entries)
        identity = None if isinstance(snapshot.identity, ProviderError) else snapshot.identity
        found = [
            self._import(link, service, verdict, snapshot.entries, names, api, identity)
            for link in self._to(cluster)
            for service, verdict in self._verdicts(link)
        ]
        if isinstance(snapshot.identity, ProviderError):
            return Importer(
                cluster, _in_order(found), problem=snapshot.identity.message, hint=snapshot.identity.hint
            )
        notes = tuple(_notes(cluster, snapshot, found)) if found else ()
        return Importer(
            cluster, _in_order(found), snapshot.identity.info, snapshot.identity.domain, notes=notes
        )

    def _to(self, cluster: str) -> Iterator[ImportLink]:
        return (link for link in self.links if link.importer == cluster)

    def _verdicts(self, link: ImportLink) -> Iterator[tuple[Service, ImportVerdict]]:
        """Yield each service that comes over a link, or was to come."""
        status, exporter = self.statuses[link], self.snapshots.get(link.exporter)
        here = status.services or frozenset()
        for service in here:
            verdict = judge_import(link, self.instances[link, service], exporter)
            yield (
                service,
                ImportVerdict(verdict.state, verdict.why or status.why, verdict.has_virtual_address),
            )
        for service in (self.applied[link] | self.wanted[link]) - here:
            if service.name != EVERY or not here:
                yield service, missing(link, service, status, exporter, service in self.applied[link])

    def _import(
        self,
        link: ImportLink,
        service: Service,
        verdict: ImportVerdict,
        here: Entries,
        names: LocalNames,
        api: ConsulApi,
        identity: Identity | None,
    ) -> Import:
        found = self.instances.get((link, service))
        known = found if isinstance(found, Instances) else None
        each = service.name != EVERY
        server = Server.of(identity.info) if identity is not None else None
        domain = identity.domain if identity is not None else None
        dialed = dial_names(link, service, server, domain, api.cluster.partition) if each else ()
        return Import(
            service.name,
            link.exporter,
            link.peer,
            verdict.state,
            service.namespace,
            verdict.why,
            self._is_declared(link, service),
            self._protocol(link, service, known) if each else None,
            known.virtual_address if known else None,
            verdict.has_virtual_address,
            gateway(here, link, service, server),
            tuple(dialed),
            upstream(link, service) if each else {},
            names.to(link.peer, service.name),
        )

    def _is_declared(self, link: ImportLink, service: Service) -> bool:
        ours = self.applied[link] | self.wanted[link]
        return bool(ours & {service, Service(EVERY, service.namespace)})

    def _protocol(self, link: ImportLink, service: Service, known: Instances | None) -> str | None:
        snapshot = self.snapshots.get(link.exporter)
        entries = snapshot.entries if snapshot is not None else self.entries.get(link.exporter, NONE)
        return (known.protocol if known else None) or protocol(entries, service)


def _undecided(service: Service) -> ImportVerdict:
    return ImportVerdict(ImportState.UNKNOWN, _ONLY_RUNNING if service.name == EVERY else "")


def _in_order(found: Iterable[Import]) -> tuple[Import, ...]:
    return tuple(sorted(found, key=lambda one: (one.service, one.namespace or "", one.origin)))


def _notes(cluster: str, snapshot: ClusterSnapshot, found: Sequence[Import]) -> Iterator[str]:
    """Yield what a reader of a cluster's names must know."""
    assert not isinstance(snapshot.identity, ProviderError)
    if snapshot.identity.domain is None:
        yield f"the DNS domain of {cluster} is not known: its token may not read it (agent:read)"
    mode = struct(snapshot.entries.get(GLOBAL, "global")).get("Mode")
    if (
        snapshot.entries.is_complete(GLOBAL)
        and mode != "transparent"
        and any(one.has_virtual_address for one in found)
    ):
        yield (
            "proxies are not transparent by default here: virtual names serve callers in mode transparent, "
            "the others declare the upstream"
        )
    local = any(one.gateway.needed or one.gateway.callers for one in found)
    if local and snapshot.gateway is False:
        yield f"callers leave through a gateway of {cluster} (mode local), and none is registered there"
