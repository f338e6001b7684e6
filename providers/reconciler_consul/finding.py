"""Objects that carry a mark in their Meta, declared or not: every kind of config entry, and peerings.

For each cluster one request a kind that its version has (in Enterprise: and a namespace), and one for its
peerings. ACL policies have no Meta: they are listed where everything is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any, NamedTuple

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.marks.finding import Findings, Marked
from reconciler.sdk.provider import Present
from reconciler.sdk.scope import unscoped
from reconciler_consul.acl.listing import list_all as list_all_policies
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.names import entry_address
from reconciler_consul.peering.body import PeeringSpec, Site, present
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import Server, kind_is_missing
from reconciler_consul.server.listing import entry_name, list_all
from reconciler_consul.server.values import mapping

Found = tuple[dict[Address, Present], list[str]]
Sites = dict[str, Site]
_NAMED = 3  # kinds that a remark names


async def find(apis: Mapping[str, ConsulApi], marked: Marked | None) -> Findings:
    """Return what carries the mark on these clusters (`None`: everything), and what could not be read."""
    async with asyncio.TaskGroup() as group:
        entries = [group.create_task(_entries(api, marked)) for api in apis.values()]
        entries += [group.create_task(_policies(api)) for api in apis.values() if marked is None]
        sites = {name: group.create_task(_site(api)) for name, api in apis.items()}
    objects: dict[Address, Present] = {}
    remarks: list[str] = []
    for task in entries:
        found, said = task.result()
        objects.update(found)
        remarks += said
    seen = {name: task.result() for name, task in sites.items()}
    failed = {name: one for name, one in seen.items() if isinstance(one, ProviderError)}
    remarks += [_unread(name, "peerings", error.message) for name, error in failed.items()]
    known = {name: site for name, site in seen.items() if isinstance(site, Site)}
    pairs = _pairs(known)
    links, said = _peerings(known, pairs, marked)
    return Findings({**objects, **links}, (*remarks, *said), tuple(_ends(known, marked, pairs)))


async def _entries(api: ConsulApi, marked: Marked | None) -> Found:
    try:
        identity = await api.identity()
        server = Server.of(identity.info)
        namespaces = await _namespaces(api) if server.enterprise else (None,)
    except ProviderError as error:
        return {}, [_unread(api.name, "config entries", error.message)]
    lists = [
        (kind, namespace)
        for kind, record in ENTRY_KINDS.items()
        if (marked is None or record.mark is not None) and not kind_is_missing(kind, server)
        for namespace in (namespaces if entry_kinds()[kind].scope == "namespace" else (None,))
    ]
    results = await asyncio.gather(*(_list(api, kind, namespace, marked) for kind, namespace in lists))
    out: dict[Address, Present] = {}
    remarks: list[str] = []
    unread: dict[str, list[str]] = {}
    for (kind, _), result in zip(lists, results, strict=True):
        if isinstance(result, ProviderError):
            unread.setdefault(result.message, []).append(kind)
            continue
        out.update(result[0])
        remarks += result[1]
    return out, [*(_unread(api.name, _kinds(kinds), why) for why, kinds in unread.items()), *remarks]


def _kinds(kinds: list[str]) -> str:
    """Return what could not be read for one reason, in a few words."""
    names = list(dict.fromkeys(kinds))
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} other kinds" if more > 0 else "")


async def _policies(api: ConsulApi) -> Found:
    try:
        enterprise = Server.of((await api.identity()).info).enterprise
        namespaces = await _namespaces(api) if enterprise else (None,)
    except ProviderError:  # that is said for config entries
        return {}, []
    return await list_all_policies(api, namespaces)


async def _namespaces(api: ConsulApi) -> tuple[str | None, ...]:
    """Return the namespaces to look in; `None` is the one that an address without a namespace means."""
    names = await api.list_names("/v1/namespaces", api.cluster.partition)
    return (None, *sorted(names - {"default"}))


async def _list(
    api: ConsulApi, kind: str, namespace: str | None, marked: Marked | None
) -> Found | ProviderError:
    try:
        listed = await list_all(api, kind, None, namespace)
    except ProviderError as error:
        return error
    out = {}
    for entry in listed.entries:
        if _has(marked, mapping(entry.get("Meta"))):
            address = entry_address((kind, entry_name(entry)), api.name, None, namespace)
            shown = unscoped(entry, address, entry.get("Partition")) if "Partition" in entry else entry
            out[address] = Present(shown, int(entry.get("ModifyIndex", 0)))
    return out, [
        f"{api.name} lists {kind} only in part: its token may not read all"
    ] if listed.filtered else []


async def _site(api: ConsulApi) -> Site | ProviderError:
    try:
        identity, rows = await asyncio.gather(api.identity(), api.list_peerings())
    except ProviderError as error:
        return error
    return Site(rows, identity.datacenter, identity.trust_domain, identity.partition)


Pairs = Mapping[frozenset[str], Sequence["_Link"]]


def _pairs(sites: Sites) -> Pairs:
    pairs: dict[frozenset[str], list[_Link]] = {}
    for link in _links(sites):
        pairs.setdefault(frozenset((link.acceptor, link.dialer)), []).append(link)
    return pairs


def _peerings(sites: Sites, pairs: Pairs, marked: Marked | None) -> Found:
    """Return the links between these clusters that carry the mark, under the names that they have.

    Where two clusters are linked more than once, which link is meant is not known: that is said.
    """
    out: dict[Address, Present] = {}
    remarks: list[str] = []
    for links in pairs.values():
        if len(links) > 1:
            remarks.append(_ambiguous(links))
        elif _has(marked, links[0].meta):
            address = Address("peering", links[0].acceptor, links[0].dialer)
            spec = PeeringSpec(links[0].acceptor, links[0].dialer, links[0].names)
            seen = present(spec, sites, datetime.now(UTC))
            out |= {address: seen} if seen is not None else {}
    return out, remarks


class _Link(NamedTuple):
    """Two rows that belong together: the name of each, and the Meta of the accepting one."""

    acceptor: str
    dialer: str
    names: Mapping[str, str]
    meta: Mapping[str, Any]


def _links(sites: Sites) -> Iterator[_Link]:
    for acceptor, dialer in permutations(sites, 2):
        rows = {row["ID"]: row for row in sites[acceptor].rows.values() if row.get("ID")}
        for dialing in sites[dialer].rows.values():
            row = rows.get(dialing.get("PeerID"))
            if row is not None:
                names = {acceptor: str(row["Name"]), dialer: str(dialing["Name"])}
                meta = {**mapping(dialing.get("Meta")), **mapping(row.get("Meta"))}
                yield _Link(acceptor, dialer, names, meta)


def _ambiguous(links: Sequence[_Link]) -> str:
    one = links[0]
    shown = "; ".join(
        ", ".join(f'"{name}" on {cluster}' for cluster, name in sorted(link.names.items())) for link in links
    )
    return (
        f"{one.acceptor} and {one.dialer} are linked {len(links)} times ({shown}): only the names that are "
        "declared say which link is meant"
    )


def _ends(sites: Sites, marked: Marked | None, pairs: Pairs) -> Iterator[tuple[str, str]]:
    """Yield each row with the mark whose other end is nowhere on these clusters."""
    known = {
        (cluster, name) for links in pairs.values() for link in links for cluster, name in link.names.items()
    }
    for cluster, site in sites.items():
        for row in site.rows.values():
            if _has(marked, mapping(row.get("Meta"))) and (cluster, str(row["Name"])) not in known:
                yield cluster, str(row["Name"])


def _has(marked: Marked | None, meta: Mapping[str, Any]) -> bool:
    return marked is None or marked(meta)


def _unread(cluster: str, what: str, why: str) -> str:
    return f"{what} of {cluster} could not be read: {why}"
