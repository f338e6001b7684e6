"""The world that is asked, with the analysis of each part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from reconciler.app.workspace.configuring import Configuration
from reconciler.model.access import WorldSource
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.service_patterns import Selectable
from reconciler.sdk.access.protocol import Analyses, Analysis, World
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body

_ENDS = ("acceptor", "dialer")


@dataclass(frozen=True, slots=True)
class Part:
    """The world of one provider's clusters, and the analysis of it.

    `declared` are the bodies of what the configuration declares there, as far as there is one. `before` is
    the world that a plan was written into, where one was.
    """

    provider: Analyses
    world: World
    analysis: Analysis
    declared: Mapping[Address, Body] = field(default_factory=dict)
    before: World | None = None


@dataclass(frozen=True, slots=True)
class AskedWorld:
    """The world that is asked: a part for each provider that knows worlds.

    configuration   the one at hand, or `None`: a snapshot needs none
    taken_at        when it was read (ISO 8601, UTC); empty where that is not known
    unknown         clusters of providers that do not know worlds, and why
    requests        how many were made to read it
    """

    parts: tuple[Part, ...]
    source: WorldSource
    configuration: Configuration | None = None
    taken_at: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    requests: int = 0

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that exist or are named anywhere, and names that only lead to others, in order."""
        return _together([part.analysis.services for part in self.parts])

    @property
    def callers(self) -> tuple[Service, ...]:
        """Those of the services that may send requests, in order."""
        return _together([part.analysis.callers for part in self.parts])

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters of the world, in order."""
        worlds = [part.world for part in self.parts]
        named = {name for world in worlds for name in world.get("clusters") or ()}
        ends = {item.get(end) for world in worlds for item in world.get("peerings") or () for end in _ENDS}
        return tuple(sorted(named | {end for end in ends if end}))

    @property
    def all_unknown(self) -> dict[str, str]:
        """Why a part of the world is not known, by cluster."""
        return {name: why for part in self.parts for name, why in part.analysis.unknown.items()} | {
            **self.unknown
        }

    def selectable(self) -> Selectable:
        """Return what patterns are looked up in."""
        named = frozenset(self.clusters)
        if self.configuration is None:
            return Selectable(named=named)
        desired = self.configuration.desired
        return Selectable(desired.clusters, desired.groups, named)


def _together(found: Sequence[Sequence[Service]]) -> tuple[Service, ...]:
    """Return the services of several parts, each once, in order."""
    if len(found) == 1:
        return tuple(found[0])
    return tuple(sorted({service for services in found for service in services}, key=_key))


def _key(service: Service) -> tuple[str, str, str]:
    return service.cluster, service.name, service.namespace or ""
