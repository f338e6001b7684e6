"""Rehearsals: what becomes of calls where something of a world is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body


class LossKind(Enum):
    """What is lost; the value is a stable word for machines."""

    CLUSTER = "cluster"  # with all that runs there, its gateways among it
    GATEWAY = "gateway"  # all gateways of a cluster
    SERVICE = "service"  # all instances of a service of a cluster
    PEERING = "peering"  # the link between two clusters


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss. `name` is that of the service, or the other cluster of a peering; else empty."""

    kind: LossKind
    cluster: str
    name: str = ""

    def __str__(self) -> str:
        if self.kind is LossKind.CLUSTER:
            return f"cluster {self.cluster}"
        if self.kind is LossKind.PEERING:
            return f"peering {self.cluster}/{self.name}"
        return f"{self.name or self.kind.value}@{self.cluster}"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What happens to a request of one caller to one destination before a loss, and after it."""

    before: Answer
    after: Answer


@runtime_checkable
class Rehearsals(Protocol):
    """A provider that can take something out of a world, and say which calls that concerns."""

    def rehearsed(self, world: World, losses: Sequence[Loss]) -> Iterator[Rehearsed]:
        """Yield the calls that the losses can concern, in order. Callers are those that rules distinguish; a
        caller `*` stands for all others of its cluster. What is lost makes no calls: clusters and services.
        Raises `ValueError`, for people, for a loss of what the world does not have. `world` is not changed.
        """
        ...

    def cautions(self, world: World, losses: Sequence[Loss], calls: Sequence[Rehearsed]) -> Iterator[str]:
        """Yield, in words without a full stop, what has to be so beyond what the world has for these calls to
        end as they say.
        """
        ...

    def running(self, world: World, written: Mapping[Address, Body | None]) -> World:
        """Return the world with gateways, and the services that it or these objects name, taken to run. The
        objects are not in it.
        """
        ...
