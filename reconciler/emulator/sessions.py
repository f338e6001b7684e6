"""/v1/session: create, renew, destroy, read. Without renewal a session ends after twice its TTL."""

from __future__ import annotations

from typing import Any

from .access import authorizer, require
from .context import Context
from .durations import format_duration, parse_duration
from .gojson import GoJSONError, loads
from .kv_store import end_session
from .messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
SECOND = 1_000_000_000
SHORTEST, LONGEST = 10 * SECOND, 24 * 3600 * SECOND
DEFAULT_DELAY = 15 * SECOND
LATE = 2


def create(context: Context) -> Response:
    """Create a session and return its ID."""
    body = _body(context)
    cluster, store = context.cluster, context.store
    require(authorizer(context), "session", "write", cluster.node)
    ttl = _ttl(body.get("TTL") or "")
    behavior = body.get("Behavior") or "release"
    if behavior not in ("release", "delete"):
        raise Refusal(500, f"Invalid Behavior setting '{behavior}'")
    delay = _delay(body.get("LockDelay"))
    identifier = context.world.new_id()
    index = store.bump("session")
    checks = body.get("NodeChecks")
    store.sessions[identifier] = {
        "ID": identifier,
        "Name": body.get("Name", ""),
        "Node": body.get("Node") or cluster.node,
        "LockDelay": delay,
        "Behavior": behavior,
        "TTL": body.get("TTL") or "",
        "NodeChecks": ["serfHealth"] if checks is None else checks,
        "ServiceChecks": body.get("ServiceChecks"),
        "CreateIndex": index,
        "ModifyIndex": index,
    }
    if ttl:
        _expire_later(context, identifier, ttl)
    return as_json({"ID": identifier})


def _body(context: Context) -> Row:
    if not context.request.body:
        return {}
    try:
        value = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    body = value if isinstance(value, dict) else {}
    for name in ("Name", "Node", "TTL", "Behavior"):
        if body.get(name) is not None and not isinstance(body[name], str):
            raise Refusal(400, f"Request decode failed: {name} is not a text")
    return body


def _ttl(text: str) -> int:
    if not text:
        return 0
    try:
        ttl = parse_duration(text)
    except ValueError as error:
        raise Refusal(500, f"Session TTL '{text}' invalid: {error}") from None
    if not SHORTEST <= ttl <= LONGEST:
        limits = f"{format_duration(SHORTEST)}={format_duration(LONGEST)}"
        raise Refusal(500, f"Invalid Session TTL '{ttl}', must be between [{limits}]")
    return ttl


def _delay(value: Any) -> int:
    """Numbers below 1000 are seconds, larger ones nanoseconds."""
    if value is None:
        return DEFAULT_DELAY
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError as error:
            raise Refusal(400, f"Request decode failed: {error}") from None
    if not isinstance(value, (int, float)):
        raise Refusal(400, "Request decode failed: LockDelay is not a duration")
    return int(value) * SECOND if value < 1000 else int(value)


def _expire_later(context: Context, identifier: str, ttl: int) -> None:
    world, cluster = context.world, context.cluster
    due = world.clock() + LATE * ttl / SECOND * (world.time_scale or 1.0)
    cluster.store.session_ends[identifier] = due

    def expire() -> None:
        if cluster.store.session_ends.get(identifier, 0.0) <= world.clock():
            cluster.store.session_ends.pop(identifier, None)
            end_session(world, cluster, identifier)

    world.at(due, expire)


def _one(context: Context, action: str) -> tuple[str, Row | None]:
    identifier = context.rest(f"/v1/session/{action}/")
    return identifier, context.store.sessions.get(identifier)


def renew(context: Context) -> Response:
    """Renew a session; 404 when it is gone."""
    identifier, row = _one(context, "renew")
    if row is None:
        raise Refusal(404, f"Session id '{identifier}' not found")
    require(authorizer(context), "session", "write", row["Node"])
    ttl = _ttl(row["TTL"])
    if ttl:
        _expire_later(context, identifier, ttl)
    return as_json([row])


def destroy(context: Context) -> Response:
    """End a session now."""
    identifier, row = _one(context, "destroy")
    if row is not None:
        require(authorizer(context), "session", "write", row["Node"])
        end_session(context.world, context.cluster, identifier)
    return as_json(True)


def info(context: Context) -> Response | Block:
    """Return one session as a list, empty when it is gone."""
    context.parse_options()
    _, row = _one(context, "info")
    if row is not None and not authorizer(context).allows("session", "read", row["Node"]):
        row = None
    return context.read(("session",), lambda: [row] if row else [])


def list_all(context: Context) -> Response | Block:
    """Return every session."""
    context.parse_options()
    who = authorizer(context)
    rows = context.store.sessions.values()
    return context.read(
        ("session",), lambda: [row for row in rows if who.allows("session", "read", row["Node"])]
    )
