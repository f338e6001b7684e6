"""/v1/event: user events, as the agent that is asked has heard them."""

from __future__ import annotations

import base64
import re
from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
KEPT = 256
FILTERS = (("NodeFilter", "node"), ("ServiceFilter", "service"), ("TagFilter", "tag"))


def fire(context: Context) -> Response:
    """Send an event; agents that its filters name hear it."""
    name = context.rest("/v1/event/fire/")
    if not name:
        raise Refusal(400, "Missing name")
    context.ask(context.query.get("dc", ""))
    body = context.request.body
    event: Row = {
        "ID": context.world.new_id(),
        "Name": name,
        "Payload": base64.b64encode(body).decode() if body else None,
        **{field: context.query.get(key, "") for field, key in FILTERS},
        "Version": 1,
        "LTime": 0,
    }
    _check(event)
    if not authorizer(context).allows("event", "write", name):
        raise Refusal(403, "Permission denied")
    context.store.event_time += 1
    if _heard(context, event):
        kept = [*context.store.events, {**event, "LTime": context.store.event_time}]
        context.store.events = kept[-KEPT:]
        context.store.bump("event")
    return as_json(event)


def _check(event: Row) -> None:
    for field, words in (("NodeFilter", "node"), ("ServiceFilter", "service"), ("TagFilter", "tag")):
        try:
            re.compile(event[field])
        except re.error as error:
            why = "missing closing ): " if "missing )" in error.msg else ""
            text = f"Invalid {words} filter: error parsing regexp: {why}`{event[field]}`"
            raise Refusal(500, text) from None
    if event["TagFilter"] and not event["ServiceFilter"]:
        raise Refusal(500, "Cannot provide tag filter without service filter")


def _heard(context: Context, event: Row) -> bool:
    """Say whether the server's own agent is one of those that an event is for."""
    if event["NodeFilter"] and not re.search(event["NodeFilter"], context.cluster.node):
        return False
    if not event["ServiceFilter"]:
        return True
    rows = [row for (node, _), row in context.store.services.items() if node == context.cluster.node]
    return any(
        re.search(event["ServiceFilter"], row["Service"])
        and (not event["TagFilter"] or any(re.search(event["TagFilter"], tag) for tag in row["Tags"]))
        for row in rows
    )


def list_all(context: Context) -> Response | Block:
    """Return the events that were heard, the oldest first; the index is made from the last one's ID."""
    context.parse_options(check_dc=False)
    who, name = authorizer(context), context.query.get("name", "")

    def found() -> list[Row]:
        rows = [row for row in context.store.events if name in ("", row["Name"])]
        return [row for row in rows if who.allows("event", "read", row["Name"])]

    def index() -> int:
        rows = found()
        return _index_of(rows[-1]["ID"]) if rows else 1

    if context.block is None and context.index and context.index == index():
        return _wait(context, index)
    answer = as_json(found())
    answer.headers["X-Consul-Index"] = str(index())
    return answer


def _wait(context: Context, index: Any) -> Block:
    deadline = context.world.clock() + context.wait_s * (context.world.time_scale or 1.0)
    before = index()
    return Block(context.origin.server, context.request, deadline, lambda: index() != before)


def _index_of(identifier: str) -> int:
    """Return the index of an event: the two halves of its ID, combined (agent/user_event.go)."""
    bits = identifier.replace("-", "")
    return int(bits[:16], 16) ^ int(bits[16:], 16)
