"""/v1/config: PUT, GET, DELETE of config entries with Consul's order of checks."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.chain.headers import ServerEnds
from reconciler.emulator.chain.read import GRAPH_KINDS, related_services
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import DEFAULT, Entry
from reconciler.emulator.entries.graph.write import check_graph
from reconciler.emulator.entries.store import drop_entry, put_entry
from reconciler.emulator.entries.validate.entry import validate
from reconciler.emulator.filters.language import not_emulated, require_filter
from reconciler.emulator.forms.decode import DecodeError, decode_entry
from reconciler.emulator.forms.encode import encoded
from reconciler.emulator.forms.kinds import KINDS
from reconciler.emulator.forms.normal import normalize
from reconciler.emulator.forms.schema import kind_known
from reconciler.emulator.poison import kills
from reconciler.emulator.tenancy.enter import move
from reconciler.emulator.wire.gojson import GoJSONError
from reconciler.emulator.wire.gojson_any import loads_any
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, raw_json

Value = dict[str, Any]
PREFIX = "/v1/config/"


def put(context: Context) -> Response:
    """Create or replace an entry; `?cas=` compares the ModifyIndex unless the content is identical."""
    context.parse_options(check_dc=False)
    context.refuse_enterprise()
    version = context.cluster.version
    try:
        kind, value = decode_entry(loads_any(context.request.body), version)
    except (DecodeError, GoJSONError) as error:
        raise Refusal(400, f"Request decoding failed: {error}") from None
    cas = _cas(context)
    _gate_exports(context, kind)
    context.ask_primary()
    who = authorizer(context)
    if version.enterprise:
        _into_partition(context, kind, value.get("Name", ""))
    normalize(kind, value, context.store if version.enterprise else None)
    validate(kind, value, version)
    name = "mesh" if kind == "mesh" else value["Name"]
    _require_write(who, kind, name, value)
    old = context.store.entry(kind, name)
    if old is not None and old.name == name and old.value == value:
        return raw_json(b"true")
    if kills(kind, value):
        raise ServerEnds
    if cas is not None and cas != (old.modify if old else 0):
        return raw_json(b"false")
    check_graph(context.store, kind, name, value, version)
    put_entry(context.store, kind, name, value)
    return raw_json(b"true")


def _into_partition(context: Context, kind: str, name: str) -> None:
    """Move to the partition that exports are named after: they belong to it, even where other fields
    disagree.

    agent/structs/config_entry_exports.go; api package: "the name will overwrite the partition".
    """
    if kind == "exported-services" and name:
        move(context, name.lower(), DEFAULT)


def _gate_exports(context: Context, kind: str) -> None:
    """Refuse exports outside of the primary; every other kind is sent there, even with another `?dc=`."""
    primary = context.world.clusters[context.cluster.primary].datacenter
    if kind == "exported-services" and context.query.get("dc", context.cluster.datacenter) != primary:
        raise Refusal(500, "exported-services writes must not target secondary datacenters.")


def _cas(context: Context) -> int | None:
    text = context.query.get("cas", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise Refusal(500, f'strconv.ParseUint: parsing "{text}": invalid syntax', local=True)
    return int(text)


def get(context: Context) -> Response | Block:
    """Return one entry, the entries of a kind, or all of them."""
    context.parse_options()
    context.refuse_enterprise()
    kind, slash, name = context.rest(PREFIX).partition("/")
    if not kind:
        return _list_all(context)
    return _get_one(context, kind, name) if slash else _list(context, kind)


def _check_kind(context: Context, kind: str, status: int) -> None:
    if not kind_known(kind, context.cluster.version):
        raise Refusal(status, f"invalid config entry kind: {kind}")


def _get_one(context: Context, kind: str, name: str) -> Response | Block:
    _check_kind(context, kind, 500)
    _require_read(authorizer(context), kind, name)
    store = context.store
    index = store.table_index("config")
    block = context.waits(index, lambda: store.entry(kind, name))
    if block is not None:
        return block
    entry = store.entry(kind, name)
    if entry is None:
        missing = Refusal(404, f'Config entry not found for "{kind}" / "{name}"').response()
        return context.indexed(missing, index)
    return context.indexed(raw_json(encoded(entry, context.cluster.version)), index)


def _list(context: Context, kind: str) -> Response | Block:
    _check_kind(context, kind, 500)
    if context.query.get("filter"):
        _check_filter(context, kind)
    who = authorizer(context)
    store = context.store
    index = store.table_index("config")
    block = context.waits(index, lambda: store.kinds.get(kind))
    if block is not None:
        return block
    return context.indexed(raw_json(_list_body(context, who, kind)), index)


def _check_filter(context: Context, kind: str) -> None:
    """Check a filter: Consul ≥1.16 filters service-defaults; older ones ignore it. Valid ones are not applied
    here.
    """
    if not context.cluster.version.at_least(16):
        return
    if kind != "service-defaults":
        raise Refusal(500, f"filtering not supported for config entry kind={kind}")
    require_filter(context.query["filter"])
    if context.store.list_entries(kind):
        raise not_emulated(context.query["filter"])


def _list_body(context: Context, who: Authorizer, kind: str) -> bytes:
    kept = context.store.cache.get(f"list:{kind}")
    if kept is not None and who.everything:
        body: bytes = kept[1]
        return body
    entries = context.store.list_entries(kind)
    readable = [entry for entry in entries if _may_read(who, entry)]
    # Consul leaves the header out for the anonymous token.
    context.filtered = len(readable) < len(entries) and bool(who.accessor)
    version = context.cluster.version
    body = b"[" + b",".join(encoded(entry, version) for entry in readable) + b"]"
    if who.everything:
        context.store.cache[f"list:{kind}"] = (None, body)
    return body


def _list_all(context: Context) -> Response | Block:
    who = authorizer(context)
    index = context.store.table_index("config")
    block = context.waits(index, lambda: context.store.table_index("config"))
    if block is not None:
        return block
    kinds = sorted(kind for kind in KINDS if context.store.entries.get(kind))
    found = [entry for kind in kinds for entry in context.store.list_entries(kind)]
    readable = [entry for entry in found if _may_read(who, entry)]
    context.filtered = len(readable) < len(found) and bool(who.accessor)
    texts = [encoded(entry, context.cluster.version) for entry in readable]
    return context.indexed(raw_json(b"[" + b",".join(texts) + b"]"), index)


def delete(context: Context) -> Response:
    """Delete an entry; a missing one is deleted already (even with `?cas=`)."""
    context.parse_options(check_dc=False)
    context.refuse_enterprise()
    kind, _, name = context.rest(PREFIX).partition("/")
    if not kind or not name:
        raise Refusal(404, "Must provide both a kind and name to delete")
    _check_kind(context, kind, 400)
    if kind == "proxy-defaults":
        normalize(kind, {"Name": name})
    name = "mesh" if kind == "mesh" else name
    cas = _cas(context)
    context.ask_primary()
    if context.cluster.version.enterprise:
        _into_partition(context, kind, name)
    _require_write(authorizer(context), kind, name, {})
    entry = context.store.entry(kind, name)
    if entry is not None and cas is not None and cas != entry.modify:
        return raw_json(b"false")
    if entry is not None:
        check_graph(context.store, kind, entry.name, None, context.cluster.version)
        drop_entry(context.store, entry)
    return raw_json(b"{}") if cas is None else as_json(True)


def _may_read(who: Authorizer, entry: Entry) -> bool:
    if who.everything:
        return True
    resource = KINDS[entry.kind].reads
    return not resource or who.allows(resource, "read", _named(resource, entry.name))


def _require_read(who: Authorizer, kind: str, name: str) -> None:
    resource = KINDS[kind].reads
    if resource:
        require(who, resource, "read", _named(resource, name))


def _require_write(who: Authorizer, kind: str, name: str, value: Value) -> None:
    if who.everything:
        return
    resource = KINDS[kind].writes
    require(who, resource, "write", _named(resource, name))
    if kind in GRAPH_KINDS:
        for service in related_services(kind, name, value):
            require(who, "service", "read", service)


def _named(resource: str, name: str) -> str:
    """Return what a rule of this resource is for: those of the mesh are for no name."""
    return "" if resource == "mesh" else name
