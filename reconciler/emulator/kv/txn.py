"""/v1/txn: several operations on keys and the catalog at once, all or none."""

from __future__ import annotations

from functools import partial
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.core.context import Context
from reconciler.emulator.kv import txn_catalog, txn_keys
from reconciler.emulator.kv.sizes import check_size
from reconciler.emulator.kv.store import is_delayed
from reconciler.emulator.kv.txn_catalog import Failed
from reconciler.emulator.wire.gobase64 import decode
from reconciler.emulator.wire.gojson import NAMES, GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal, Response, as_json

Row = dict[str, Any]
Operation = tuple[str, Row]
FIELDS = {"Verb": str, "Key": str, "Value": str, "Session": str, "Index": int, "Flags": int}
WRITES = ("set", "cas", "lock", "unlock", "delete", "delete-tree", "delete-cas")


CATALOG = ("Node", "Service", "Check", "Session")
KEPT = ("kv", "nodes", "services", "checks", "sessions", "tables")


def put(context: Context) -> Response:
    """Run a transaction; 409 with the failed operations, and nothing written, when one fails."""
    operations = _operations(context)
    writes = any(_writes(kind, operation) for kind, operation in operations)
    who = authorizer(context)
    denied = [error for error in map(partial(_denial, who), range(len(operations)), operations) if error]
    if denied:
        return as_json({"Results": None, "Errors": denied}, 409)
    wrong = [
        {"OpIndex": n, "What": why} for n, one in enumerate(operations) if (why := _incomplete(context, *one))
    ]
    if wrong:
        meta = {} if writes else _query_meta(0, known_leader=False)
        return as_json({"Results": None, "Errors": wrong, **meta}, 409)
    results, errors = _apply(context, operations)
    answer: Row = {"Results": None if errors else results, "Errors": errors or None}
    reply = as_json(answer, 409 if errors else 200)
    if not writes:
        reply = as_json({**answer, **_query_meta(1, known_leader=True)}, reply.status)
        reply.headers |= {"X-Consul-KnownLeader": "true", "X-Consul-LastContact": "0"}
    return reply


def _apply(context: Context, operations: list[Operation]) -> tuple[list[Row], list[Row]]:
    """Run every operation under one index; what they wrote goes where one fails."""
    store = context.store
    before: dict[str, Any] = {name: dict(getattr(store, name)) for name in KEPT}
    before["by_name"] = {name: dict(rows) for name, rows in store.by_name.items()}
    before["index"] = store.index
    with store.one_write():
        results, errors = _run(context, operations, store.index + 1)
        changed = store.kv != before["kv"]
        if changed and not errors:
            index = store.bump("kv")
            store.graves |= dict.fromkeys(before["kv"].keys() - store.kv.keys(), index)
    if errors:
        for name, value in before.items():
            setattr(store, name, value)
    return results, errors


def _writes(kind: str, operation: Row) -> bool:
    verb = operation.get("Verb")
    return verb in WRITES if kind == "KV" else verb != "get"


def _incomplete(context: Context, kind: str, operation: Row) -> str:
    """Return what is said against an operation on keys before any is run."""
    if kind != "KV":
        return ""
    if operation.get("Verb", "") not in txn_keys.VERBS:
        return txn_keys.unknown(context, operation.get("Verb", ""))
    if not operation["Key"]:
        return "Must provide key"
    key = operation["Key"]
    delayed = operation["Verb"] == "lock" and is_delayed(context.world, context.store, key)
    return f'failed to lock key "{key}" due to lock delay' if delayed else ""


def _denial(who: Authorizer, place: int, one: Operation) -> Row | None:
    kind, operation = one
    access = "write" if _writes(kind, operation) else "read"
    try:
        if kind == "KV":
            require(who, "key", access, operation.get("Key", ""))
        else:
            txn_catalog.vet(who, kind, operation)
    except Refusal as refusal:
        return {"OpIndex": place, "What": refusal.text}
    return None


def _operations(context: Context) -> list[Operation]:
    check_size(context, "txn_max_req_len")
    try:
        body = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Failed to parse body: {error}") from None
    if not isinstance(body, list):
        kind = NAMES.get(type(body), "null")
        raise Refusal(
            400,
            f"Failed to parse body: json: cannot unmarshal {kind} into Go value of type api.TxnOps",
        )
    most = context.cluster.version.max_txn_ops
    if len(body) > most:
        raise Refusal(413, f"Transaction contains too many operations ({len(body)} > {most})")
    found = [_operation(item) for item in body if isinstance(item, dict)]
    return [operation for operation in found if operation is not None]


def _operation(item: Row) -> Operation | None:
    given = {key.lower(): part for key, part in item.items() if isinstance(part, dict)}
    if given.get("kv"):
        return "KV", _of_keys(given["kv"])
    for kind in CATALOG:
        if given.get(kind.lower()):
            return kind, txn_catalog.decoded(kind, given[kind.lower()])
    return None


def _of_keys(given: Row) -> Row:
    known = {name.lower(): name for name in FIELDS}
    operation = {known[key.lower()]: part for key, part in given.items() if key.lower() in known}
    for name, wanted in FIELDS.items():
        if operation.get(name) is not None and not isinstance(operation[name], wanted):
            raise Refusal(400, f"Failed to parse body: json: cannot unmarshal into field KV.{name}")
    operation.setdefault("Key", "")
    _check_value(operation.get("Value"))
    return operation


def _check_value(text: str | None) -> None:
    """Refuse a value that is no base64, at the byte where it stops to be any."""
    if not text:
        return
    try:
        decode(text)
    except ValueError as error:
        raise Refusal(400, f"Failed to parse body: {error}") from None


def _query_meta(index: int, *, known_leader: bool) -> Row:
    return {
        "Index": index if known_leader else 0,
        "LastContact": 0,
        "KnownLeader": known_leader,
        "ConsistencyLevel": "",
        "NotModified": False,
        "Backend": 0,
        "ResultsFilteredByACLs": False,
    }


def _run(context: Context, operations: list[Operation], index: int) -> tuple[list[Row], list[Row]]:
    results: list[Row] = []
    errors: list[Row] = []
    for place, (kind, operation) in enumerate(operations):
        try:
            if kind == "KV":
                results += [{"KV": row} for row in txn_keys.run(context, operation, index)]
            else:
                results += txn_catalog.run(kind, context, operation)
        except Failed as error:
            errors.append({"OpIndex": place, "What": str(error)})
    return results, errors
