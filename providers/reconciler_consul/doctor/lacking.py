"""What of a declared object is not in the one on a cluster: exports to peers, and sources of intentions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import EXPORTS, INTENTIONS, items, text
from reconciler_consul.graph.remake import is_deny

Key = tuple[str, ...]


class Lack(NamedTuple):
    """A part that is not there: the peer that it is about (empty: none), and what it is, for people."""

    peer: str
    said: str


def lacking(kind: str, declared: Body, there: Body) -> dict[str, list[Lack]]:
    """Return what is missing, by the service that it is about; of other kinds than these two, nothing.
    Namespaces do not count: servers put those in that were left out.
    """
    parts = {EXPORTS: _exports, INTENTIONS: _sources}.get(kind)
    found: dict[str, list[Lack]] = {}
    if parts is not None:
        known = {key for key, _, _ in parts(there)}
        for key, service, lack in parts(declared):
            if key not in known:
                found.setdefault(service, []).append(lack)
    return found


Part = tuple[Key, str, Lack]


def _exports(body: Body) -> Iterator[Part]:
    for item in items(body.get("Services")):
        name = text(item.get("Name"))
        for consumer in items(item.get("Consumers")):
            peer = text(consumer.get("Peer"))
            if peer:
                yield (name, peer), name, Lack(peer, f"{name} to {peer}")


def _sources(body: Body) -> Iterator[Part]:
    to = text(body.get("Name"))
    for source in items(body.get("Sources")):
        name, peer, action = text(source.get("Name")), text(source.get("Peer")), _action(source)
        whom = f"{name} of peer {peer}" if peer else name
        key = (name, peer, action)
        yield key, to, Lack(peer, f"{action} {whom}")


def _action(source: Mapping[str, Any]) -> str:
    return "permissions for" if source.get("Permissions") else "deny" if is_deny(source) else "allow"
