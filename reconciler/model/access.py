"""The answers about access, each reason with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.access.answer import Answer, Origin, Reason
from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import Service
from reconciler.sdk.dataclass import dataclass


class WorldSource(Enum):
    """Where a world comes from; the value is a stable word for machines."""

    DECLARED = "declared"
    LIVE = "live"
    PLAN = "plan"
    SNAPSHOT = "snapshot"


def on_cluster(origin: Origin) -> str:
    """Return the place of an origin by its cluster and entry: `dc1 service-intentions/api Sources[0]`."""
    address = origin.address
    if address is None:
        return origin.cluster
    # An object between two clusters is on each of them by the other one's name.
    name = address.name if address.cluster == origin.cluster else address.cluster
    # An entry of the type that others share has its kind in its name.
    entry = name if address.type == "config_entry" else f"{address.type}/{name}"
    return " ".join(part for part in (origin.cluster, _dashed(entry), shown_path(origin.path)) if part)


def _dashed(entry: str) -> str:
    kind, slash, name = entry.partition("/")
    return f"{kind.replace('_', '-')}{slash}{name}"


def shown_path(path: tuple[str | int, ...]) -> str:
    """Return a path into a body as people write it.

    >>> shown_path(("Sources", 2, "Permissions", 0))
    'Sources[2].Permissions[0]'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Allowing:
    """What to declare so that a refused request is answered: `sections` in the configuration's language,
    `replaced` the declarations that one of them takes the place of.
    """

    sections: tuple[Mapping[str, Any], ...]
    replaced: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessResult:
    """The answers in order, and the world that they are about.

    source     where the world comes from; `file` the plan or snapshot file, `taken_at` (ISO 8601, UTC; empty:
               not known) when it was read
    services   the services that exist in it or are named anywhere, where all were asked about; else `None`
    unknown    why a part of it is not known, by cluster
    place_of   the place of an origin, for people: `FILE:LINE:COL` of a declaration, else cluster and entry
    allowing   what would allow the one request that was asked about (`None`: it is not refused, or nothing
               is known that would)
    apart      how many of the selected pairs have no answer, because nothing connects their clusters
    requests, elapsed (seconds)   what reading the clusters took; 0 where none was read
    """

    answers: tuple[Answer, ...]
    source: WorldSource = WorldSource.DECLARED
    file: str = ""
    taken_at: str = ""
    clusters: tuple[str, ...] = ()
    services: tuple[Service, ...] | None = None
    unknown: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    requests: int = 0
    elapsed: float = 0.0
    allowing: Allowing | None = None
    apart: int = 0
    place_of: Callable[[Origin], str] = field(default=on_cluster, compare=False)

    def at(self, reason: Reason) -> str | None:
        """Return the place of a reason, or `None` where it has none."""
        return self.place_of(reason.origin) if reason.origin is not None else None


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """A snapshot that was written to `file`, and what reading it took (`elapsed`: seconds)."""

    file: str
    world: World
    warnings: tuple[Diagnostic, ...] = ()
    requests: int = 0
    elapsed: float = 0.0

    @property
    def unread(self) -> dict[str, str]:
        """Why nothing is known of a cluster, by its name."""
        found = self.world["clusters"].items()
        return {name: one["unknown"]["cluster"] for name, one in found if "cluster" in one.get("unknown", {})}
