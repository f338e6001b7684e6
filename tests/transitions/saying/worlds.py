"""The worlds that the configurations of a pair declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.sdk.access.protocol import Analysis, World
from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body, ClusterConfig, Settings
from reconciler_consul.provider import ConsulProvider
from tests.transitions.configurations.drawing import SERVICES
from tests.transitions.configurations.flavours import Flavour
from tests.transitions.configurations.pairs import Pair
from tests.transitions.judging import Valid
from tests.transitions.saying.lab import UNNAMED, Answers


def provider_of(kind: Flavour) -> ConsulProvider:
    """A provider of these clusters, as they are declared."""
    said = ("version", "default_intention")
    configs = {
        name: ClusterConfig(name, at["address"], **{key: at[key] for key in said})
        for name, at in kind.clusters.items()
    }
    return ConsulProvider(configs, Settings())


@dataclass(frozen=True, slots=True)
class Declared:
    """The worlds that the configurations of a pair declare, in which the same services run."""

    before: Analysis
    after: Analysis
    services: Mapping[str, Sequence[str]]

    @property
    def named(self) -> set[Service]:
        """What either world names."""
        run = {Service(cluster, name) for cluster, names in self.services.items() for name in names}
        return {*run, *self.before.services, *self.after.services}


def whole(kind: Flavour, one: Pair) -> tuple[World, World, Mapping[str, Sequence[str]]]:
    """The worlds of a pair, and the services that run in both: those that either names."""
    provider = provider_of(kind)
    worlds = [provider.declared(_bodies(side)) for side in (one.before, one.after)]
    services = {name: sorted(set().union(*(_running(w, name) for w in worlds))) for name in kind.names}
    before, after = (_with(world, services) for world in worlds)
    return before, after, services


def declared(kind: Flavour, one: Pair) -> Declared:
    """What a pair declares."""
    before, after, services = whole(kind, one)
    provider = provider_of(kind)
    return Declared(provider.analysis(before), provider.analysis(after), services)


def _bodies(side: Valid) -> dict[Address, Body]:
    return {address: item.body for address, item in side.desired.resources.items()}


def _running(world: World, cluster: str) -> set[str]:
    return {item["name"] for item in world["clusters"][cluster]["services"]}


def _with(world: World, services: Mapping[str, Sequence[str]]) -> World:
    clusters = {
        name: {**one, "services": [{"name": service} for service in services[name]]}
        for name, one in world["clusters"].items()
    }
    return {**world, "clusters": clusters}


def matrix(kind: Flavour, world: Analysis) -> Answers:
    """All answers of a declared world."""
    callers = [Service(cluster, name) for cluster in kind.names for name in (*SERVICES, UNNAMED, ANY)]
    to = [Service(cluster, name) for cluster in kind.names for name in (*SERVICES, ANY)]
    return {(one, other): world.answer(Question(one, other)) for one in callers for other in to}
