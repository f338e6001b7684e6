"""Making plans in tests, straight from data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.planner import make_plan
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.desired import Cluster, DesiredState, Resource
from reconciler.model.ignoring.rules import IgnoreRule
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.model.state import Recorded, State
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import ClusterConfig, Provider, Settings
from tests.support.memory import KINDS, MemoryServers

KINDS_IN_PLAY: dict[tuple[str, str], Kind] = {("memory", name): kind for name, kind in KINDS.items()}


def resource(text: str, body: Mapping[str, Any], needs: tuple[str, ...] = (), **more: Any) -> Resource:
    return Resource(Address.parse(text), body, "memory", tuple(Address.parse(n) for n in needs), **more)


def desired(*resources: Resource) -> DesiredState:
    names = sorted({r.address.cluster for r in resources} | {"dc1", "dc2"})
    clusters = {name: Cluster(name, f"http://{name}", "memory") for name in names}
    return DesiredState(clusters, {r.address: r for r in resources}, digest="0" * 64)


def recorded(text: str, body: Mapping[str, Any], needs: tuple[str, ...] = (), **more: Any) -> Recorded:
    address = Address.parse(text)
    return Recorded(address, body, "memory", depends_on=tuple(Address.parse(n) for n in needs), **more)


def state(*entries: Recorded) -> State:
    return State("lineage", 1, {}, {entry.address: entry for entry in entries})


def providers(world: MemoryServers, names: tuple[str, ...] = ("dc1", "dc2")) -> dict[str, Provider]:
    configs = {name: ClusterConfig(name, f"http://{name}") for name in names}
    return {"memory": world.factory(configs, Settings())}


async def plan(
    world: MemoryServers,
    want: DesiredState,
    known: State | None = None,
    mode: Mode = Mode.NORMAL,
    selection: Selection | None = None,
    ignores: tuple[IgnoreRule, ...] = (),
) -> Plan:
    known = known or State()
    observed = await refresh(wanted(want.resources, known.resources), providers(world, tuple(want.clusters)))
    inputs = Inputs(want, known, observed, KINDS_IN_PLAY, mode, selection or Selection(), ignores=ignores)
    return make_plan(inputs)
