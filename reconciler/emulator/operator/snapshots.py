"""/v1/snapshot: keep what a cluster stores, and put it back later.

The world keeps the snapshots; the archive that is handed out has the form of Consul's, with their name in its
meta data. A snapshot of another sandbox is refused as a damaged one.
"""

from __future__ import annotations

import copy
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Store
from reconciler.emulator.operator.archives import named, pack
from reconciler.emulator.wire.messages import Refusal, Response, empty

GZIP = "application/x-gzip"
DAMAGED = "failed to decompress snapshot: unexpected EOF"
KEPT = (
    "tables",
    "kinds",
    "entries",
    "referrers",
    "peerings",
    "peering_ids",
    "nodes",
    "services",
    "checks",
    "virtual_ips",
    "free_ips",
    "kv",
    "graves",
    "sessions",
    "policies",
    "tokens",
    "roles",
    "methods",
    "binding_rules",
    "queries",
    "coordinates",
    "autopilot",
    "local_checks",
)


def save(context: Context) -> Response:
    """Answer the name of a copy of everything that is stored."""
    context.ask(context.query.get("dc", ""))
    require(authorizer(context), "acl", "write")
    name = f"2-{context.store.index}-{context.world.rng.getrandbits(40)}"
    context.world.snapshots[name] = {part: copy.deepcopy(getattr(context.store, part)) for part in KEPT}
    body = pack(name, context.store.index, context.cluster)
    return context.indexed(Response(200, {"Content-Type": GZIP}, body), context.store.index)


def restore(context: Context) -> Response:
    """Put back what a snapshot holds: rows get their old indexes, later writes go on counting from now.

    Queries that wait are answered at once, with what was stored before.
    """
    context.ask(context.query.get("dc", ""))
    require(authorizer(context), "acl", "write")
    saved = context.world.snapshots.get(named(context.request.body))
    if saved is None:
        raise Refusal(500, DAMAGED)
    _put_back(context.store, copy.deepcopy(saved))
    context.world.wake()
    return empty()


def _put_back(store: Store, saved: dict[str, Any]) -> None:
    rows = set(store.peering_ids)
    store.abandoned = copy.copy(store)
    for part, value in saved.items():
        setattr(store, part, value)
    store.index += 1
    store.restored += 1
    store.dirty |= rows | set(store.peering_ids)
    store.by_name = {}
    for key, service in store.services.items():
        store.by_name.setdefault(service["Service"], {})[key] = service
    store.sorted, store.cache = {}, {}
    for table in ("peering", "catalog", "config", "imports"):
        for listener in store.listeners:
            listener(table)
