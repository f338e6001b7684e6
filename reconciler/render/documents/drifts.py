"""The parts of a plan's document that are about drift, and what is ignored of it."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from reconciler.render.documents.parts import Path


class Versions(TypedDict):
    """The version that was recorded, and the one now."""

    recorded: int | None
    now: int | None


class Contact(TypedDict):
    """When one end of a link last had contact, in UTC; null is not known, or never."""

    heartbeat: str | None
    received: str | None
    sent: str | None
    deleted: str | None


DriftItem = TypedDict(
    "DriftItem",
    {
        "class": str,
        "address": str,
        "cluster": str,
        "type": str,
        "path": Path,
        "old": Any,
        "new": Any,
        "because": str,
        "rule": str,
        "at": str,
        "who": str,
        "version": Versions | None,
        "contacts": dict[str, Contact] | None,
        "counted": bool,
        "id": str,
        "value_digest": str,
        "new_since_baseline": NotRequired[bool],
    },
)


class Baseline(TypedDict):
    """How many differences a baseline knows, and how many of those are gone."""

    known: int
    gone: int


class Drift(TypedDict):
    """What differs from what was applied, by class."""

    counts: dict[str, int]
    counted: int
    baseline: Baseline | None
    items: list[DriftItem]


Ignored = TypedDict(
    "Ignored",
    {"address": str, "path": Path, "class": str, "rule": str, "reason": str, "until": str | None, "at": str},
)
