"""Changes of access between two worlds, and which of them one object is behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class AccessChange:
    """One caller and one destination whose answer differs. `objects` are those of the change behind it."""

    caller: Service
    to: Service
    before: Answer
    after: Answer
    objects: frozenset[Address] = frozenset()


@dataclass(frozen=True, slots=True)
class AccessChanges:
    """What a change of the world does to access.

    `opened`: a request that got no answer may get one; `closed` the other way; `changed`: it may get one
    before and after, under other conditions or from another service. `unchanged` counts the pairs that
    were compared and do not differ, or that no request gets an answer in. `unknown`: why something could
    not be compared, by cluster.
    """

    opened: tuple[AccessChange, ...] = ()
    closed: tuple[AccessChange, ...] = ()
    changed: tuple[AccessChange, ...] = ()
    unchanged: int = 0
    unknown: Mapping[str, str] = field(default_factory=dict)
