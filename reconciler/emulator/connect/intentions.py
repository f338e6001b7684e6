"""/v1/connect/intentions and .../exact: the same entries by source and destination; peers are ignored."""

from __future__ import annotations

import copy
from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.connect.intentions_show import (
    KIND,
    check_namespace,
    component,
    intentions,
    readable,
    shown,
    strongest_first,
)
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Entry
from reconciler.emulator.entries.graph.write import check_graph
from reconciler.emulator.entries.store import drop_entry, put_entry
from reconciler.emulator.entries.validate.entry import validate
from reconciler.emulator.filters.language import not_emulated, require_filter
from reconciler.emulator.forms.decode import DecodeError, decode_entry
from reconciler.emulator.forms.normal import normalize
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Value = dict[str, Any]
DENIED = "Permission denied"
CHANGED_META = "Meta must not be specified, or should be unchanged during an update."
PEERED = "SourcePeer field is not supported on this endpoint. Use config entries instead"


def list_all(context: Context) -> Response | Block:
    """Return every intention, the strongest first."""
    context.parse_options()
    context.index_of_refusals = True
    if context.query.get("filter"):
        require_filter(context.query["filter"])
        raise not_emulated(context.query["filter"])
    who = authorizer(context)

    def answer() -> list[Value]:
        found = list(intentions(context.store))
        kept = [one for one in found if readable(who, one)]
        context.filtered = len(kept) < len(found) and bool(who.accessor)
        return strongest_first(kept)

    return context.read(("config",), answer)


def _exact(context: Context, *, peers: bool = False) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
    """Return source and destination as (peer, namespace, name); raises the 500 where they are not given."""
    texts = [context.values(end) for end in ("source", "destination")]
    for end, found in zip(("source", "destination"), texts, strict=True):
        if len(found) != 1 or (not found[0] and not peers):
            raise Refusal(500, f"required query parameter '{end}' not set", local=True)
    return component(context, "source", texts[0][0], peers=peers), component(
        context, "destination", texts[1][0]
    )


def _check_spaces(context: Context, source: tuple[str, str, str], destination: tuple[str, str, str]) -> None:
    check_namespace(context, "Invalid SourceNS", source[1])
    check_namespace(context, "Invalid DestinationNS", destination[1])


def read_exact(context: Context) -> Response:
    """Return one intention by source (a peer may be named) and destination."""
    context.parse_options()
    source, destination = _exact(context, peers=True)
    who = authorizer(context)
    _check_spaces(context, source, destination)
    missing = [end for end, part in (("SourceName", source), ("DestinationName", destination)) if not part[2]]
    if missing:
        count = "1 error" if len(missing) == 1 else "2 errors"
        lines = "".join(f"\t* {end} is missing\n" for end in missing)
        raise Refusal(500, f"{count} occurred:\n{lines}\n")
    found = _find(context.store.entry(KIND, destination[2]), source)
    if found is None:
        raise Refusal(404, "Intention not found")
    if not readable(who, found):
        raise Refusal(403, DENIED)
    return as_json(found)


def _find(entry: Entry | None, source: tuple[str, str, str]) -> Value | None:
    peer, _, name = source
    for one in entry.value["Sources"] if entry is not None else ():
        if one["Name"] == name and one.get("Peer", "") == peer:
            assert entry is not None
            return shown(entry, one)
    return None


def _require_write(who: Authorizer, destination: str) -> None:
    if not who.allows("intention", "write", destination):
        raise Refusal(403, DENIED)


def put_exact(context: Context) -> Response:
    """Create or change one intention."""
    source, destination = _exact(context)
    try:
        body = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}", local=True) from None
    body = body if isinstance(body, dict) else {}
    context.ask_primary()
    if body.get("SourcePeer"):
        raise Refusal(500, PEERED)
    who = authorizer(context)
    _require_write(who, destination[2])
    _check_spaces(context, source, destination)
    entry = context.store.entry(KIND, destination[2])
    _check_meta(entry, body.get("Meta") or {})
    _upsert(context, source[2], destination[2], entry, body)
    return as_json(True)


def _check_meta(entry: Entry | None, meta: Value) -> None:
    """Refuse a change of Meta, which belongs to the whole entry: it may only come back as it is."""
    if not meta:
        return
    if entry is None:
        raise Refusal(500, "Meta must not be specified")
    if (entry.value.get("Meta") or {}) != meta:
        raise Refusal(500, CHANGED_META)


def _upsert(context: Context, source: str, destination: str, entry: Entry | None, body: Value) -> None:
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
    """Remove the first source of that name, peered or not, if there is one without a peer."""
    source, destination = _exact(context)
    context.ask_primary()
    _require_write(authorizer(context), destination[2])
    _check_spaces(context, source, destination)
    entry = context.store.entry(KIND, destination[2])
    if entry is None or _find(entry, ("", *source[1:])) is None:
        return as_json(True)
    value = copy.deepcopy(entry.value)
    places = [place for place, one in enumerate(value["Sources"]) if one["Name"] == source[2]]
    del value["Sources"][places[0]]
    if value["Sources"]:
        _store(context, destination[2], value)
    else:
        drop_entry(context.store, entry)
    return as_json(True)
