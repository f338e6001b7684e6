"""/v1/coordinate: where nodes are on the network, as somebody said."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.catalog.store import DIMENSIONS, ORIGIN
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, empty

Row = dict[str, Any]


def datacenters(context: Context) -> Response:
    """Return the servers of every datacenter of the federation: of a pretend one, all at the origin."""
    own = context.cluster
    members = [one for one in context.world.clusters.values() if one.primary == own.primary]
    found = sorted(members, key=lambda one: one.datacenter)
    return as_json([_area(one) for one in found])


def _area(cluster: Cluster) -> Row:
    server = {"Node": cluster.node, "Segment": "", "Coord": ORIGIN}
    return {"Datacenter": cluster.datacenter, "AreaID": "wan", "Coordinates": [server]}


def _rows(context: Context) -> list[Row]:
    table = sorted(context.store.coordinates.items())
    return [{"Node": node, "Segment": segment, "Coord": coord} for (node, segment), coord in table]


def nodes(context: Context) -> Response | Block:
    """Return the coordinates of the nodes."""
    context.parse_options()
    who = authorizer(context)
    return context.read(("coordinate",), lambda: _shown(context, who, _rows(context)))


def _shown(context: Context, who: Any, rows: list[Row]) -> list[Row]:
    shown = [row for row in rows if who.allows("node", "read", row["Node"])]
    context.filtered = len(shown) < len(rows) and bool(who.accessor)
    segment = context.query.get("segment")
    return [row for row in shown if segment is None or row["Segment"] == segment]


def node(context: Context) -> Response | Block:
    """Return the coordinates of one node, by segment; 404 where there are none."""
    name = context.rest("/v1/coordinate/node/")
    context.parse_options()
    try:
        require(authorizer(context), "node", "read", name)
    except Refusal as refusal:
        refusal.headers["X-Consul-Index"] = "1"
        raise
    found = [row for row in _rows(context) if row["Node"] == name]
    if "segment" in context.query:
        found = [row for row in found if row["Segment"] == context.query["segment"]]
    if not found:
        return empty(404)
    return context.read(("coordinate",), lambda: found)


def update(context: Context) -> Response:
    """Set the coordinate of a node; of one that is not in the catalog it is ignored."""
    context.ask(context.query.get("dc", ""))
    try:
        body = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    body = body if isinstance(body, dict) else {}
    coord = body.get("Coord") or {}
    vector = coord.get("Vec") or []
    if len(vector) != DIMENSIONS:
        raise Refusal(500, "incompatible coordinate")
    name = body.get("Node", "")
    require(authorizer(context), "node", "write", name)
    if name in context.store.nodes:
        known = {key: coord.get(key, 0) for key in ("Error", "Adjustment", "Height")}
        context.store.coordinates[name, body.get("Segment", "")] = {"Vec": vector, **known}
        context.store.bump("coordinate")
    return empty()
