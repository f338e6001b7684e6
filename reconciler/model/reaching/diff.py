"""What a plan does to access: the paths that it opens, closes and changes, and the risk of each action.

A path is one caller and one destination. Of a plan that touches many paths, the first `KEPT` of each effect
are kept by name; the counts by pair of clusters are of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass

KEPT = 1000  # paths of one effect that are kept by name
NAMED = 20  # paths of one action that are kept by name


class Effect(Enum):
    """What happens to a path."""

    OPENS = "opens"
    CLOSES = "closes"
    CHANGES = "changes"


class Risk(Enum):
    """What an action risks, in rising order."""

    NONE = "none"
    OPENS = "opens"  # callers reach more
    CLOSES = "closes"  # callers that reach something now are refused it: an export or an intention goes
    BREAKS = "breaks"  # the way itself goes: the request is not refused, and not answered

    @property
    def weight(self) -> int:
        """The place in the rising order, from 0."""
        return list(Risk).index(self)


@dataclass(frozen=True, slots=True)
class Path:
    """What happens to one path.

    `before` and `after` are the decisions, `was` and `conditions` what they depend on (`GET /v1/*`). `why` is
    the reason for the decision after the plan, in one line. `breaks`: it is closed because the way itself
    goes. `objects` are the changes behind it.
    """

    caller: Service
    to: Service
    effect: Effect
    before: Decision
    after: Decision
    was: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    why: str = ""
    breaks: bool = False
    objects: tuple[Address, ...] = ()

    def __str__(self) -> str:
        return f"{self.caller} -> {self.to}"


@dataclass(frozen=True, slots=True)
class Between:
    """How many paths from one cluster to another a plan opens, closes and changes."""

    caller: str
    to: str
    opens: int = 0
    closes: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Radius:
    """What one action does to access: its risk and why, how many paths it opens, closes, breaks and changes.

    `meanwhile` is how many paths are down until the action is done, though they are back after it. `paths`
    names the first of all these, as `web@dc1 -> api@dc2`, the heaviest effect first. `would`: the action is
    blocked, and this is what it would do.
    """

    address: Address
    risk: Risk
    why: str = ""
    opens: int = 0
    closes: int = 0
    breaks: int = 0
    changes: int = 0
    meanwhile: int = 0
    paths: tuple[str, ...] = ()
    would: bool = False


@dataclass(frozen=True, slots=True)
class AccessDiff:
    """What a plan does to access. `unchanged` counts the paths that were compared and stay as they are.

    `between` counts by pair of clusters, `radii` are the actions that matter to access, in the order of the
    plan. `unknown` says why a cluster's part could not be compared, by cluster.
    """

    paths: tuple[Path, ...] = ()
    unchanged: int = 0
    between: tuple[Between, ...] = ()
    radii: tuple[Radius, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)

    def of(self, effect: Effect) -> tuple[Path, ...]:
        """Return the paths with this effect that are kept by name."""
        return tuple(path for path in self.paths if path.effect is effect)

    def count(self, effect: Effect) -> int:
        """Return how many paths have this effect."""
        return sum(int(getattr(pair, effect.value)) for pair in self.between)

    def radius(self, address: Address) -> Radius | None:
        """Return what the action on this object does to access; `None` where it does not matter to it."""
        return next((radius for radius in self.radii if radius.address == address), None)

    @property
    def risk(self) -> Risk:
        """The heaviest risk of the plan's actions."""
        return max((radius.risk for radius in self.done), key=lambda risk: risk.weight, default=Risk.NONE)

    @property
    def done(self) -> tuple[Radius, ...]:
        """The actions that are carried out and matter to access."""
        return tuple(radius for radius in self.radii if not radius.would)
