"""Peering streams between the world's clusters, and the leaders' loop that opens and ends them.

The loop follows Consul's rhythm: five rounds in a burst, then one per five seconds; every write to the
peering table asks for a round. What is kept here lives in the leader's memory: a leader change forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import Link, WorldState
from reconciler.emulator.core.store import Peering, Stream
from reconciler.emulator.peering.exports import exported_to

OPENING_S = 0.005
RECONNECT_S = 7.0
GHOST = "~"  # begins the name of what stands for a cluster of another sandbox
LOST = "stream ended unexpectedly"
OTHER_PROTOCOL = "stream failed: error processing request"
UNKNOWN = "initial subscription for unknown PeerID"


def attach(world: WorldState, cluster: Cluster) -> None:
    """Let a cluster's tables wake who waits, and drive its loop and its importers."""
    cluster.store.listeners.append(lambda _table: world.wake())
    cluster.store.listeners.append(_listener(world, cluster))


def _listener(world: WorldState, cluster: Cluster) -> Callable[[str], None]:
    def changed(table: str) -> None:
        if table == "peering":
            _poke(world, cluster)
        elif table in ("catalog", "config") and world.links:
            importers_of(world, cluster)

    return changed


def importers_of(world: WorldState, cluster: Cluster) -> None:
    """Notify every peer of a cluster that what it imports may have changed."""
    for link in links_of(world, cluster.name):
        other = link.acceptor if link.dialer == cluster.name else link.dialer
        if link.up:
            world.clusters[other].store.bump("imports")


def links_of(world: WorldState, name: str) -> list[Link]:
    """Return every link that the cluster, or a partition on its servers, is an end of."""
    return [link for part in world.on_servers(name) for link in world.links_of[part].values()]


def _poke(world: WorldState, cluster: Cluster) -> None:
    rhythm = world.rhythm
    if cluster.loop_due is not None:
        return
    if rhythm is None:
        cluster.loop_due = world.clock()
        world.later(0.0, lambda: _round(world, cluster))
        return
    every = max(rhythm.every_s * world.time_scale, 1e-9)
    _refill(world, cluster, every)
    if cluster.loop_tokens >= 1:
        cluster.loop_tokens -= 1
        world.later(OPENING_S, lambda: sync(world, cluster))
        return
    missing = 1 - cluster.loop_tokens
    cluster.loop_due = world.clock() + missing * every
    world.later(missing * rhythm.every_s, lambda: _round(world, cluster))


def _refill(world: WorldState, cluster: Cluster, every: float) -> None:
    assert world.rhythm is not None
    now = world.clock()
    gained = (now - cluster.loop_counted) / every
    cluster.loop_tokens = min(float(world.rhythm.burst), cluster.loop_tokens + gained)
    cluster.loop_counted = now


def _round(world: WorldState, cluster: Cluster) -> None:
    cluster.loop_due = None
    if world.rhythm is not None:
        _refill(world, cluster, max(world.rhythm.every_s * world.time_scale, 1e-9))
        cluster.loop_tokens = max(0.0, cluster.loop_tokens - 1)
    sync(world, cluster)


def sync(world: WorldState, cluster: Cluster) -> None:
    """Run one round: end the streams of rows that are gone, open those of rows that dial."""
    rows, cluster.store.dirty = cluster.store.dirty, set()
    for row_id in sorted(rows):
        row = cluster.store.peering_by_id(row_id)
        if row is None or row.gone:
            _close(world, cluster, row_id)
    if cluster.zombies:
        _end_zombies(world, cluster)
    for row_id in sorted(rows):
        row = cluster.store.peering_by_id(row_id)
        if row is not None and row.dials and row.active and not row.gone:
            _open(world, cluster, row)


def _end_zombies(world: WorldState, cluster: Cluster) -> None:
    for link in links_of(world, cluster.name):
        if link.zombie and link.up and link.dialer == cluster.name:
            cluster.zombies -= 1
            terminate(world, link, told=link.acceptor)


def _close(world: WorldState, cluster: Cluster, row_id: str) -> None:
    link = world.links.get((cluster.name, row_id))
    if link is not None and link.up:
        terminate(world, link, told=link.acceptor)
    elif link is not None:
        # The leader keeps dialing for a row that is gone until the next change of its table.
        cluster.zombies += not link.zombie
        link.zombie = True
    accepted = world.linked.get((cluster.name, row_id))
    if accepted is not None and accepted.up:
        terminate(world, accepted, told=accepted.dialer)


def terminate(world: WorldState, link: Link, *, told: str) -> None:
    """Send the Terminated message to one end and forget the link."""
    for name, row_id in ((link.dialer, link.dialer_row), (link.acceptor, link.acceptor_row)):
        remember(world, link, name, row_id)
    world.drop_link(link)
    link.up = False
    world.order("terminate" if told.startswith(GHOST) else "close", link)
    store = world.clusters[told].store
    row = store.peering_by_id(link.dialer_row if told == link.dialer else link.acceptor_row)
    stream = store.streams.get(row.id) if row else None
    if row is not None and not row.gone:
        row.state = "TERMINATED"
        store.put_peering(row)
        store.bump("imports")
    if stream is not None:
        stream.imported = ()


def remember(world: WorldState, link: Link, name: str, row_id: str) -> None:
    """Keep what one end of a link exchanged, as it goes down."""
    stream = world.clusters[name].store.streams.get(row_id)
    if stream is not None:
        stream.exported, stream.imported = service_lists(world, link, name)
        stream.connected = False


def service_lists(world: WorldState, link: Link, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return (exported, imported) as one end of a link sees them."""
    ends = {}
    for end, row_id in ((link.dialer, link.dialer_row), (link.acceptor, link.acceptor_row)):
        store = world.clusters[end].store
        row = store.peering_by_id(row_id)
        ends[end] = exported_to(store, row.name) if row is not None else ()
    other = link.acceptor if name == link.dialer else link.dialer
    return ends[name], ends[other]


def link_of(world: WorldState, cluster: str, row_id: str) -> Link | None:
    """Return the link that a row is an end of."""
    return world.links.get((cluster, row_id)) or world.linked.get((cluster, row_id))


def renew_link(world: WorldState, cluster: Cluster, row: Peering) -> None:
    """Renew a link after an exchange: a live stream stays and takes the new secret along, a dead one is
    dialed again.
    """
    link = world.links.get((cluster.name, row.id))
    if link is not None and link.up:
        link.secret = row.active if link.acceptor_row == row.peer_id else link.secret
        return
    cluster.store.streams.pop(row.id, None)
    if link is not None:
        world.drop_link(link)


def _open(world: WorldState, cluster: Cluster, row: Peering) -> None:
    link = world.links.get((cluster.name, row.id))
    if link is not None:
        return
    acceptor = dialed_cluster(world, row.manual_addresses or row.server_addresses)
    if acceptor is not None:
        link = Link(cluster.name, row.id, world.holder(acceptor, row.peer_id), row.peer_id, row.active)
    elif world.outside is not None:
        link = world.outside(cluster, row)
    else:
        return
    world.add_link(link)
    connect(world, link)


def dialed_cluster(world: WorldState, addresses: Iterable[str]) -> str | None:
    """Return the cluster that listens at one of the addresses: its servers or its mesh gateways."""
    for address in addresses:
        if address in world.dialed:
            return world.dialed[address]
        for cluster in world.clusters.values():
            if address in gateway_addresses(cluster):
                return cluster.name
    return None


def gateway_addresses(cluster: Cluster) -> list[str]:
    """Return the WAN addresses of a cluster's mesh gateways."""
    found = []
    for service in cluster.store.services.values():
        if service.get("Kind") == "mesh-gateway":
            wan = (service.get("TaggedAddresses") or {}).get("wan")
            address = (
                (wan["Address"], wan["Port"])
                if wan
                else (service["Address"] or cluster.host, service["Port"])
            )
            found.append(f"{address[0]}:{address[1]}")
    return found


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


def break_links(world: WorldState, name: str, *, forget: bool = True, other: str = "") -> None:
    """Cut the streams of a cluster (all, or those to `other`): the far end reads FAILING.

    `forget` empties the cluster's own memory, as a leader change or a restart does.
    """
    for link in links_of(world, name):
        servers = [world.clusters[end].server for end in (link.dialer, link.acceptor)]
        if not link.up or (other and other not in servers):
            continue
        link.up = False
        world.order("close", link)
        for end, row_id in ((link.dialer, link.dialer_row), (link.acceptor, link.acceptor_row)):
            remember(world, link, end, row_id)
            store = world.clusters[end].store
            if world.clusters[end].server == name and forget:
                store.streams.pop(row_id, None)
            elif row_id in store.streams:
                store.streams[row_id].error = LOST
    for part in world.on_servers(name) if forget else ():
        world.clusters[part].store.streams.clear()
    world.wake()


def reconnect(world: WorldState, name: str, after_s: float) -> None:
    """Bring the links of a cluster up again after a delay."""

    def again() -> None:
        for link in links_of(world, name):
            connect(world, link)

    world.later(after_s, again)
