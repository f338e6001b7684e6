"""/v1/session: create, renew, destroy, read. Without renewal a session ends after twice its TTL."""

from __future__ import annotations

from functools import partial
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Store
from reconciler.emulator.kv.store import end_session
from reconciler.emulator.wire.durations import format_duration, parse_duration
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
SECOND = 1_000_000_000
SHORTEST, LONGEST = 10 * SECOND, 24 * 3600 * SECOND
DEFAULT_DELAY = 15 * SECOND
LATE = 2


def create(context: Context) -> Response:
    """Create a session and return its ID."""
    context.ask(context.query.get("dc", ""))
    body = _body(context)
    cluster, store = context.cluster, context.store
    node = body.get("Node") or cluster.node
    require(authorizer(context), "session", "write", node)
    ttl = _ttl(body.get("TTL") or "")
    behavior = body.get("Behavior") or "release"
    if behavior not in ("release", "delete"):
        raise Refusal(500, f"Invalid Behavior setting '{behavior}'")
    delay = _delay(body.get("LockDelay"))
    row = {
        "ID": context.world.new_id(),
        "Name": body.get("Name", ""),
        "Node": node,
        "LockDelay": delay,
        "Behavior": behavior,
        "TTL": body.get("TTL") or "",
        "NodeChecks": _node_checks(body),
        "ServiceChecks": body.get("ServiceChecks"),
    }
    if node not in store.nodes:
        raise Refusal(500, "apply failed: Missing node registration")
    why = broken_by(store, row)
    if why:
        raise Refusal(500, f"apply failed: {why}")
    index = store.bump("session")
    store.sessions[row["ID"]] = {**row, "CreateIndex": index, "ModifyIndex": index}
    if ttl:
        _expire_later(context, row["ID"], ttl)
    return as_json({"ID": row["ID"]})


def _node_checks(body: Row) -> list[str]:
    """Return the checks of the node that a session depends on: `Checks` is their old name."""
    if body.get("Checks") is None and body.get("NodeChecks") is None:
        return ["serfHealth"]
    return [*dict.fromkeys([*(body.get("Checks") or ()), *(body.get("NodeChecks") or ())])]


def broken_by(store: Store, row: Row) -> str:
    """Return which check a session cannot live with, in Consul's words; "" where all let it."""
    named = [check["ID"] for check in row["ServiceChecks"] or () if isinstance(check, dict)]
    for identifier in [*row["NodeChecks"], *named]:
        check = store.checks.get((row["Node"], identifier))
        if check is None:
            return f"Missing check '{identifier}' registration"
        if check["Status"] == "critical":
            return f"Check '{identifier}' is in critical state"
    return ""


def attach(world: WorldState, cluster: Cluster) -> None:
    """End the sessions of a cluster whose node or checks go, or whose checks turn critical."""
    cluster.store.listeners.append(partial(_catalog_changed, world, cluster))


def _catalog_changed(world: WorldState, cluster: Cluster, table: str) -> None:
    if table == "catalog" and cluster.store.sessions:
        world.later(0.0, partial(_end_broken, world, cluster))


def _end_broken(world: WorldState, cluster: Cluster) -> None:
    store = cluster.store
    for identifier, row in list(store.sessions.items()):
        if row["Node"] not in store.nodes or broken_by(store, row):
            end_session(world, cluster, identifier)


FIELDS: dict[str, Any] = {
    **dict.fromkeys(("ID", "Name", "Node", "TTL", "Behavior"), str),
    "Checks": list,
    "NodeChecks": list,
    "ServiceChecks": list,
    "LockDelay": object,
}


def _body(context: Context) -> Row:
    if not context.request.body:
        return {}
    try:
        value = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    known = {name.lower(): name for name in FIELDS}
    body = {known[key.lower()]: part for key, part in (value or {}).items() if key.lower() in known}
    for name, kind in FIELDS.items():
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise Refusal(400, f"Request decode failed: {name} is not of its type")
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
    """Return a delay: numbers below 1000 are seconds, larger ones nanoseconds."""
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
    if not identifier:
        raise Refusal(400, "Missing session")
    context.ask(context.query.get("dc", ""))
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
    return _list(context, "")


def of_node(context: Context) -> Response | Block:
    """Return the sessions of a node."""
    name = context.rest("/v1/session/node/")
    if not name:
        raise Refusal(400, "Missing node name")
    context.parse_options()
    return _list(context, name)


def _list(context: Context, node: str) -> Response | Block:
    who = authorizer(context)

    def answer() -> list[Row]:
        rows = sorted(context.store.sessions.items())
        found = [row for _, row in rows if node.lower() in ("", row["Node"].lower())]
        shown = [row for row in found if who.allows("session", "read", row["Node"])]
        context.filtered = len(shown) < len(found) and bool(who.accessor)
        return shown

    return context.read(("session",), answer, answer)
