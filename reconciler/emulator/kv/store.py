"""Keys and locks: compare-and-set, acquire, release, lock delay. A change is given its raft index."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Store

Row = dict[str, Any]
LONGEST_LOCK_DELAY_S = 60.0


def set_key(
    store: Store,
    key: str,
    value: str | None,
    index: int,
    *,
    flags: int = 0,
    session: str | None = None,
    lock_index: int | None = None,
) -> Row:
    """Store a value (base64 text) and return the row; the lock stays as it is unless `session` is given.

    A row that would not change keeps its ModifyIndex, as the state store of Consul skips such writes.
    """
    old = store.kv.get(key) or {}
    row = {
        "LockIndex": old.get("LockIndex", 0) if lock_index is None else lock_index,
        "Key": key,
        "Flags": flags,
        "Value": value,
        "CreateIndex": old.get("CreateIndex", index),
        "ModifyIndex": old.get("ModifyIndex", index),
    }
    holder = old.get("Session", "") if session is None else session
    if holder:
        row["Session"] = holder
    if row == old:
        return row
    row["ModifyIndex"] = index
    store.kv[key] = row
    return row


def key_index(store: Store, key: str, *, below: bool) -> int:
    """Return the index of a read: of the key or of what is, or was, below a prefix; else the table's."""
    if below:
        rows = [row["ModifyIndex"] for name, row in store.kv.items() if name.startswith(key)]
        rows += [index for name, index in store.graves.items() if name.startswith(key)]
        return max(rows, default=store.table_index("kv"))
    row = store.kv.get(key)
    return int(row["ModifyIndex"]) if row else store.table_index("kv")


def bury(store: Store, keys: list[str]) -> None:
    """Remove keys and remember when, so that reads of a prefix see it."""
    if not keys:
        return
    index = store.bump("kv")
    for key in keys:
        del store.kv[key]
        store.graves[key] = index


def cas_fits(store: Store, key: str, expected: int) -> bool:
    """Say whether a key's ModifyIndex is the expected one (0: it must be absent)."""
    row = store.kv.get(key)
    return (row["ModifyIndex"] if row else 0) == expected


def acquire(world: WorldState, store: Store, key: str, session: str) -> str:
    """Return why the session cannot take the lock, "" if it can."""
    if is_delayed(world, store, key):
        return "delayed"
    if session not in store.sessions:
        return f'invalid session "{session}"'
    row = store.kv.get(key)
    return "held" if row and row.get("Session") not in (None, session) else ""


def is_delayed(world: WorldState, store: Store, key: str) -> bool:
    """Say whether the session that held a lock ended less than its lock delay ago."""
    return world.clock() < store.lock_delays.get(key, 0.0)


def lock(store: Store, key: str, session: str, value: str | None, index: int, *, flags: int = 0) -> Row:
    """Give the lock to a session that may have it; a holder only updates the value."""
    old = store.kv.get(key) or {}
    taken = old.get("LockIndex", 0) + (old.get("Session") != session)
    return set_key(store, key, value, index, flags=flags, session=session, lock_index=taken)


def unlock(store: Store, key: str, session: str, value: str | None, index: int, *, flags: int = 0) -> bool:
    """Release the lock if this session holds it."""
    if (store.kv.get(key) or {}).get("Session") != session:
        return False
    set_key(store, key, value, index, flags=flags, session="")
    return True


def end_session(world: WorldState, cluster: Cluster, session: str) -> bool:
    """Invalidate a session: its locks are released (or their keys deleted) and delayed."""
    store = cluster.store
    row = store.sessions.pop(session, None)
    if row is None:
        return False
    index = store.bump("session")
    delay = min(row["LockDelay"] / 1e9, LONGEST_LOCK_DELAY_S)
    for key, held in list(store.kv.items()):
        if held.get("Session") != session:
            continue
        store.lock_delays[key] = world.clock() + delay * (world.time_scale or 1.0)
        if row["Behavior"] == "delete":
            del store.kv[key]
            store.graves[key] = index
        else:
            store.kv[key] = {name: part for name, part in held.items() if name != "Session"}
            store.kv[key]["ModifyIndex"] = index
        store.tables["kv"] = index
    return True
