"""/v1/connect/intentions, the old API over the same entries: it matches sources by name and ignores peers."""

from __future__ import annotations

import copy
from typing import Any

from .access import authorizer, require
from .config_decode import DecodeError, decode_entry
from .config_graph import check_graph
from .config_normal import normalize
from .config_store import drop_entry, put_entry
from .config_validate import validate
from .context import Context
from .gojson import GoJSONError, loads
from .messages import Block, Refusal, Response, as_json
from .store import Entry

Value = dict[str, Any]
KIND = "service-intentions"


def _shown(entry: Entry, source: Value) -> Value:
    out: Value = {}
    if source.get("Description"):
        out["Description"] = source["Description"]
    if "Partition" in entry.value:
        parts = {"Source": source.get("Partition"), "Destination": entry.value["Partition"]}
        out.update({f"{end}Partition": name for end, name in parts.items() if name})
    out.update(SourceNS=source.get("Namespace", "default"), SourceName=source["Name"])
    out["DestinationNS"] = entry.value.get("Namespace", "default")
    out["DestinationName"] = entry.name
    if source.get("Peer"):
        out["SourcePeer"] = source["Peer"]
    out["SourceType"] = source["Type"]
    for key in ("Action", "Permissions"):
        if source.get(key):
            out[key] = source[key]
    if entry.value.get("Meta"):
        out["Meta"] = entry.value["Meta"]
    out.update(Precedence=source["Precedence"], CreateIndex=entry.create, ModifyIndex=entry.modify)
    return out


def list_all(context: Context) -> Response | Block:
    """Return every intention, the strongest first."""
    context.parse_options()
    who = authorizer(context)

    def answer() -> list[Value]:
        found = [
            _shown(entry, source)
            for entry in context.store.list_entries(KIND)
            for source in entry.value["Sources"]
            if any(who.allows("intention", "read", name) for name in (entry.name, source["Name"]))
        ]
        return sorted(
            found,
            key=lambda one: (
                -one["Precedence"],
                one.get("SourcePeer", ""),
                one["SourceName"],
                one["DestinationName"],
            ),
        )

    return context.read(("config",), answer)


def create(context: Context) -> Response:
    """Create an intention; sources at a peer are refused."""
    context.ask_primary()
    body = _body(context)
    if body.get("SourcePeer"):
        raise Refusal(500, "SourcePeer field is not supported on this endpoint. Use config entries instead")
    _upsert(context, body.get("SourceName", ""), body.get("DestinationName", ""), body)
    return as_json({"ID": context.world.new_id()})


def _body(context: Context) -> Value:
    try:
        value = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    return value if isinstance(value, dict) else {}


def _names(context: Context) -> tuple[str, str]:
    source, destination = context.query.get("source", ""), context.query.get("destination", "")
    for name, text in (("source", source), ("destination", destination)):
        if not text:
            raise Refusal(500, f"required query parameter '{name}' not set")
    return source, destination


def _refuse_peer(source: str) -> None:
    if source.startswith("peer:"):
        raise Refusal(500, f'source "{source}" is invalid: cannot specify a peer here')


def read_exact(context: Context) -> Response:
    """Return one intention by source (a peer may be named) and destination."""
    context.parse_options()
    source, destination = _names(context)
    peer, _, name = source[5:].partition("/") if source.startswith("peer:") else ("", "", source)
    require(authorizer(context), "intention", "read", destination)
    entry = context.store.entry(KIND, destination)
    if entry is not None:
        for one in entry.value["Sources"]:
            if one["Name"] == name and one.get("Peer", "") == peer:
                return context.indexed(as_json(_shown(entry, one)), context.store.table_index("config"))
    raise Refusal(404, "Intention not found")


def put_exact(context: Context) -> Response:
    """Create or change one intention."""
    source, destination = _names(context)
    context.ask_primary()
    _refuse_peer(source)
    _upsert(context, source, destination, _body(context))
    return as_json(True)


def _upsert(context: Context, source: str, destination: str, body: Value) -> None:
    require(authorizer(context), "intention", "write", destination)
    entry = context.store.entry(KIND, destination)
    value: Value = copy.deepcopy(entry.value) if entry else {"Name": destination, "Sources": []}
    new = {"Name": source, "Type": body.get("SourceType") or "consul"}
    for key in ("Action", "Permissions", "Description"):
        if body.get(key):
            new[key] = body[key]
    places = [place for place, one in enumerate(value["Sources"]) if one["Name"] == source]
    if places:
        value["Sources"][places[0]] = new
    else:
        value["Sources"].append(new)
    try:
        decoded = decode_entry({"Kind": KIND, **value}, context.cluster.version)[1]
    except DecodeError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    _store(context, destination, decoded)


def _store(context: Context, destination: str, value: Value) -> None:
    version = context.cluster.version
    normalize(KIND, value, context.store if version.enterprise else None)
    validate(KIND, value, version)
    check_graph(context.store, KIND, destination, value, version)
    put_entry(context.store, KIND, destination, value)


def delete_exact(context: Context) -> Response:
    """Remove the first source of that name, peered or not."""
    source, destination = _names(context)
    context.ask_primary()
    _refuse_peer(source)
    require(authorizer(context), "intention", "write", destination)
    entry = context.store.entry(KIND, destination)
    if entry is None:
        return as_json(True)
    value = copy.deepcopy(entry.value)
    places = [place for place, one in enumerate(value["Sources"]) if one["Name"] == source]
    if places:
        del value["Sources"][places[0]]
    if not value["Sources"]:
        drop_entry(context.store, entry)
    elif places:
        _store(context, destination, value)
    return as_json(True)
