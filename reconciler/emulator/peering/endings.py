"""Links that go down: on purpose with a Terminated message, or cut, as when a leader changes."""

from __future__ import annotations

from reconciler.emulator.core.state import Link, WorldState
from reconciler.emulator.peering.links import GHOST, last_beat, links_of, service_lists

LOST = "stream ended unexpectedly"


def terminate(world: WorldState, link: Link, *, informed: str) -> None:
    """Send the Terminated message to one end and forget the link."""
    for name, row_id in ((link.dialer, link.dialer_row), (link.acceptor, link.acceptor_row)):
        remember(world, link, name, row_id)
    world.drop_link(link)
    link.up = False
    world.order("terminate" if informed.startswith(GHOST) else "close", link)
    store = world.clusters[informed].store
    row = store.peering_by_id(link.dialer_row if informed == link.dialer else link.acceptor_row)
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
        stream.since = last_beat(world, stream)
        stream.connected = False


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
                store.streams[row_id].error, store.streams[row_id].failed = LOST, world.clock()
    for part in world.on_servers(name) if forget else ():
        world.clusters[part].store.streams.clear()
    world.wake()
