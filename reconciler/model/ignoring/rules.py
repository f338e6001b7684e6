"""Ignore rules: parts of objects that others look after, which are neither reported nor written back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from reconciler.model.diagnostic import Position
from reconciler.model.ignoring.classes import DriftClass
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import matches

Path = tuple[str | int, ...]

IGNORABLE = (DriftClass.UNHEALTHY, DriftClass.NOT_EFFECTIVE, DriftClass.OBJECT)
"""The classes that are reported alone: nothing is written for them, so that a whole object may be ignored."""


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One rule of the configuration. `addresses` are globs; `fields` the paths of parts, whose steps are
    globs; `classes` those of `IGNORABLE` in which nothing is reported of the whole object.

    `until` is the last day (UTC) on which it holds; `None`: for good.
    """

    addresses: tuple[str, ...]
    fields: tuple[Path, ...] = ()
    classes: frozenset[DriftClass] = frozenset()
    reason: str = ""
    until: date | None = None
    origin: Position | None = None

    def is_for(self, address: Address) -> bool:
        """Say whether it is about this object."""
        text = str(address)
        return any(matches(glob, text) for glob in self.addresses)

    def holds(self, today: date) -> bool:
        """Say whether it has not expired."""
        return self.until is None or today <= self.until

    @property
    def name(self) -> str:
        """The rule for people: what it is about."""
        return ", ".join(self.addresses)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A difference that a rule keeps from counting, with what the rule says. An empty `path` is the whole
    object. `rule` names the rule; `until` is a date as `2026-12-31`, or empty.
    """

    path: Path
    kind: DriftClass
    rule: str
    reason: str
    until: str = ""
    at: Position | None = None


def ignored_by(rule: IgnoreRule, kind: DriftClass, path: Path = ()) -> Ignored:
    """Return what a rule ignores of an object."""
    until = rule.until.isoformat() if rule.until is not None else ""
    return Ignored(path, kind, rule.name, rule.reason, until, rule.origin)


def ignoring(rules: Iterable[IgnoreRule], address: Address, kind: DriftClass) -> IgnoreRule | None:
    """Return the rule that ignores a class of a whole object, or `None`."""
    return next((rule for rule in rules if kind in rule.classes and rule.is_for(address)), None)
