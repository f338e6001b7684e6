"""Links between the ends of peerings: which there are, how one comes up, and what its ends read of it."""

from __future__ import annotations

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import Link, WorldState
from reconciler.emulator.core.store import Peering, Stream
from reconciler.emulator.peering.exports import exported_to

OPENING_S = 0.005
RECONNECT_S = 7.0
HEARTBEAT_S = 15.0
GHOST = "~"  # begins the name of what stands for a cluster of another sandbox
OTHER_PROTOCOL = "stream failed: error processing request"
UNKNOWN = "initial subscription for unknown PeerID"


def links_of(world: WorldState, name: str) -> list[Link]:
    """Return every link that the cluster, or a partition on its servers, is an end of."""
    return [link for part in world.on_servers(name) for link in world.links_of[part].values()]


def link_of(world: WorldState, cluster: str, row_id: str) -> Link | None:
    """Return the link that a row is an end of."""
    return world.links.get((cluster, row_id)) or world.linked.get((cluster, row_id))


def service_lists(world: WorldState, link: Link, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (exported, imported) as one end of a link sees them."""
    ends = {}
    for end, row_id in ((link.dialer, link.dialer_row), (link.acceptor, link.acceptor_row)):
        store = world.clusters[end].store
        row = store.peering_by_id(row_id)
        ends[end] = exported_to(store, row.name) if row is not None else ()
    other = link.acceptor if name == link.dialer else link.dialer
    return ends[name], ends[other]


def last_beat(world: WorldState, stream: Stream) -> float:
    """Return when a stream last heard a heartbeat, by the world's clock: none comes once it is down."""
    beats = (world.clock() - stream.since) // HEARTBEAT_S if stream.connected else 0
    return stream.since + beats * HEARTBEAT_S


def connect(world: WorldState, link: Link, *, answered: bool = False) -> None:
    """Try to bring a link up: the acceptor must know the row and the secret.

    A link to another sandbox is asked for first, by the end that dials, unless that is `answered`.
    """
    if link.far and not answered:
        if link.far == "acceptor" and not link.up:
            world.order("open", link)
        return
    if link.up or world.links.get((link.dialer, link.dialer_row)) is not link:
        return
    faults = world.faults
    dialer, acceptor = world.clusters[link.dialer], world.clusters[link.acceptor]
    if (
        not faults.reachable(dialer.server, acceptor.server)
        or {dialer.server, acceptor.server} & faults.frozen.keys()
    ):
        return
    row = acceptor.store.peering_by_id(link.acceptor_row)
    if dialer.version.at_least(14) != acceptor.version.at_least(14):
        _never(world, link)
        return
    if row is None or row.gone or link.secret not in (row.pending, row.active):
        dialer.store.streams[link.dialer_row] = Stream(error=UNKNOWN, since=world.clock(), heard=True)
        world.wake()
        return
    _accept(dialer, acceptor, row, link)
    link.up = True
    world.linked[link.acceptor, link.acceptor_row] = link
    for store, row_id in ((dialer.store, link.dialer_row), (acceptor.store, row.id)):
        store.streams[row_id] = Stream(connected=True, since=world.clock(), heard=True)
        store.bump("imports")
    _touch(world, link, dialer, acceptor)


def _touch(world: WorldState, link: Link, dialer: Cluster, acceptor: Cluster) -> None:
    """Write both rows as they are: a stream that comes up again sends roots and addresses.

    Consul ≥1.14: the first one makes the dialer write its row again, a moment later.
    """
    if not link.was_up and dialer.version.rewrites_addresses:
        world.later(OPENING_S, lambda: _take_addresses(world, dialer, link))
    if link.was_up:
        for store, row_id in ((dialer.store, link.dialer_row), (acceptor.store, link.acceptor_row)):
            row = store.peering_by_id(row_id)
            if row is not None:
                store.put_peering(row)
    link.was_up = True


def _take_addresses(world: WorldState, dialer: Cluster, link: Link) -> None:
    store = dialer.store
    row = store.peering_by_id(link.dialer_row)
    if link.up and row is not None and not row.gone:
        store.index += 1  # nothing in the row changes: the leader's loop has nothing to do
        row.modify = store.tables["peering"] = store.index
        world.wake()


def _never(world: WorldState, link: Link) -> None:
    """Record that a link never comes up: Consul 1.13 and later versions take each other's tokens, and then do
    not understand each other.
    """
    for name, row_id in ((link.dialer, link.dialer_row), (link.acceptor, link.acceptor_row)):
        stream = Stream(error=OTHER_PROTOCOL, since=world.clock(), heard=True)
        world.clusters[name].store.streams[row_id] = stream
    world.wake()


def _accept(dialer: Cluster, acceptor: Cluster, row: Peering, link: Link) -> None:
    """Accept a stream: the first one with a pending secret promotes it and gives the acceptor the dialer's
    name.
    """
    if link.secret != row.pending:
        return
    row.active, row.pending = row.pending, ""
    row.remote_datacenter, row.remote_partition = dialer.datacenter, dialer.told_partition
    row.ca_pems = [dialer.ca_pem]
    acceptor.store.put_peering(row)


def reconnect(world: WorldState, name: str, after_s: float) -> None:
    """Bring the links of a cluster up again after a delay."""

    def again() -> None:
        for link in links_of(world, name):
            connect(world, link)

    world.later(after_s, again)
