"""The provider: clusters in, kinds out; reads in bulk, performs single steps.

What a plan without changes does not use is imported when it is asked for.
"""

from __future__ import annotations

import asyncio
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned, Survey
from reconciler.sdk.errors import Invalid, ProviderError
from reconciler.sdk.kinds import Kind
from reconciler.sdk.permissions import Grant, Missing
from reconciler.sdk.provider import (
    Applied,
    Body,
    ClusterConfig,
    Present,
    Reading,
    Report,
    Settings,
    Step,
    Wanted,
)
from reconciler_consul import reading
from reconciler_consul.kinds.acl_policy import ACL_POLICY
from reconciler_consul.kinds.all import KINDS
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.listing import Entries, ListKey

if TYPE_CHECKING:
    from reconciler.sdk.access.answer import Answer
    from reconciler.sdk.access.diagnosis import Complaint, Diagnosis
    from reconciler.sdk.access.protocol import Analysis, SnapshotRequest, World
    from reconciler.sdk.access.rehearsal import Loss, Rehearsed
    from reconciler.sdk.access.remedy import Remedy
    from reconciler.sdk.access.topology import Topology
    from reconciler.sdk.foresight import Standing, Write
    from reconciler.sdk.imports import Importer
    from reconciler.sdk.marks.finding import Findings, Marked
    from reconciler.sdk.marks.serials import SeenMarks, SerialMark
    from reconciler_consul.peering.steps import Peerings


class ConsulProvider:
    """Peerings, config entries and ACL policies of Consul clusters, as `reconciler.sdk.provider.Provider`
    asks; and what tokens may do, as `reconciler.sdk.permissions` asks."""

    def __init__(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> None:
        self._apis = {name: ConsulApi(cluster, settings) for name, cluster in clusters.items()}
        self._wait_timeout = settings.wait_timeout
        self._steps: Peerings | None = None
        self._lists: reading.Lists = {}
        self._others: reading.Lists = {}  # what a plan looked at besides, until objects are read again
        self._tables: reading.Tables = {}
        self._asked: list[Wanted] = []  # the peerings that were looked for
        self._serials: dict[tuple[str, str], int] = {}

    @property
    def requests(self) -> int:
        """Requests made so far, retries included."""
        return sum(api.http.requests for api in self._apis.values())

    def kind_of(self, type_: str) -> Kind | None:
        """Return the rules of a type, or `None` where this provider does not handle it."""
        return KINDS.get(type_)

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        """Read every address: per cluster two requests on first contact, one for its peerings where they
        are asked for, and one for each kind of config entry; where there are ACL policies to read, one list
        and one request for each."""
        self._others.clear()
        self._asked = [item for item in wanted if item.address.type == "peering"]
        return await reading.read(self._apis, wanted, self._lists, self._tables)

    async def foresee(self, live: Mapping[Address, Body], writes: Sequence[Write]) -> Standing | None:
        """Return what exists on the servers, as far as it matters to these writes. Lists that were read since
        `read` began are not requested again; of others, one request for a kind of a cluster where a write
        is judged by it.
        """
        from reconciler_consul import foresight

        return await foresight.foresee(self._apis, self._read(), live, writes)

    async def perform(self, step: Step, report: Report) -> Applied:
        """Do one step or raise a `ProviderError`."""
        from reconciler_consul import entries
        from reconciler_consul.acl import policies

        if step.address.type == "peering":
            self._check_known(step.address, step.address.name)
            return await self._peerings().perform(step, report)
        self._check_known(step.address, step.address.cluster)
        if step.address.type != ACL_POLICY.type:
            for lists in (self._lists, self._others):
                lists.pop(ListKey.of(step.address), None)
        perform = policies.perform if step.address.type == ACL_POLICY.type else entries.perform
        return await perform(self._apis[step.address.cluster], step)

    async def rotate(self, address: Address, seen: Present, report: Report) -> Applied:
        """Renew the secret of a peering, without interrupting it."""
        self._check_known(address, address.name)
        return await self._peerings().rotate(address, seen, report)

    async def check(self, planned: Sequence[Planned]) -> Mapping[Address, tuple[Finding, ...]]:
        """Return what these servers cannot do, or must not be asked to do: versions, editions,
        federations.
        """
        from reconciler_consul.checks import all as checks

        return await checks.check(self._apis, planned, self._read())

    async def survey(self, planned: Sequence[Planned]) -> Survey:
        """Return what the clusters say against these objects: gateways, registered services, defaults. Up to
        three requests for a cluster.
        """
        from reconciler_consul.checks import survey

        return await survey.survey(self._apis, planned)

    async def missing(self, steps: Sequence[Step]) -> Mapping[Address, tuple[Missing, ...]]:
        """Return the rules that the tokens lack for these steps: one request for 64 permissions of a
        cluster.
        """
        from reconciler_consul.acl import preflight

        return await preflight.missing(self._apis, steps)

    def grants(
        self, objects: Mapping[Address, Body | None], *, read_only: bool = False
    ) -> Mapping[str, tuple[Grant, ...]]:
        """Return the least policy of each cluster for these objects."""
        from reconciler_consul.acl import grants

        return grants.grants(tuple(self._apis), objects, read_only=read_only)

    async def imports(
        self,
        applied: Mapping[Address, Body],
        declared: Mapping[Address, Body],
        *,
        live: bool,
        only: str | None = None,
    ) -> Mapping[str, Importer]:
        """Return what each cluster imports over the configuration's peerings, and the names to dial."""
        from reconciler_consul.imports import report

        return await report.imports(self._apis, applied, declared, live=live, only=only)

    async def snapshot(self, request: SnapshotRequest) -> World:
        """Read all clusters once, without any secret."""
        from reconciler_consul.worlds import live

        return await live.snapshot(self._apis, request)

    async def seen(self, live: Mapping[Address, Body], touched: Mapping[Address, Body | None]) -> World:
        """Return the world as the last read saw it; what decides the access of the clusters of `touched` and
        was not read is read now: one request for a kind.
        """
        from reconciler_consul import seen

        asked = [PeeringSpec.of(item.address, item.last_known) for item in self._asked]
        return await seen.seen(self._apis, seen.Read(self._read(), self._tables, asked), live, touched)

    def bears_on_access(self, address: Address, before: Body | None, after: Body | None) -> bool:
        """Say whether a change of an object can change who may call whom."""
        from reconciler_consul.worlds import bearing

        return bearing.bears(address, before, after)

    def declared(self, objects: Mapping[Address, Body], *, over: World | None = None) -> World:
        """Return the world that these objects make; with `over`, that world with what they replace in it."""
        from reconciler_consul.worlds import declared

        return declared.declared([api.cluster for api in self._apis.values()], objects, over)

    def changed(self, world: World, bodies: Mapping[Address, Body | None]) -> World:
        """Return the world with these objects written (`None`: removed)."""
        from reconciler_consul.worlds import changed

        return changed.changed(world, bodies)

    def body(self, world: World, address: Address) -> Body | None:
        """Return an object as a world has it, or `None`."""
        from reconciler_consul.worlds import changed

        return changed.body(world, address)

    def read_world(self, value: object) -> World:
        """Return the world of what was read from a file. Raises `ValueError` that names the place."""
        from reconciler_consul.worlds import given

        return given.given(value)

    def analysis(self, world: World) -> Analysis:
        """Return the analysis of a world: who can call whom. Raises `ValueError` where it is not one."""
        from reconciler_consul.access import ConsulAnalysis

        return ConsulAnalysis(world)

    def rehearsed(self, world: World, losses: Sequence[Loss]) -> Iterator[Rehearsed]:
        """Yield the calls that losses can concern, before and after. Raises `ValueError` for
        what the world does not have."""
        from reconciler_consul.rehearsing import concerned

        return concerned.rehearsed(world, losses)

    def cautions(self, world: World, losses: Sequence[Loss], calls: Sequence[Rehearsed]) -> Iterator[str]:
        """Yield what has to be so, beyond what the world has, for a rehearsal to come true."""
        from reconciler_consul.rehearsing import cautions

        return cautions.cautions(world, losses, calls)

    @property
    def complaints(self) -> Sequence[Complaint]:
        """Every kind of finding of `diagnosed`."""
        from reconciler_consul.doctor.catalogue import COMPLAINTS

        return tuple(COMPLAINTS.values())

    def diagnosed(self, world: World, declared: Mapping[Address, Body]) -> Sequence[Diagnosis]:
        """Return what is wrong in a world, the worst first. Raises `ValueError` where it is not one."""
        from reconciler_consul.doctor import commands, examining

        contacts = {name: commands.contact(api.cluster) for name, api in self._apis.items()}
        return examining.diagnosed(world, declared, contacts)

    def running(self, world: World, written: Mapping[Address, Body | None]) -> World:
        """Return the world with gateways, and the services that it or these objects name, taken to run."""
        from reconciler_consul.rehearsing import running

        return running.running(world, written)

    def remedy(self, world: World, answer: Answer) -> Remedy | None:
        """Return what would take away the obstacle that an answer of this world ends at, or `None`."""
        from reconciler_consul import remedies

        return remedies.remedy(world, answer)

    def topology(self, world: World) -> Topology:
        """Return the clusters of a world, the peerings between them, and what is exported over each."""
        from reconciler_consul import topology

        return topology.topology(world)

    async def find(self, marked: Marked) -> Findings:
        """Return the objects on these clusters that carry a mark, declared or not."""
        from reconciler_consul import finding

        return await finding.find(self._apis, marked)

    async def everything(self) -> Findings:
        """Return every config entry, peering and ACL policy on these clusters, declared or not, but for
        Consul's own policies.
        """
        from reconciler_consul import finding

        return await finding.find(self._apis, None)

    def mark_rules(self, *, read_only: bool = False) -> Mapping[str, str]:
        """Return the rule of each cluster's policy that marks of states take."""
        access = "read" if read_only else "write"
        return dict.fromkeys(self._apis, f'key_prefix "reconciler/" {{ policy = "{access}" }}')

    async def serial_marks(self, lineage: str | None) -> SeenMarks:
        """Return the marks of states that each cluster keeps: one request for each."""
        from reconciler_consul import serials

        return await serials.read(self._apis, lineage, self._serials)

    async def mark_serial(self, cluster: str, mark: SerialMark) -> None:
        """Have a cluster keep the mark of a state. Raises `ProviderError`."""
        from reconciler_consul import serials

        await serials.write(self._apis[cluster], mark, self._serials)

    def _read(self) -> ChainMap[ListKey, Entries | ProviderError]:
        """Return all lists that are known; what is added is forgotten with the next read of objects."""
        return ChainMap(self._others, self._lists)

    def _peerings(self) -> Peerings:
        from reconciler_consul.peering.steps import Peerings
        from reconciler_consul.peering.watch import Watch

        if self._steps is None:
            watches = {name: Watch(api) for name, api in self._apis.items()}
            self._steps = Peerings(self._apis, watches, self._wait_timeout)
        return self._steps

    def _check_known(self, address: Address, *more: str) -> None:
        for name in (address.cluster, *more):
            if name not in self._apis:
                raise Invalid(f"{address}: there is no cluster {name} in this run", cluster=name)

    async def close(self) -> None:
        """Release connections."""
        await asyncio.gather(*(api.http.close() for api in self._apis.values()))
