"""/v1/kv: reads, writes with compare-and-set, locks."""

from __future__ import annotations

import base64
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.context import Context
from reconciler.emulator.kv.sizes import check_size
from reconciler.emulator.kv.store import acquire, bury, cas_fits, key_index, lock, set_key, unlock
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, empty

PREFIX = "/v1/kv/"
CONFLICTS = (("cas", "acquire"), ("cas", "release"), ("acquire", "release"))


def _key(context: Context) -> str:
    return context.rest(PREFIX)


def _prefixed(context: Context) -> list[dict[str, Any]]:
    return [context.store.kv[key] for key in sorted(context.store.kv) if key.startswith(_key(context))]


def get(context: Context) -> Response | Block:
    """Return one key, the keys below a prefix (`?recurse`, `?keys`), or the bare value (`?raw`)."""
    context.parse_options()
    key, store = _key(context), context.store
    many = "recurse" in context.query or "keys" in context.query
    if not key and not many:
        raise Refusal(400, "Missing key name")
    who = authorizer(context)
    if not many:
        require(who, "key", "read", key)

    def marker() -> object:
        return key_index(store, key, below=True) if many else store.kv.get(key)

    block = context.waits(key_index(store, key, below=many), marker)
    if block is not None:
        return block
    index = key_index(store, key, below=many)
    if not many:
        return context.indexed(_shown(context, [store.kv[key]] if key in store.kv else []), index)
    found = _prefixed(context)
    rows = [row for row in found if who.allows("key", "read", row["Key"])]
    context.filtered = len(rows) < len(found) and bool(who.accessor)
    names_of_none = (found or not key) and not rows and "keys" in context.query
    return context.indexed(as_json([]) if names_of_none else _shown(context, rows), index)


def _shown(context: Context, rows: list[dict[str, Any]]) -> Response:
    if not rows:
        return empty(404)
    if "keys" in context.query:
        return as_json(_names(context, rows))
    if "raw" in context.query:
        return _raw(base64.b64decode(rows[0]["Value"] or ""))
    return as_json(rows)


def _raw(value: bytes) -> Response:
    """Return a value as it is, with what keeps browsers from taking it for a page."""
    headers = {
        "Content-Type": "text/plain",
        "Content-Length": str(len(value)),
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, headers, value)


def _names(context: Context, rows: list[dict[str, Any]]) -> list[str]:
    separator, start = context.query.get("separator", ""), len(_key(context))
    names = []
    for row in rows:
        end = row["Key"].find(separator, start) if separator else -1
        name = row["Key"] if end < 0 else row["Key"][: end + len(separator)]
        if name not in names:
            names.append(name)
    return names


def put(context: Context) -> Response:
    """Write a key; plain, `?cas=`, `?acquire=` or `?release=`."""
    key = _key(context)
    if not key:
        raise Refusal(400, "Missing key name")
    _refuse_conflicts(context)
    body = context.request.body
    check_size(context, "kv_max_value_size")
    context.ask(context.query.get("dc", ""))
    require(authorizer(context), "key", "write", key)
    value = base64.b64encode(body).decode() if body else None
    flags = _number(context.query["flags"]) if context.query.get("flags") else 0
    return as_json(_write(context, key, value, flags))


def _refuse_conflicts(context: Context) -> None:
    query = context.query
    for one, other in CONFLICTS:
        if one in query and other in query:
            pairs = sorted((name, query[name]) for name in (one, other))
            shown = "&".join(f"{name}={text}" for name, text in pairs)
            raise Refusal(400, f"Conflicting flags: {shown}\n")


def _write(context: Context, key: str, value: str | None, flags: int) -> bool:
    store, query = context.store, context.query
    if "cas" in query and not cas_fits(store, key, _number(query["cas"])):
        return False
    if "acquire" in query:
        reason = acquire(context.world, store, key, query["acquire"])
        if reason.startswith("invalid"):
            raise Refusal(500, f"raft apply failed: {reason}")
        if reason:
            return False
        lock(store, key, query["acquire"], value, store.index + 1, flags=flags)
    elif "release" in query:
        if not unlock(store, key, query["release"], value, store.index + 1, flags=flags):
            return False
    else:
        set_key(store, key, value, store.index + 1, flags=flags)
    if store.kv[key]["ModifyIndex"] > store.index:
        store.bump("kv")
    return True


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Refusal(500, f'strconv.ParseUint: parsing "{text}": invalid syntax', local=True)
    return int(text)


def delete(context: Context) -> Response:
    """Delete a key, everything below a prefix (`?recurse`), or a key at an index (`?cas=`)."""
    context.ask(context.query.get("dc", ""))
    key, store = _key(context), context.store
    if "recurse" in context.query and "cas" in context.query:
        pairs = "&".join(f"{name}={context.query[name]}" for name in ("cas", "recurse"))
        raise Refusal(400, f"Conflicting flags: {pairs}\n")
    if not key and "recurse" not in context.query:
        raise Refusal(400, "Missing key name")
    require(authorizer(context), "key", "write", key)
    if "recurse" in context.query:
        bury(store, [row["Key"] for row in _prefixed(context)])
        return as_json(True)
    if "cas" in context.query and key in store.kv:
        expected = _number(context.query["cas"])
        if not expected or not cas_fits(store, key, expected):
            return as_json(False)
    bury(store, [key] if key in store.kv else [])
    return as_json(True)
