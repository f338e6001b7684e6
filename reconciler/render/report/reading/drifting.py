"""Differences that were found outside the configuration, from either form in which a document has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.render.report.reading.changes import address, veiled
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.places import place_of
from reconciler.render.report.value import Drifted, Ignored
from reconciler.render.text.values import path_text, value_text

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
    if document["drift"].body is not None:
        deferred = {item["resource_change"]["address"].text for item in document["deferred_changes"]}
        for item in document["drift"]["items"]:
            if item["class"].text != "undecided" or item["address"].text not in deferred:
                yield _classed(item, origins)
        return
    for item in document["resource_drift"]:
        yield from _plain(item, origins)
    for item in document["unhealthy"]:
        name = item["address"].text
        yield _drifted("unhealthy", name, origins, because=item["because"].text)


def _classed(item: Node, origins: Mapping[str, str]) -> Drifted:
    new = item["new_since_baseline"].raw
    return _drifted(
        item["class"].text,
        item["address"].text,
        origins,
        path=_path(item["path"]),
        old=_text(item["old"].raw),
        new=_text(item["new"].raw),
        because=item["because"].text,
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


def _path(item: Node) -> str:
    if isinstance(item.raw, list):
        return path_text([part if isinstance(part, int) else str(part) for part in item.raw])
    return item.text


def _text(value: Any) -> str:
    return "" if value is None else value_text(veiled(value))


def ignored_of(document: Node) -> Iterator[Ignored]:
    """Yield the differences that rules of the configuration leave out."""
    for item in document["ignored"]:
        parts = (item[key].text for key in ("reason", "until"))
        yield Ignored(item["address"].text, _path(item["path"]), *parts)
