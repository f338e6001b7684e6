"""Topology: the clusters of a world, the peerings between them, and what is exported over each."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A cluster. `version` is `None` where it is not known; `unknown` says why a part of it is not
    (empty: all is known). `gateway`: whether a mesh gateway runs there; `None` where that is not known.
    """

    name: str
    version: str | None = None
    services: tuple[Service, ...] = ()
    gateway: bool | None = None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A service (`*`: all of the cluster's) that one end of a peering exports to the other."""

    service: Service
    to: str
    address: Address


@dataclass(frozen=True, slots=True)
class Link:
    """A peering. The names are those that each end has for the other; the states are the ends' own words,
    `None` where they are not known. `well`: whether it works; `None` where that is not known.
    """

    address: Address
    acceptor: str
    dialer: str
    name_at_acceptor: str
    name_at_dialer: str
    state_at_acceptor: str | None = None
    state_at_dialer: str | None = None
    well: bool | None = None
    exports: tuple[Exported, ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """Clusters and peerings, in order."""

    sites: tuple[Site, ...] = ()
    links: tuple[Link, ...] = ()


@runtime_checkable
class Topologies(Protocol):
    """A provider that can say how its clusters are connected."""

    def topology(self, world: World) -> Topology:
        """Return the topology of a world. Raises `ValueError` where it is not one. Pure."""
        ...
