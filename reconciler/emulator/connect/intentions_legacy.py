"""Intentions by ID, Consul's oldest API: POST /v1/connect/intentions and /v1/connect/intentions/:id.

Sources that it makes have an ID and their own Meta. A write in any other way takes that from them, and
then this API refuses to edit what is left.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.connect.intentions_show import DEFAULT, KIND, readable, shown
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Entry
from reconciler.emulator.entries.graph.write import check_graph
from reconciler.emulator.entries.store import drop_entry, put_entry
from reconciler.emulator.entries.validate.entry import validate
from reconciler.emulator.forms.decode import DecodeError, decode_entry
from reconciler.emulator.forms.normal import normalize
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal, Response, as_json

Value = dict[str, Any]
PREFIX = "/v1/connect/intentions/"
OWN = ("LegacyID", "LegacyMeta", "LegacyCreateTime", "LegacyUpdateTime")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
MISSING = "Intention not found"
WRITTEN_OTHERWISE = (
    'cannot use legacy intention API to edit intentions with a destination of "{}" after editing them via a '
    "service-intentions config entry"
)
PEERED = "SourcePeer field is not supported on this endpoint. Use config entries instead"
MOVED = "Cannot modify Destination partition/namespace/name for an intention once it exists."
ENTERPRISE_NAMESPACE = "Invalid {0}({1}): Namespaces is a Consul Enterprise feature"


def create(context: Context) -> Response:
    """Create an intention and answer its ID."""
    context.ask_primary()
    body = _body(context, "Failed to decode request body: ", 500)
    destination = body.get("DestinationName", "")
    _require_write(authorizer(context), destination)
    if body.get("ID"):
        raise Refusal(500, "ID must be empty when creating a new intention")
    _check(body)
    entry = context.store.entry(KIND, destination)
    _check_origin(entry)
    now, identifier = context.world.wall(), context.world.new_id()
    value = copy.deepcopy(entry.value) if entry else {"Name": destination, "Sources": []}
    value["Sources"].append(_source(body, identifier, now, now))
    _store(context, destination, value)
    return as_json({"ID": identifier})


def read(context: Context) -> Response:
    """Return one intention."""
    context.parse_options()
    who = authorizer(context)
    identifier = context.rest(PREFIX)
    if not identifier:
        raise Refusal(404, MISSING)
    found = _find(context, identifier, "", 400)
    if found is None:
        raise Refusal(404, MISSING)
    intention = shown(*found)
    if not readable(who, intention):
        raise Refusal(403, "Permission denied")
    return as_json(intention)


def update(context: Context) -> Response:
    """Change an intention: its source, but not its destination."""
    context.ask_primary()
    body = _body(context, "Request decode failed: ", 400)
    who = authorizer(context)
    identifier = context.rest(PREFIX)
    entry, old = _existing(context, who, identifier, "modify")
    if body.get("DestinationName", "") != entry.name:
        raise Refusal(500, MOVED)
    _check(body)
    _check_origin(entry)
    value = copy.deepcopy(entry.value)
    place = next(n for n, one in enumerate(value["Sources"]) if one.get("LegacyID") == identifier)
    value["Sources"][place] = _source(body, identifier, old["LegacyCreateTime"], context.world.wall())
    _store(context, entry.name, value)
    return as_json({"ID": identifier})


def delete(context: Context) -> Response:
    """Remove an intention."""
    context.ask_primary()
    who = authorizer(context)
    identifier = context.rest(PREFIX)
    if not identifier:
        raise Refusal(403, "Permission denied")  # as by name, and none is given
    entry, old = _existing(context, who, identifier, "delete")
    _check_origin(entry)
    value = copy.deepcopy(entry.value)
    value["Sources"] = [one for one in value["Sources"] if one.get("LegacyID") != old["LegacyID"]]
    if value["Sources"]:
        _store(context, entry.name, value)
    else:
        drop_entry(context.store, entry)
    return as_json(True)


def _body(context: Context, words: str, status: int) -> Value:
    try:
        value = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(status, f"{words}{error}", local=True) from None
    body: Value = value if isinstance(value, dict) else {}
    for end in ("SourceNS", "DestinationNS"):
        if body.get(end, "") not in ("", DEFAULT) and not context.cluster.version.enterprise:
            raise Refusal(400, ENTERPRISE_NAMESPACE.format(end, body[end]), local=True)
    if body.get("SourcePeer"):
        raise Refusal(500, PEERED)
    return body


def _require_write(who: Authorizer, destination: str) -> None:
    if not destination or not who.allows("intention", "write", destination):
        raise Refusal(403, "Permission denied")


def _find(context: Context, identifier: str, words: str, status: int) -> tuple[Entry, Value] | None:
    if not UUID.fullmatch(identifier):
        problem = "UUID must be 36 characters" if len(identifier) != 36 else "Invalid UUID"
        raise Refusal(status, f"{words}failed config entry lookup: index error: {problem}")
    for entry in context.store.list_entries(KIND):
        for source in entry.value["Sources"]:
            if source.get("LegacyID") == identifier:
                return entry, source
    return None


def _existing(context: Context, who: Authorizer, identifier: str, verb: str) -> tuple[Entry, Value]:
    found = _find(context, identifier, "Intention lookup failed: ", 500)
    if found is None:
        raise Refusal(500, f"Cannot {verb} non-existent intention: '{identifier}'")
    _require_write(who, found[0].name)
    return found


def _check_origin(entry: Entry | None) -> None:
    if entry is not None and not all(one.get("LegacyID") for one in entry.value["Sources"]):
        raise Refusal(500, WRITTEN_OTHERWISE.format(entry.name))


def _check(body: Value) -> None:
    """Refuse what Intention.Validate of agent/structs/intention.go refuses, all at once."""
    problems = [text for broken, text in _rules(body) if broken]
    if problems:
        count = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
        lines = "".join(f"\t* {text}\n" for text in problems)
        raise Refusal(500, f"{count} occurred:\n{lines}\n")


def _rules(body: Value) -> list[tuple[bool, str]]:
    source, destination = body.get("SourceName", ""), body.get("DestinationName", "")
    partial = "Name: wildcard character '*' cannot be used with partial values"
    meta = body.get("Meta") or {}
    return [
        (not source, "SourceName must be set"),
        ("*" in source and source != "*", f"Source{partial}"),
        ("*" in destination and destination != "*", f"Destination{partial}"),
        (len(body.get("Description", "")) > 512, "Description exceeds maximum length 512"),
        (len(meta) > 64, "Meta exceeds maximum element count 64"),
        *((len(key) > 128, f'Meta key "{key}" exceeds maximum length 128') for key in meta),
        *(
            (len(value) > 512, f'Meta value for key "{key}" exceeds maximum length 512')
            for key, value in meta.items()
        ),
        (body.get("Action") not in ("allow", "deny"), "Action must be set to 'allow' or 'deny'"),
        (bool(body.get("Permissions")), "Permissions must not be set when using the legacy APIs"),
        ((body.get("SourceType") or "consul") != "consul", "SourceType must be set to 'consul'"),
    ]


def _source(body: Value, identifier: str, created: str, updated: str) -> Value:
    source: Value = {"Name": body["SourceName"], "Type": "consul", "Action": body["Action"]}
    if body.get("Description"):
        source["Description"] = body["Description"]
    source |= {"LegacyID": identifier, "LegacyCreateTime": created, "LegacyUpdateTime": updated}
    return source | ({"LegacyMeta": body["Meta"]} if body.get("Meta") else {})


def _store(context: Context, destination: str, value: Value) -> None:
    """Write an entry of sources with IDs: checked as any, but they keep what is their own."""
    version = context.cluster.version
    own = {one["LegacyID"]: {key: one.pop(key) for key in OWN if key in one} for one in value["Sources"]}
    marks = dict(zip([one["Name"] for one in value["Sources"]], own.values(), strict=False))
    try:
        decoded = decode_entry({"Kind": KIND, **value}, version)[1]
    except DecodeError as error:
        raise Refusal(500, str(error)) from None
    normalize(KIND, decoded, context.store if version.enterprise else None)
    validate(KIND, decoded, version)
    check_graph(context.store, KIND, destination, decoded, version)
    for source in decoded["Sources"]:
        source.update(marks[source["Name"]])
    put_entry(context.store, KIND, destination, decoded)
