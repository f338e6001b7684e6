"""Differences that were found outside the configuration, from either form in which a document has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.render.plan.drift import item_label
from reconciler.render.report.reading.changes import address, veiled
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.places import place_of
from reconciler.render.report.value import Drifted, Ignored
from reconciler.render.text.items import listing_of
from reconciler.render.text.peers import Peers
from reconciler.render.text.values import path_text, value_text
from reconciler.sdk.address import Address

CLASSES = {
    "changed": "changed by hand",
    "removed": "removed by hand",
    "unmanaged-addition": "added by hand",
    "unmanaged-object": "not managed",
    "unhealthy": "unhealthy",
    "not-effective": "not effective",
    "undecided": "not decided",
}


def drifted_of(document: Node, origins: Mapping[str, str]) -> Iterator[Drifted]:
    """Yield the differences: those of `drift.items`, or of `resource_drift` where a document has no such.

    What is not decided is not repeated where the document lists it as that.
    """
    peers = peers_of(document)
    if document["drift"].body is not None:
        deferred = {item["resource_change"]["address"].text for item in document["deferred_changes"]}
        for item in document["drift"]["items"]:
            if item["class"].text != "undecided" or item["address"].text not in deferred:
                yield _classed(item, origins, peers)
        return
    for item in document["resource_drift"]:
        yield from _plain(item, origins)
    for item in document["unhealthy"]:
        name = item["address"].text
        yield _drifted("unhealthy", name, origins, because=item["because"].text)


def peers_of(document: Node) -> Peers:
    """Return the names of peers that a document lists."""
    names = {here: others.named for here, others in document["peers"].named.items()}
    return Peers((), {here: {name: to.text for name, to in found.items()} for here, found in names.items()})


def _classed(item: Node, origins: Mapping[str, str], peers: Peers) -> Drifted:
    new, kind = item["new_since_baseline"].raw, item["class"].text
    return _drifted(
        kind,
        item["address"].text,
        origins,
        path=_shown_path(item["path"], address(item["address"].text), peers),
        old=_text(item["old"].raw),
        new=_text(item["new"].raw),
        because="" if kind == "removed" else item["because"].text,  # its class says so
        by=item["who"].text,
        at=item["at"].text,
        id_=item["id"].text,
        is_new=new if isinstance(new, bool) else None,
        counts=item["counted"].raw is not False,
    )


def _plain(item: Node, origins: Mapping[str, str]) -> Iterator[Drifted]:
    name, change = item["address"].text, item["change"]
    if "delete" in change["actions"].texts:
        yield _drifted("removed", name, origins)
        return
    before, after = change["before"].body or {}, change["after"].body or {}
    found = list(_leaves(before, after))
    for path, old, new in found:
        yield _drifted("changed", name, origins, path=path_text(path), old=_text(old), new=_text(new))
    if not found:
        yield _drifted("changed", name, origins)


def _leaves(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield the leaves that differ, with both values."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from _leaves(old.get(name), new.get(name), (*path, str(name)))
    elif old != new and path:
        yield path, old, new


def _drifted(
    kind: str, name: str, origins: Mapping[str, str], *, id_: str = "", at: str = "", **more: Any
) -> Drifted:
    digest = (
        id_
        or hashlib.sha256(
            f"{kind}\n{name}\n{more.get('path', '')}".encode("utf-8", "surrogatepass")
        ).hexdigest()[:24]
    )
    place = place_of(at or origins.get(name, ""))
    return Drifted(kind, name, address(name).cluster, id=digest, place=place, **more)


def _path(item: Node) -> list[str | int]:
    return [part if isinstance(part, int) else str(part) for part in item.raw]


def _shown_path(item: Node, where: Address, peers: Peers) -> str:
    """Return a path as text; an item of a list has the label that it has in plans."""
    if not isinstance(item.raw, list):
        return item.text
    path, listing = _path(item), listing_of(where)
    if listing is not None and len(path) > 1 and path[0] == listing.container:
        path[1] = item_label(peers, where.cluster, str(path[1]))
    return path_text(path)


def _text(value: Any) -> str:
    return "" if value is None else value_text(veiled(value))


def ignored_of(document: Node) -> Iterator[Ignored]:
    """Yield the differences that rules of the configuration leave out."""
    for item in document["ignored"]:
        parts = (item[key].text for key in ("reason", "until"))
        path = path_text(_path(item["path"])) if isinstance(item["path"].raw, list) else item["path"].text
        yield Ignored(item["address"].text, path, *parts)
