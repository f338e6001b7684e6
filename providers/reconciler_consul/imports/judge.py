"""What the rows of a peering and the instances behind an import amount to, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.imports import ImportState
from reconciler.sdk.provider import Condition
from reconciler_consul.imports.entries import DEFAULTS, EXPORTS, GLOBAL, Entries, struct
from reconciler_consul.imports.links import EVERY, ImportLink, Service, exported
from reconciler_consul.imports.live import ClusterSnapshot, Instances, imported
from reconciler_consul.peering.body import Site
from reconciler_consul.peering.pair import judge_pair

_CARRYING = (Condition.READY, Condition.UNHEALTHY)


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The status of a link: the `services` that come over it, `None` where none can or they are not known.

    `why` says what is wrong with the link; `lost`: nothing can come over it.
    """

    services: frozenset[Service] | None
    why: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class ImportVerdict:
    """One import judged."""

    state: ImportState
    why: str = ""
    has_virtual_address: bool | None = None


def link_status(link: ImportLink, snapshots: Mapping[str, ClusterSnapshot]) -> LinkStatus:
    """Judge a link by the row of its importer, and where both can be read by the rows of both ends."""
    here = snapshots.get(link.importer)
    if here is None:
        return LinkStatus(None)
    if isinstance(here.rows, ProviderError):
        return LinkStatus(None, here.rows.message)
    row = here.rows.get(link.peer.lower())
    if row is None:
        return LinkStatus(None, f'{link.importer} has no peering called "{link.peer}"', lost=True)
    why, status = _condition(link, snapshots)
    if not status:
        return LinkStatus(None, why, lost=True)
    services = imported(row)
    if services is None:
        return LinkStatus(None, f"Consul of {link.importer} does not report which services it imports")
    return LinkStatus(services, why)


def _condition(link: ImportLink, snapshots: Mapping[str, ClusterSnapshot]) -> tuple[str, bool]:
    """Return what is wrong with the peering (empty: nothing is), and whether services may still come
    over it.
    """
    here, there = _site(snapshots.get(link.importer)), _site(snapshots.get(link.exporter))
    assert here is not None
    mine = here.end(link.importer, link.peer)
    if there is None:
        why = "" if mine.state == "ACTIVE" else f"the peering is {mine.state} on {link.importer}"
        return why, not mine.leaves and mine.state != "TERMINATED"
    theirs = there.end(link.exporter, link.consumer)
    verdict = judge_pair(theirs, mine) if link.dials else judge_pair(mine, theirs)
    return verdict.why, verdict.condition in _CARRYING


def _site(snapshot: ClusterSnapshot | None) -> Site | None:
    if (
        snapshot is None
        or isinstance(snapshot.rows, ProviderError)
        or isinstance(snapshot.identity, ProviderError)
    ):
        return None
    return Site(snapshot.rows, snapshot.identity.datacenter, snapshot.identity.trust_domain)


def judge_import(
    link: ImportLink, found: Instances | ProviderError, exporter: ClusterSnapshot | None
) -> ImportVerdict:
    """Judge a service that the importer's row lists."""
    if isinstance(found, ProviderError):
        return ImportVerdict(ImportState.IMPORTED, found.message)
    if found.proxies:
        alone = found.registered is False
        why = (
            f"no instance of it is registered in {link.exporter}, only entries of that name" if alone else ""
        )
        return ImportVerdict(ImportState.IMPORTED, why, found.virtual_address is not None)
    if not found.registered:
        return ImportVerdict(
            ImportState.NOT_IMPORTED, f"no instance of it is registered in {link.exporter}", False
        )
    return ImportVerdict(ImportState.IMPORTED, _no_proxy(link, exporter), False)


def _no_proxy(link: ImportLink, exporter: ClusterSnapshot | None) -> str:
    gateway = exporter.gateway if exporter is not None else None
    if gateway is False:
        return f"{link.exporter} has no mesh gateway: no proxy can reach it"
    if gateway:
        return f"no instance of it in {link.exporter} has a sidecar proxy: it is not in the mesh"
    return f"no proxy can reach it: {link.exporter} has no mesh gateway, or the service no sidecar proxy"


def missing(
    link: ImportLink, service: Service, status: LinkStatus, exporter: ClusterSnapshot | None, applied: bool
) -> ImportVerdict:
    """Judge a service that is exported by this configuration and not in the importer's row."""
    if not applied:
        return ImportVerdict(ImportState.NOT_IMPORTED, "declared and not applied yet", False)
    if status.services is None:
        return ImportVerdict(
            ImportState.NOT_IMPORTED if status.lost else ImportState.UNKNOWN, status.why, _none(status)
        )
    if exporter is not None and exporter.entries.is_complete(EXPORTS):
        given = exported(exporter.entries, link.consumer)
        if not {service, Service(EVERY, service.namespace)} & given:
            return ImportVerdict(
                ImportState.NOT_IMPORTED, f"{link.exporter} does not export it any more", False
            )
    if service.name == EVERY:
        return ImportVerdict(ImportState.NOT_IMPORTED, f"{link.exporter} has no service to export yet", False)
    late = f"{link.exporter} exports it, and {link.importer} does not have it yet"
    return ImportVerdict(ImportState.NOT_IMPORTED, status.why or late, False)


def _none(status: LinkStatus) -> bool | None:
    """Return `False` where nothing can come: there certainly is no virtual address."""
    return False if status.lost else None


def protocol(entries: Entries, service: Service) -> str | None:
    """Return the protocol that a cluster's entries give a service; `None` where others may give it
    another.
    """
    for body in (entries.get(DEFAULTS, service.name), struct(entries.get(GLOBAL, "global")).get("Config")):
        found = struct(body).get("Protocol") or struct(body).get("protocol")
        if found:
            return str(found)
    return "tcp" if entries.is_complete(DEFAULTS, GLOBAL) else None
