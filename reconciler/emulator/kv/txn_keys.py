"""Operations of /v1/txn on keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.core.context import Context
from reconciler.emulator.kv.store import acquire, cas_fits, lock, set_key, unlock
from reconciler.emulator.kv.txn_catalog import Failed

Row = dict[str, Any]


def run(context: Context, operation: Row, index: int) -> list[Row]:
    """Run one operation and return what it answers; raises `Failed`."""
    verb = operation.get("Verb", "")
    on_key = VERBS.get(verb)
    if on_key is None:
        raise Failed(unknown(context, verb))
    return on_key(context, operation, index)


def unknown(context: Context, verb: str) -> str:
    """Return what is said of a verb that there is not."""
    return (
        f"unknown KV operation: {verb}"
        if context.cluster.version.at_least(20)
        else f'unknown KV verb "{verb}"'
    )


def _blank(row: Row) -> list[Row]:
    return [{**row, "Value": None}]


def _found(context: Context, operation: Row) -> Row:
    row = context.store.kv.get(operation["Key"])
    if row is None:
        raise Failed(f'key "{operation["Key"]}" doesn\'t exist')
    found: Row = row
    return found


def _set(context: Context, operation: Row, index: int) -> list[Row]:
    return _blank(
        set_key(
            context.store,
            operation["Key"],
            operation.get("Value") or None,
            index,
            flags=operation.get("Flags") or 0,
        )
    )


def _expected(operation: Row) -> int:
    return int(operation.get("Index") or 0)


def _cas(context: Context, operation: Row, index: int) -> list[Row]:
    if not cas_fits(context.store, operation["Key"], _expected(operation)):
        raise Failed(f'failed to set key "{operation["Key"]}", index is stale')
    return _set(context, operation, index)


def _lock(context: Context, operation: Row, index: int) -> list[Row]:
    key, session = operation["Key"], operation.get("Session", "")
    if not session:
        raise Failed("missing session")
    reason = acquire(context.world, context.store, key, session)
    if reason:
        text = reason if reason.startswith("invalid") else f'failed to lock key "{key}", lock is already held'
        raise Failed(text)
    return _blank(lock(context.store, key, session, operation.get("Value") or None, index))


def _unlock(context: Context, operation: Row, index: int) -> list[Row]:
    key = operation["Key"]
    if not unlock(context.store, key, operation.get("Session", ""), operation.get("Value") or None, index):
        raise Failed(f'failed to unlock key "{key}", lock isn\'t held, or is held by another session')
    return _blank(context.store.kv[key])


def _delete(context: Context, operation: Row, index: int) -> list[Row]:
    context.store.kv.pop(operation["Key"], None)
    return []


def _delete_tree(context: Context, operation: Row, index: int) -> list[Row]:
    for key in [key for key in context.store.kv if key.startswith(operation["Key"])]:
        del context.store.kv[key]
    return []


def _delete_cas(context: Context, operation: Row, index: int) -> list[Row]:
    gone = operation["Key"] not in context.store.kv
    if not gone and not cas_fits(context.store, operation["Key"], _expected(operation)):
        raise Failed(f'failed to delete key "{operation["Key"]}", index is stale')
    return _delete(context, operation, index)


def _get(context: Context, operation: Row, index: int) -> list[Row]:
    return [_found(context, operation)]


def _get_or_empty(context: Context, operation: Row, index: int) -> list[Row]:
    if not context.cluster.version.at_least(14):
        raise Failed(unknown(context, "get-or-empty"))
    empty = {"LockIndex": 0, "Key": operation["Key"], "Flags": 0, "Value": None}
    return [context.store.kv.get(operation["Key"]) or {**empty, "CreateIndex": 0, "ModifyIndex": 0}]


def _get_tree(context: Context, operation: Row, index: int) -> list[Row]:
    table = context.store.kv
    return [table[key] for key in sorted(table) if key.startswith(operation["Key"])]


def _check_session(context: Context, operation: Row, index: int) -> list[Row]:
    key, wanted = operation["Key"], operation.get("Session", "")
    row = context.store.kv.get(key)
    if row is None:
        raise Failed(f'failed to check session, key "{key}" doesn\'t exist')
    held = row.get("Session", "")
    if held != wanted:
        raise Failed(f'failed session check for key "{key}", current session "{held}" != "{wanted}"')
    return _blank(row)


def _check_index(context: Context, operation: Row, index: int) -> list[Row]:
    row = _found(context, operation)
    if row["ModifyIndex"] != _expected(operation):
        raise Failed(
            f'failed index check for key "{row["Key"]}", current modify index {row["ModifyIndex"]} != '
            f"{_expected(operation)}"
        )
    return _blank(row)


def _check_not_exists(context: Context, operation: Row, index: int) -> list[Row]:
    if operation["Key"] in context.store.kv:
        raise Failed(f'key "{operation["Key"]}" exists')
    return []


VERBS: dict[str, Callable[[Context, Row, int], list[Row]]] = {
    "set": _set,
    "cas": _cas,
    "lock": _lock,
    "unlock": _unlock,
    "delete": _delete,
    "delete-tree": _delete_tree,
    "delete-cas": _delete_cas,
    "get": _get,
    "get-or-empty": _get_or_empty,
    "get-tree": _get_tree,
    "check-session": _check_session,
    "check-index": _check_index,
    "check-not-exists": _check_not_exists,
}
