"""Intentions as the old API shows them: one for each source of an entry."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Entry, Store
from reconciler.emulator.wire.messages import Refusal, dump

Value = dict[str, Any]
KIND = "service-intentions"
DEFAULT = "default"


def intentions(store: Store) -> Iterator[Value]:
    """Yield every intention, in no order."""
    for entry in store.list_entries(KIND):
        for source in entry.value["Sources"]:
            yield shown(entry, source)


def shown(entry: Entry, source: Value) -> Value:
    """Return one intention; what the old API made has an ID, times and a hash."""
    out = _legacy(source)
    if source.get("Description"):
        out["Description"] = source["Description"]
    if "Partition" in entry.value:
        parts = {"Source": source.get("Partition"), "Destination": entry.value["Partition"]}
        out.update({f"{end}Partition": name for end, name in parts.items() if name})
    out.update(SourceNS=source.get("Namespace", DEFAULT), SourceName=source["Name"])
    out["DestinationNS"] = entry.value.get("Namespace", DEFAULT)
    out["DestinationName"] = entry.name
    if source.get("Peer"):
        out["SourcePeer"] = source["Peer"]
    out["SourceType"] = source["Type"]
    for key in ("Action", "Permissions"):
        if source.get(key):
            out[key] = source[key]
    if entry.value.get("JWT"):
        out["JWT"] = entry.value["JWT"]
    meta = source.get("LegacyMeta") if source.get("LegacyID") else entry.value.get("Meta")
    if meta:
        out["Meta"] = meta
    out["Precedence"] = source["Precedence"]
    if "ID" in out:
        out["Hash"] = _hash(out)
    out.update(CreateIndex=entry.create, ModifyIndex=entry.modify)
    return out


def _legacy(source: Value) -> Value:
    if not source.get("LegacyID"):
        return {}
    return {
        "CreatedAt": source["LegacyCreateTime"],
        "UpdatedAt": source["LegacyUpdateTime"],
        "ID": source["LegacyID"],
    }


def _hash(intention: Value) -> str:
    import base64

    content = {key: value for key, value in intention.items() if not key.endswith("At")}
    return base64.b64encode(blake2b(dump(content), digest_size=32).digest()).decode()


def strongest_first(found: list[Value]) -> list[Value]:
    """Return intentions in the order in which they are looked at."""
    return sorted(
        found,
        key=lambda one: (
            -one["Precedence"],
            one.get("SourcePeer", ""),
            one["SourceName"],
            one["DestinationName"],
        ),
    )


def readable(who: Authorizer, intention: Value) -> bool:
    """Say whether a token may read an intention: reading either end will do, but not a source at a peer."""
    names = [intention["DestinationName"]]
    if "SourcePeer" not in intention:
        names.append(intention["SourceName"])
    return any(who.allows("intention", "read", name) for name in names)


def component(context: Context, what: str, text: str, *, peers: bool = False) -> tuple[str, str, str]:
    """Return peer, namespace and name of `name`, `namespace/name` or `peer:PEER/name`.

    Raises the 500 of what is none of them.
    """
    try:
        return _component(text, peers=peers)
    except ValueError as error:
        raise Refusal(500, f'{what} "{text}" is invalid: {error}', local=True) from None


def _component(text: str, *, peers: bool) -> tuple[str, str, str]:
    if text.startswith("peer:") and not peers:
        raise ValueError("cannot specify a peer here")
    first, *rest = text.split("/")
    peer = first.removeprefix("peer:") if first.startswith("peer:") else ""
    if len(rest) > 2:
        raise ValueError("input can contain at most two '/'")
    if first.startswith("peer:") and not rest:
        raise ValueError("need to specify the service name as well")
    if not rest:
        return "", "", first
    if len(rest) == 1:
        return peer, "" if peer else first, rest[0]
    return peer, rest[0], rest[1]


def check_namespace(context: Context, what: str, namespace: str) -> None:
    """Refuse a namespace that Community Edition does not have."""
    if namespace not in ("", DEFAULT) and not context.cluster.version.enterprise:
        raise Refusal(500, f'{what} "{namespace}": Namespaces is a Consul Enterprise feature')
