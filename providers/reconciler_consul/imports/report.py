"""Imports: what comes over each peering, by what is exported and by what runs, and how it is dialed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.imports import Import, Importer, Seen
from reconciler.sdk.provider import Body
from reconciler_consul.imports.chain import LocalNames
from reconciler_consul.imports.entries import GLOBAL, NONE, Entries, from_bodies, struct
from reconciler_consul.imports.gateway import gateway
from reconciler_consul.imports.judge import Standing, Verdict, judged, missing, protocol, standing
from reconciler_consul.imports.live import Look, Reach, look_at, reach
from reconciler_consul.imports.names import dial_names, upstream
from reconciler_consul.imports.ties import EVERY, Service, Tie, exported, ties
from reconciler_consul.server.api import ConsulApi, Identity
from reconciler_consul.server.entry_capabilities import Server

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
    estate = _Estate.of(applied, declared, only)
    if not live:
        return {name: estate.offline(name, api) for name, api in apis.items()}
    estate.looks = await look_at(apis, estate.parties | {only} if only else apis)
    for tie in estate.ties:
        estate.standings[tie] = standing(tie, estate.looks)
    listed = [(tie, one) for tie, stands in estate.standings.items() for one in stands.services or ()]
    estate.reaches = await reach(apis, estate.looks, listed)
    return {name: estate.live(name, apis[name]) for name in estate.looks}


@dataclass(slots=True)
class _Estate:
    """All that is known, and the joins over it. `applied` and `wanted`: what each tie is to bring; `parties`:
    the clusters at its ties."""

    ties: tuple[Tie, ...]
    entries: Mapping[str, Entries]
    applied: Mapping[Tie, set[Service]]
    wanted: Mapping[Tie, set[Service]]
    parties: frozenset[str]
    looks: Mapping[str, Look] = field(default_factory=dict)
    standings: dict[Tie, Standing] = field(default_factory=dict)
    reaches: Mapping[tuple[Tie, Service], Reach | ProviderError] = field(default_factory=dict)

    @classmethod
    def of(
        cls, applied: Mapping[Address, Body], declared: Mapping[Address, Body], only: str | None
    ) -> _Estate:
        """Collect the links as they were applied, else as they are declared; with `only`, those of one
        importer.
        """
        recorded, wanted = from_bodies(applied), from_bodies(declared)
        made = {(tie.importer, tie.exporter): tie for bodies in (declared, applied) for tie in ties(bodies)}
        every = tuple(sorted(tie for tie in made.values() if only in (None, tie.importer)))
        return cls(
            every,
            wanted,
            {tie: exported(recorded.get(tie.exporter, NONE), tie.consumer) for tie in every},
            {tie: exported(wanted.get(tie.exporter, NONE), tie.consumer) for tie in every},
            frozenset(name for tie in every for name in (tie.importer, tie.exporter)),
        )

    def offline(self, cluster: str, api: ConsulApi) -> Importer:
        """Return what one cluster imports, from the configuration alone."""
        here = self.entries.get(cluster, NONE)
        names = LocalNames.of(here)
        found = [
            self._import(tie, service, Verdict(Seen.UNKNOWN, _ONLY_RUNNING if service.name == EVERY else ""),
                         here, names, api, None)
            for tie in self._to(cluster)
            for service in self.wanted[tie]
        ]  # fmt: skip
        return Importer(cluster, _in_order(found))

    def live(self, cluster: str, api: ConsulApi) -> Importer:
        """Return what one cluster imports, as it answered."""
        look = self.looks[cluster]
        names = LocalNames.of(look.entries)
        identity = None if isinstance(look.identity, ProviderError) else look.identity
        found = [
            self._import(tie, service, verdict, look.entries, names, api, identity)
            for tie in self._to(cluster)
            for service, verdict in self._verdicts(tie)
        ]
        if isinstance(look.identity, ProviderError):
            return Importer(cluster, _in_order(found), problem=look.identity.message, hint=look.identity.hint)
        notes = tuple(_notes(cluster, look, found)) if found else ()
        return Importer(cluster, _in_order(found), look.identity.info, look.identity.domain, notes=notes)

    def _to(self, cluster: str) -> Iterator[Tie]:
        return (tie for tie in self.ties if tie.importer == cluster)

    def _verdicts(self, tie: Tie) -> Iterator[tuple[Service, Verdict]]:
        """Yield each service that comes over a link, or was to come."""
        stands, exporter = self.standings[tie], self.looks.get(tie.exporter)
        here = stands.services or frozenset()
        for service in here:
            verdict = judged(tie, self.reaches[tie, service], exporter)
            yield service, Verdict(verdict.seen, verdict.why or stands.why, verdict.has_virtual_address)
        for service in (self.applied[tie] | self.wanted[tie]) - here:
            if service.name != EVERY or not here:
                yield service, missing(tie, service, stands, exporter, service in self.applied[tie])

    def _import(
        self,
        tie: Tie,
        service: Service,
        verdict: Verdict,
        here: Entries,
        names: LocalNames,
        api: ConsulApi,
        identity: Identity | None,
    ) -> Import:
        found = self.reaches.get((tie, service))
        reached = found if isinstance(found, Reach) else None
        each = service.name != EVERY
        server = Server.of(identity.info) if identity is not None else None
        domain = identity.domain if identity is not None else None
        dialed = dial_names(tie, service, server, domain, api.cluster.partition) if each else ()
        return Import(
            service.name,
            tie.exporter,
            tie.peer,
            verdict.seen,
            service.namespace,
            verdict.why,
            self._is_declared(tie, service),
            self._protocol(tie, service, reached) if each else None,
            reached.virtual_address if reached else None,
            verdict.has_virtual_address,
            gateway(here, tie, service, server),
            tuple(dialed),
            upstream(tie, service) if each else {},
            names.to(tie.peer, service.name),
        )

    def _is_declared(self, tie: Tie, service: Service) -> bool:
        ours = self.applied[tie] | self.wanted[tie]
        return bool(ours & {service, Service(EVERY, service.namespace)})

    def _protocol(self, tie: Tie, service: Service, reached: Reach | None) -> str | None:
        look = self.looks.get(tie.exporter)
        entries = look.entries if look is not None else self.entries.get(tie.exporter, NONE)
        return (reached.protocol if reached else None) or protocol(entries, service)


def _in_order(found: Iterable[Import]) -> tuple[Import, ...]:
    return tuple(sorted(found, key=lambda one: (one.service, one.namespace or "", one.origin)))


def _notes(cluster: str, look: Look, found: Sequence[Import]) -> Iterator[str]:
    """Yield what a reader of a cluster's names must know."""
    assert not isinstance(look.identity, ProviderError)
    if look.identity.domain is None:
        yield f"the DNS domain of {cluster} is not known: its token may not read it (agent:read)"
    mode = struct(look.entries.get(GLOBAL, "global")).get("Mode")
    if look.entries.sure(GLOBAL) and mode != "transparent" and any(one.has_virtual_address for one in found):
        yield (
            "proxies are not transparent by default here: virtual names serve callers in mode transparent, "
            "the others declare the upstream"
        )
    local = any(one.gateway.needed or one.gateway.callers for one in found)
    if local and look.gateway is False:
        yield f"callers leave through a gateway of {cluster} (mode local), and none is registered there"
