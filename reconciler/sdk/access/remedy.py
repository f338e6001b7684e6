"""Remedies: what would let a request on that is refused or has no way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from reconciler.sdk.access.answer import Answer, Origin
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change that takes the first obstacle away; there may be others behind it.

    `section` is what to declare, in the configuration's language; `bodies` are the objects as they would be.
    `instead_of` is the declaration that it replaces; `None` where it is only added.
    """

    section: Mapping[str, Any]
    bodies: Mapping[Address, Body]
    instead_of: Origin | None = None


@runtime_checkable
class Remedies(Protocol):
    """A provider that knows what would let a request on."""

    def remedy(self, world: World, answer: Answer) -> Remedy | None:
        """Return what would take away the obstacle that an answer of this world ends at; `None` where no
        change of the configuration is known that would. Pure.
        """
        ...
