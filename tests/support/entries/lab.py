"""A lab for entries: engine and Consul provider against one cluster, the record kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.engine.execution.confirm import confirm
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.planner import make_plan
from reconciler.engine.ports import Stop
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.desired import Cluster, DesiredState, Resource
from reconciler.model.event import Failed
from reconciler.model.plan import Plan
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.scope import unscoped
from reconciler_consul import ConsulProvider
from tests.support.entries.corpus import CLUSTER

Bodies = Mapping[Address, Mapping[str, Any]]


class Memory:
    """A recorder that keeps what it is told."""

    def __init__(self) -> None:
        self.resources: dict[Address, Recorded] = {}

    async def check(self) -> None:
        pass

    async def intent(self, recorded: Recorded) -> None:
        self.resources[recorded.address] = recorded

    async def applied(self, recorded: Recorded) -> None:
        self.resources[recorded.address] = recorded

    async def removed(self, address: Address) -> None:
        self.resources.pop(address, None)

    async def saw_cluster(self, cluster: RecordedCluster) -> None:
        return None


class EntryLab:
    """Plans and applies bodies by address."""

    def __init__(self, provider: ConsulProvider, url: str) -> None:
        self.provider = provider
        self.url = url
        self.memory = Memory()

    async def plan(self, bodies: Bodies, *, forgetful: bool = False) -> Plan:
        """Plan; `forgetful` as if nothing had been recorded."""
        return (await self.planner(bodies, forgetful=forgetful))(bodies)

    async def planner(self, bodies: Bodies, *, forgetful: bool = False) -> Callable[[Bodies], Plan]:
        """Read once; gives a function that plans other bodies of the same addresses from that reading."""
        state = State("lineage", 1, {}, {} if forgetful else dict(self.memory.resources))
        observed = await refresh(wanted(_resources(bodies), state.resources), {"consul": self.provider})
        cluster = Cluster(CLUSTER, self.url, "consul")

        def make(chosen: Bodies) -> Plan:
            desired = DesiredState({CLUSTER: cluster}, _resources(chosen), "0" * 64)
            return make_plan(Inputs(desired, state, observed, self.kinds(chosen)))

        return make

    def kinds(self, bodies: Iterable[Address]) -> Any:
        """The rules of all types in play."""
        types = {address.type for address in (*bodies, *self.memory.resources)}
        return {("consul", type_): self.provider.kind_of(type_) for type_ in types}

    async def apply(self, plan: Plan) -> dict[Address, ProviderError]:
        """Apply and read back; gives what failed."""
        kinds = self.kinds(change.address for change in plan.changes)
        ports = Ports({"consul": self.provider}, self.memory, lambda event: None, Stop(), kinds)
        ended = await execute(plan, ports)
        ended, notes, _ = await confirm(plan.actions, ended, ports)
        assert not notes
        return {address: event.error for address, event in ended.items() if isinstance(event, Failed)}


def _resources(bodies: Bodies) -> dict[Address, Resource]:
    """Bodies as a configuration gives them on: without what only repeats where they are."""
    return {address: Resource(address, unscoped(body, address), "consul") for address, body in bodies.items()}
