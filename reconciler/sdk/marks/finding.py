"""What a provider offers besides where its objects carry marks: to find those that carry a certain one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Present

Marked = Callable[[Mapping[str, Any]], bool]
"""Says of the map that carries marks (`Kind.mark`) whether it has the one that is looked for."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The objects that carry a mark. `remarks` are sentences about what was not read, or has no address.

    `ends` are objects in two clusters of which only one end is on these clusters, that end: the cluster and
    what it is called there.
    """

    objects: Mapping[Address, Present] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    ends: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Lists(Protocol):
    """A provider that can list everything on its clusters, declared or not."""

    async def everything(self) -> Findings:
        """Return every object on its clusters, of all kinds that users write: few requests for each kind and
        cluster, none for an object. Writes nothing, and raises nothing for what a server did or did not
        answer.
        """
        ...


@runtime_checkable
class Finds(Protocol):
    """A provider that can look for objects by their mark, declared or not."""

    async def find(self, marked: Marked) -> Findings:
        """Return every object on its clusters for which `marked` is true. Writes nothing, and raises nothing
        for what a server did or did not answer.
        """
        ...
