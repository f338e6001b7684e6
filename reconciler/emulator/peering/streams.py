"""The leaders' loop that opens and ends peering streams between the world's clusters.

The loop follows Consul's rhythm: five rounds in a burst, then one per five seconds; every write to the
peering table asks for a round. What is kept here lives in the leader's memory: a leader change forgets it.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import Link, WorldState
from reconciler.emulator.core.store import Peering
from reconciler.emulator.peering.endings import terminate
from reconciler.emulator.peering.gateways import dialed_cluster
from reconciler.emulator.peering.links import OPENING_S, connect, links_of


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
            terminate(world, link, informed=link.acceptor)


def _close(world: WorldState, cluster: Cluster, row_id: str) -> None:
    link = world.links.get((cluster.name, row_id))
    if link is not None and link.up:
        terminate(world, link, informed=link.acceptor)
    elif link is not None:
        # The leader keeps dialing for a row that is gone until the next change of its table.
        cluster.zombies += not link.zombie
        link.zombie = True
    accepted = world.linked.get((cluster.name, row_id))
    if accepted is not None and accepted.up:
        terminate(world, accepted, informed=accepted.dialer)


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
