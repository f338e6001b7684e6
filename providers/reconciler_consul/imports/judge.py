"""What the rows of a peering and the instances behind an import amount to, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.sdk.errors import ProviderError
from reconciler.sdk.imports import Seen
from reconciler.sdk.provider import Condition
from reconciler_consul.imports.entries import DEFAULTS, EXPORTS, GLOBAL, Entries, struct
from reconciler_consul.imports.live import Look, Reach, imported
from reconciler_consul.imports.ties import EVERY, Service, Tie, exported
from reconciler_consul.peering.body import Site
from reconciler_consul.peering.pair import judge_pair

_STANDS = (Condition.READY, Condition.UNHEALTHY)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tie stands: `services` that come over it, or (`None`) that this is not known or not so.

    `why` says what is wrong with the tie; `lost`: nothing can come over it.
    """

    services: frozenset[Service] | None
    why: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """One import judged."""

    seen: Seen
    why: str = ""
    has_virtual_address: bool | None = None


def standing(tie: Tie, looks: Mapping[str, Look]) -> Standing:
    """Judge a tie by the row of its importer, and where both can be read by the rows of both ends."""
    here = looks.get(tie.importer)
    if here is None:
        return Standing(None)
    if isinstance(here.rows, ProviderError):
        return Standing(None, here.rows.message)
    row = here.rows.get(tie.peer.lower())
    if row is None:
        return Standing(None, f'{tie.importer} has no peering called "{tie.peer}"', lost=True)
    why, stands = _condition(tie, looks)
    if not stands:
        return Standing(None, why, lost=True)
    services = imported(row)
    if services is None:
        return Standing(None, f"Consul of {tie.importer} does not report which services it imports")
    return Standing(services, why)


def _condition(tie: Tie, looks: Mapping[str, Look]) -> tuple[str, bool]:
    """Return what is wrong with the peering (empty: nothing is), and whether services may still come
    over it.
    """
    here, there = _site(looks.get(tie.importer)), _site(looks.get(tie.exporter))
    assert here is not None
    mine = here.end(tie.importer, tie.peer)
    if there is None:
        why = "" if mine.state == "ACTIVE" else f"the peering is {mine.state} on {tie.importer}"
        return why, not mine.leaves and mine.state != "TERMINATED"
    theirs = there.end(tie.exporter, tie.consumer)
    verdict = judge_pair(theirs, mine) if tie.dials else judge_pair(mine, theirs)
    return verdict.why, verdict.condition in _STANDS


def _site(look: Look | None) -> Site | None:
    if look is None or isinstance(look.rows, ProviderError) or isinstance(look.identity, ProviderError):
        return None
    return Site(look.rows, look.identity.datacenter, look.identity.trust_domain)


def judged(tie: Tie, found: Reach | ProviderError, exporter: Look | None) -> Verdict:
    """Judge a service that the importer's row lists."""
    if isinstance(found, ProviderError):
        return Verdict(Seen.IMPORTED, found.message)
    if found.proxies:
        alone = found.registered is False
        why = f"no instance of it is registered in {tie.exporter}, only entries of that name" if alone else ""
        return Verdict(Seen.IMPORTED, why, found.virtual_address is not None)
    if not found.registered:
        return Verdict(Seen.NOT_IMPORTED, f"no instance of it is registered in {tie.exporter}", False)
    return Verdict(Seen.IMPORTED, _no_proxy(tie, exporter), False)


def _no_proxy(tie: Tie, exporter: Look | None) -> str:
    gateway = exporter.gateway if exporter is not None else None
    if gateway is False:
        return f"{tie.exporter} has no mesh gateway: no proxy can reach it"
    if gateway:
        return f"no instance of it in {tie.exporter} has a sidecar proxy: it is not in the mesh"
    return f"no proxy can reach it: {tie.exporter} has no mesh gateway, or the service no sidecar proxy"


def missing(tie: Tie, service: Service, stands: Standing, exporter: Look | None, applied: bool) -> Verdict:
    """Judge a service that is exported by this estate and not in the importer's row."""
    if not applied:
        return Verdict(Seen.NOT_IMPORTED, "declared and not applied yet", False)
    if stands.services is None:
        return Verdict(Seen.NOT_IMPORTED if stands.lost else Seen.UNKNOWN, stands.why, _none(stands))
    if exporter is not None and exporter.entries.sure(EXPORTS):
        given = exported(exporter.entries, tie.consumer)
        if not {service, Service(EVERY, service.namespace)} & given:
            return Verdict(Seen.NOT_IMPORTED, f"{tie.exporter} does not export it any more", False)
    if service.name == EVERY:
        return Verdict(Seen.NOT_IMPORTED, f"{tie.exporter} has no service to export yet", False)
    late = f"{tie.exporter} exports it, and {tie.importer} does not have it yet"
    return Verdict(Seen.NOT_IMPORTED, stands.why or late, False)


def _none(stands: Standing) -> bool | None:
    """Return `False` where nothing can come: there certainly is no virtual address."""
    return False if stands.lost else None


def protocol(entries: Entries, service: Service) -> str | None:
    """Return the protocol that a cluster's entries give a service; `None` where others may give it
    another.
    """
    for body in (entries.get(DEFAULTS, service.name), struct(entries.get(GLOBAL, "global")).get("Config")):
        found = struct(body).get("Protocol") or struct(body).get("protocol")
        if found:
            return str(found)
    return "tcp" if entries.sure(DEFAULTS, GLOBAL) else None
