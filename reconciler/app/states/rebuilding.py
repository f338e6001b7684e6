"""Rebuilding a state that is gone, from the configuration and what is on its clusters. Writes to none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.app.bookkeeping import seen_clusters
from reconciler.app.options import Options
from reconciler.app.planning.plan import plan_in
from reconciler.app.workspace.locking import LockedRun, locked_run
from reconciler.app.workspace.opening import Workspace
from reconciler.app.workspace.ownership import kept
from reconciler.app.workspace.serials import Marks
from reconciler.engine.deciding.marks import Marking
from reconciler.engine.execution.steps import recorded
from reconciler.engine.guards_serials import newest
from reconciler.engine.planning.rebuilding import left, undeclared
from reconciler.model.change import Action, Change
from reconciler.model.plan import Deferred, Mode, Plan, Selection
from reconciler.model.state import Owner, Recorded, State
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.marks.finding import Finds
from reconciler.sdk.provider import Applied


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was recorded, and what is left to plan and apply.

    `declared` are there as declared; `undeclared` carry the configuration's mark and are not declared, so
    that the next plan destroys them. `left` are declared and not there as declared, or in the way of that;
    `unknown` could not be read. `remarks` are sentences about what was seen besides. `known` resources were
    recorded before; `serial` is the state's.
    """

    declared: tuple[Address, ...]
    undeclared: tuple[Address, ...]
    left: tuple[Change, ...]
    unknown: tuple[Deferred, ...]
    remarks: tuple[str, ...]
    known: int
    serial: int


async def rebuild_state(options: Options) -> Rebuilt:
    """Record what this configuration made and the state does not know. Raises `Failure`.

    No cluster is written to. What is recorded already stays as it is recorded.
    """
    async with locked_run(options, "state rebuild") as run:
        # What lacks its mark is there as declared; that a cluster has seen a newer state is why this is run.
        workspace = replace(run.workspace, mark_objects=False, marks=Marks())
        made = await plan_in(workspace, Mode.NORMAL, Selection())
        marked, remarks = await _marked(workspace, made)
        declared = list(_as_declared(made))
        await _record(run, made, [*declared, *marked])
        state, unmarked = await _continued(run)
    return Rebuilt(
        tuple(entry.address for entry in declared),
        tuple(entry.address for entry in marked),
        left(made),
        made.deferred,
        (*made.warnings, *remarks, *unmarked),
        len(workspace.state.resources),
        state.serial,
    )


def _as_declared(made: Plan) -> Iterator[Recorded]:
    """Yield the records of what is there as declared and is not recorded."""
    for change in made.changes:
        if change.action is Action.NO_OP and change.adopt and not change.blocked:
            yield recorded(change, Applied(change.remote_ids, change.observed_version))


async def _continued(run: LockedRun) -> tuple[State, tuple[str, ...]]:
    """Commit, as the next serial of the newest state that a cluster has seen; have the clusters keep that.

    Return the state, and a sentence for each cluster that refused.
    """
    marks, before = run.workspace.marks, run.workspace.state
    if not marks.on:
        return await run.session.commit(), ()
    await marks.read(before.lineage if before.serial else None)
    seen = newest(before, marks.name, marks.seen)
    state = await run.session.commit()
    if seen is not None and seen[1].serial >= state.serial:
        lineage, serial = seen[1].lineage, seen[1].serial + 1
        state = await run.session.replace(replace(state, lineage=lineage, serial=serial))
    return state, await marks.write(state)


async def _record(run: LockedRun, made: Plan, entries: list[Recorded]) -> None:
    workspace, session = run.workspace, run.session
    if entries and (owner := kept(workspace.claim, workspace.state)):
        await session.owned(owner)
    for cluster in seen_clusters(made, workspace.state, workspace.clusters) if entries else ():
        await session.saw_cluster(cluster)
    for entry in entries:
        await session.applied(entry)


async def _marked(workspace: Workspace, made: Plan) -> tuple[list[Recorded], list[str]]:
    """Return the records of what carries this configuration's mark and is not declared, and remarks."""
    owner = workspace.state.owner or Owner()
    marking = Marking(workspace.desired.name, owner.former)
    out: list[Recorded] = []
    remarks: list[str] = []
    for name, provider in workspace.providers.items():
        if not isinstance(provider, Finds):
            continue
        with plugin_call(name, "find"):
            found = await provider.find(lambda meta: marking.name is not None and marking.carries(meta))
            kinds = {type_: provider.kind_of(type_) for type_ in {address.type for address in found.objects}}
        known = {type_: kind for type_, kind in kinds.items() if kind is not None}
        out += undeclared(found.objects, made, known, name)
        remarks += found.remarks
        remarks += [_end(cluster, name) for cluster, name in found.ends]
    return out, remarks


def _end(cluster: str, name: str) -> str:
    return (
        f'{cluster} has a peering "{name}" that carries the name of this configuration, '
        "and its other end is on no cluster that was read"
    )
