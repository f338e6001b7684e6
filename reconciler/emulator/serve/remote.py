"""Peerings with clusters of another sandbox: what represents the far cluster here, and what changes it.

For every such link there is a ghost, a cluster in this world that has of the far one what peers see of
each other: its catalog, its exports, its row. The link between a cluster and a ghost is as any other. What
has to be sent to the far sandbox is put into `world.outbox`; the process's channel says it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.core.cluster import PORTS_APART, Cluster
from reconciler.emulator.core.state import Link, WorldState
from reconciler.emulator.core.store import Peering, Store, Stream
from reconciler.emulator.core.versions import parse_version
from reconciler.emulator.entries.store import drop_entry, put_entry
from reconciler.emulator.peering.endings import LOST, remember, terminate
from reconciler.emulator.peering.links import GHOST, connect
from reconciler.emulator.peering.streams import importers_of

Value = dict[str, Any]
KINDS = (
    "exported-services",
    "service-defaults",
    "proxy-defaults",
    "service-router",
    "service-splitter",
    "service-resolver",
)
ABOUT = ("datacenter", "node", "trust_domain", "ca_pem", "partition", "host")


def about(cluster: Cluster) -> Value:
    """Return what a far sandbox receives about a cluster that it cannot see change."""
    return {name: getattr(cluster, name) for name in ABOUT} | {"version": cluster.version.text}


def state_of(cluster: Cluster, row_id: str) -> Value:
    """Return what a far sandbox receives about a cluster, and again whenever it changes."""
    store = cluster.store
    row = store.peering_by_id(row_id)
    return {
        "row": row.name if row is not None else "",
        "entries": [[kind, one.name, one.value] for kind in KINDS for one in store.list_entries(kind)],
        "nodes": list(store.nodes.items()),
        "services": [[*key, row] for key, row in store.services.items()],
        "checks": [[*key, row] for key, row in store.checks.items()],
        "virtual": [service for service, peer in store.virtual_ips if not peer],
    }


def marker_of(cluster: Cluster, row_id: str) -> object:
    """Return a value that changes with `state_of`, and costs nothing to make."""
    store = cluster.store
    row = store.peering_by_id(row_id)
    return store.restored, store.tables.get("config"), store.tables.get("catalog"), row and row.name


def ghost(world: WorldState, key: str, facts: Value) -> Cluster:
    """Return the ghost of this key, made or changed to what was received about the far cluster."""
    name = f"{GHOST}{key}"
    kept = world.clusters.parts.get(name)
    cluster = Cluster(
        name=name,
        datacenter=facts["datacenter"],
        node=facts["node"],
        version=parse_version(facts["version"]),
        acl=False,
        management_token="",
        host=facts["host"],
        port=0,
        announced=-PORTS_APART,
        node_id="",
        trust_domain=facts["trust_domain"],
        ca_pem=facts["ca_pem"],
        primary=name,
        servers=1,
        server=name,
        partition=facts["partition"],
    )
    if kept is not None:
        cluster.store = kept.store
    else:
        world.links_of[name] = {}
        cluster.store.listeners.append(_importers(world, cluster))
    world.clusters.parts[name] = cluster
    return cluster


def _importers(world: WorldState, cluster: Cluster) -> Callable[[str], None]:
    def changed(table: str) -> None:
        if table in ("catalog", "config"):
            importers_of(world, cluster)

    return changed


def apply_state(cluster: Cluster, row: Peering, state: Value) -> None:
    """Give a ghost what the far cluster has now; `row` is its end of the link."""
    store = cluster.store
    row.name = state["row"] or row.name
    store.peerings, store.peering_ids = {row.name.lower(): row}, {row.id: row.name.lower()}
    _apply_entries(store, state["entries"])
    store.nodes = dict(state["nodes"])
    store.services = {(node, identifier): one for node, identifier, one in state["services"]}
    store.checks = {(node, identifier): one for node, identifier, one in state["checks"]}
    store.by_name = {}
    for key, one in store.services.items():
        store.by_name.setdefault(one["Service"], {})[key] = one
    store.virtual_ips = dict.fromkeys([(service, "") for service in state["virtual"]], "")
    store.bump("catalog")


def _apply_entries(store: Store, entries: list[list[Any]]) -> None:
    wanted = {(kind, name.lower()): value for kind, name, value in entries}
    for kind in KINDS:
        for key, entry in list(store.entries.get(kind, {}).items()):
            if (kind, key) not in wanted:
                drop_entry(store, entry)
    for kind, name, value in entries:
        kept = store.entry(kind, name)
        if kept is None or kept.value != value:
            put_entry(store, kind, name, value)


def far_row(world: WorldState, link: Link) -> Peering:
    """Return the ghost's end of a link."""
    name, row_id = far_end(link)
    store = world.clusters[name].store
    return store.peering_by_id(row_id) or Peering(id=row_id, name=row_id, active=link.secret)


def far_end(link: Link) -> tuple[str, str]:
    """Return ghost and row of a link's far end."""
    if link.far == "dialer":
        return link.dialer, link.dialer_row
    return link.acceptor, link.acceptor_row


def near_end(link: Link) -> tuple[str, str]:
    """Return cluster and row of a link's end in this world."""
    if link.far == "dialer":
        return link.acceptor, link.acceptor_row
    return link.dialer, link.dialer_row


def dialed_outside(world: WorldState, cluster: Cluster, row: Peering) -> Link:
    """Return the link of a row that dials another sandbox, with a ghost that knows what the token says."""
    facts = about(cluster) | {
        "datacenter": row.remote_datacenter,
        "ca_pem": (row.ca_pems or [""])[0],
        "trust_domain": row.server_name.partition(".peering.")[2],
        "partition": row.remote_partition or "default",
    }
    far = ghost(world, f"{cluster.name}/{row.id}", facts)
    return Link(cluster.name, row.id, far.name, row.peer_id, row.active, far="acceptor")


def opened(world: WorldState, link: Link, facts: Value, state: Value) -> bool:
    """Bring up a link that was dialed here and accepted far away; says whether it is up."""
    if world.links.get((link.dialer, link.dialer_row)) is not link:
        return False
    far = ghost(world, link.acceptor.removeprefix(GHOST), facts)
    row = far_row(world, link)
    row.active = link.secret
    apply_state(far, row, state)
    connect(world, link, answered=True)
    return link.up


def accept(world: WorldState, name: str, hello: Value) -> Link | str:
    """Accept a stream from another sandbox; returns the link, or why not."""
    row_id, peer_id, secret = hello["row"], hello["peer"], hello["secret"]
    far = ghost(world, row_id, hello["about"])
    holder = world.holder(name, peer_id)
    kept = world.links.get((far.name, row_id))
    if kept is not None and kept.acceptor_row != peer_id:
        world.drop_link(kept)
        kept = None
    link = kept or Link(far.name, row_id, holder, peer_id, secret, far="dialer")
    if link.up:
        lost(world, link)
    link.secret = secret
    row = far_row(world, link)
    row.peer_id, row.active = peer_id, secret
    apply_state(far, row, hello["state"])
    if kept is None:
        world.add_link(link)
    connect(world, link, answered=True)
    if link.up:
        return link
    world.drop_link(link)
    return refusal(world, link)


def refusal(world: WorldState, link: Link) -> str:
    """Return what was noted at the dialing end of a link that did not come up."""
    stream = world.clusters[link.dialer].store.streams.get(link.dialer_row)
    return stream.error if stream is not None else LOST


def refused(world: WorldState, link: Link, reason: str) -> None:
    """Note at the dialing end why a link did not come up."""
    if world.links.get((link.dialer, link.dialer_row)) is link and not link.up:
        store = world.clusters[link.dialer].store
        store.streams[link.dialer_row] = Stream(error=reason, since=world.clock(), heard=reason != LOST)
        world.wake()


def lost(world: WorldState, link: Link) -> None:
    """Take a link down whose connection broke."""
    if not link.up:
        return
    link.up = False
    for name, row_id in (near_end(link), far_end(link)):
        remember(world, link, name, row_id)
    name, row_id = near_end(link)
    stream = world.clusters[name].store.streams.get(row_id)
    if stream is not None:
        stream.error = LOST
    world.wake()


def terminated(world: WorldState, link: Link) -> None:
    """Take the message that the far row is gone."""
    if link.up:
        terminate(world, link, informed=near_end(link)[0])


def exchanged(world: WorldState, name: str, asked: Value) -> Value:
    """Answer a far dialer that spends a token's secret: the stream's secret, or why there is none."""
    acceptor = world.clusters[world.holder(name, asked["peer"])]
    if asked["checks_name"] and asked["server_name"] != acceptor.server_name:
        return {"refused": "name"}
    row = acceptor.store.peering_by_id(asked["peer"])
    if row is None or row.gone or not asked["secret"] or row.establishment != asked["secret"]:
        return {"refused": "spent"}
    row.establishment, row.pending = "", world.new_id()
    return {"secret": row.pending}
