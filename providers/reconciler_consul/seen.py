"""The world as a run has read it, for plans: what is managed, and what others wrote beside it.

Of clusters that a plan changes, all kinds that decide access are known: those that were not read are read
now, one request each. Of the others only what was read counts: nothing else of theirs bears on what changes.
Services that are named, and mesh gateways, are taken to run: a plan is about what is configured. Those that
only the plan names run before it, too: that an entry names a service starts none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import Body
from reconciler_consul.foresight import foreign, identities, is_partial, shown_place
from reconciler_consul.graph.body import CHAIN_KINDS, EXPORTS, INTENTIONS, MESH, OF_CHAINS
from reconciler_consul.kinds.names import entry_ref
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.capabilities import parse
from reconciler_consul.server.listing import Entries, KeptLists, ListKey, lists_at
from reconciler_consul.server.values import Identity, Row
from reconciler_consul.worlds.changed import changed
from reconciler_consul.worlds.declared import declared
from reconciler_consul.worlds.form import Cluster, Item, unknown_cluster
from reconciler_consul.worlds.hiding import shown_entry
from reconciler_consul.worlds.rows import Rows
from reconciler_consul.worlds.written import NOT_IN_WORLDS, PEERING

DECIDING = (EXPORTS, INTENTIONS, *OF_CHAINS, MESH)  # the kinds that decide access
_LEADING = (*CHAIN_KINDS, *OF_CHAINS)  # writes to these may lead to other services of peers


Lists = dict[ListKey, Entries | ProviderError]
Tables = dict[str, dict[str, Row] | ProviderError]  # of peerings: by cluster, and by name in lower case


class Read(NamedTuple):
    """What the run has read: lists of entries, and of peerings; `asked`: the peerings that it looked for."""

    lists: KeptLists
    tables: Tables
    asked: Collection[PeeringSpec] = ()


async def seen(
    apis: Mapping[str, ConsulApi],
    read: Read,
    live: Mapping[Address, Body],
    touched: Mapping[Address, Body | None],
) -> dict[str, Any]:
    """Return the world before a plan that writes these objects: the clusters that it concerns, and their
    peers.
    """
    unsure = [spec for spec in read.asked if _is_unsure(spec, read.tables, live)]
    peers = _peers([*_specs(live), *unsure])
    near = _near(peers, touched) & apis.keys()
    around = (near | {peer for name in near for peer in peers.get(name, ())}) & apis.keys()
    known = await identities(apis, around)
    wanted = {ListKey(name, kind, None, None) for name in near & known.keys() for kind in DECIDING}
    places = {shown_place(place, known[place.cluster]) for place in wanted}
    places |= {place for place in read.lists if place.cluster in around and place.kind in DECIDING}
    found, tables = await asyncio.gather(
        lists_at(apis, read.lists, sorted(places, key=repr)), _tables(apis, read, near, around)
    )
    ours = {address: body for address, body in live.items() if _is_around(address, around)}
    others = ((address, shown_entry(dict(body))) for address, body in foreign(found, ours))
    made = declared([apis[name].cluster for name in sorted(around)], {**dict(others), **ours})
    clusters = {name: {**one, **_known(found, known, name)} for name, one in made["clusters"].items()}
    unread = {name: found.message for name, found in tables.items() if isinstance(found, ProviderError)}
    clusters |= {name: _without_peerings(clusters[name], why) for name, why in unread.items()}
    peerings = _with_others(made["peerings"], _rows(tables, unread, unsure), clusters)
    return _with_named({**made, "clusters": clusters, "peerings": peerings}, touched)


def _with_named(world: dict[str, Any], written: Mapping[Address, Body | None]) -> dict[str, Any]:
    """Return the world with the services that are named only in what is written."""
    after = changed(world, written)["clusters"]
    clusters = {name: {**one, "services": after[name]["services"]} for name, one in world["clusters"].items()}
    return {**world, "clusters": clusters}


def _specs(live: Mapping[Address, Body]) -> Iterator[PeeringSpec]:
    return (PeeringSpec.of(address, body) for address, body in live.items() if address.type == PEERING)


def _is_unsure(spec: PeeringSpec, tables: Tables, live: Mapping[Address, Body]) -> bool:
    """Say whether it is not known if a peering is there: one of its ends could not be read."""
    ends = (spec.acceptor, spec.dialer)
    known = any({one.acceptor, one.dialer} == {*ends} for one in _specs(live))
    return not known and any(isinstance(tables.get(end), ProviderError) for end in ends)


def _peers(specs: Iterable[PeeringSpec]) -> dict[str, set[str]]:
    peers: dict[str, set[str]] = {}
    for spec in specs:
        peers.setdefault(spec.acceptor, set()).add(spec.dialer)
        peers.setdefault(spec.dialer, set()).add(spec.acceptor)
    return peers


def _near(peers: Mapping[str, set[str]], touched: Iterable[Address]) -> set[str]:
    """Return the clusters whose entries decide about what these objects do to access."""
    out: set[str] = set()
    for address in touched:
        out |= {address.cluster, *((address.name,) if address.type == PEERING else ())}
        if address.type not in (PEERING, *NOT_IN_WORLDS) and entry_ref(address)[0] in _LEADING:
            out |= peers.get(address.cluster, set())
    return out


def _is_around(address: Address, around: Collection[str]) -> bool:
    """Say whether an object is of these clusters, a peering at both of its ends."""
    ends = (address.cluster, address.name) if address.type == PEERING else (address.cluster,)
    return all(name in around for name in ends)


async def _tables(
    apis: Mapping[str, ConsulApi], read: Read, near: Collection[str], around: Collection[str]
) -> Tables:
    """Return the peerings of the clusters `near`, and of those `around` whose peerings were read anyway."""

    async def rows(name: str) -> Any:
        try:
            return await apis[name].list_peerings()
        except ProviderError as error:
            return error

    missing = sorted(name for name in near if name not in read.tables)
    answers = await asyncio.gather(*map(rows, missing))
    kept = {name: table for name, table in read.tables.items() if name in around}
    return {**kept, **dict(zip(missing, answers, strict=True))}


def _rows(tables: Tables, unread: Mapping[str, str], unsure: Iterable[PeeringSpec]) -> list[Item]:
    """Return the peerings that rows show. Of those that one end shows, and of those that none does because
    the rows of neither could be read, the other end is the one that the run has looked for.
    """
    by_cluster = {name: rows for name, rows in tables.items() if not isinstance(rows, ProviderError)}
    names: dict[str, dict[str, str]] = {}
    for spec in unsure:
        for here, there in ((spec.acceptor, spec.dialer), (spec.dialer, spec.acceptor)):
            names.setdefault(here, {})[spec.names[here]] = there
    return Rows(by_cluster, unread, names).peerings(datetime.now(UTC), addresses=False)


def _without_peerings(cluster: Cluster, why: str) -> Cluster:
    """Return a cluster whose peerings could not be read."""
    unknown = cluster.get("unknown") or {}
    return cluster if "cluster" in unknown else {**cluster, "unknown": {**unknown, "peerings": why}}


def _with_others(ours: Iterable[Item], others: Iterable[Item], clusters: dict[str, Cluster]) -> list[Item]:
    """Return the peerings, and those of others, by their names at the ends that are known."""
    out = list(ours)
    named = {(item[end], item[f"name_at_{end}"].lower()) for item in out for end in ("acceptor", "dialer")}
    for item in others:
        ends = {(item[end], item[f"name_at_{end}"].lower()) for end in ("acceptor", "dialer")}
        if ends.isdisjoint(named):
            out.append({key: item[key] for key in _NAMES})
            for end in ("acceptor", "dialer"):
                clusters.setdefault(item[end], unknown_cluster("it is not part of this configuration"))
    return out


_NAMES = ("acceptor", "dialer", "name_at_acceptor", "name_at_dialer")


def _known(found: Lists, known: Mapping[str, Identity], name: str) -> Cluster:
    """Return what is known of a cluster besides its entries."""
    identity = known.get(name)
    if identity is None:
        return {"gateway": None, "unknown": {"cluster": "it did not answer"}}
    unknown = {
        place.kind: listed.message if isinstance(listed, ProviderError) else "the token may not read all"
        for place, listed in found.items()
        if place.cluster == name and place.kind in DECIDING and is_partial(listed, known, place)
    }
    info = identity.info
    return {
        "datacenter": identity.datacenter or None,
        "version": info.version if parse(info.version) else None,
        "edition": info.facts.get("edition", "community"),
        "gateway": True,
        **({"default_intention": info.default_intention} if info.default_intention else {}),
        **({"unknown": unknown} if unknown else {}),
    }
