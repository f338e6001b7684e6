"""Bookkeeping: what an apply records without writing to any cluster.

Adopted objects, records that name what is already gone, moved addresses, clusters as they were seen, and
records that have fallen behind (an operation whose outcome was never written, changed references).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from reconciler.engine.execution.steps import recorded
from reconciler.engine.ports import Recorder
from reconciler.model.change import Action
from reconciler.model.desired import Cluster
from reconciler.model.plan import Plan, SeenCluster
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Applied
from reconciler.sdk.secrets.sensitive import marks

Keep = Callable[[Recorder], Awaitable[None]]


def record_updates(plan: Plan, state: State, renamed: Mapping[Address, Address]) -> Iterator[Keep]:
    """Yield what to record, each as a call that takes the recorder; nothing where the record is right."""
    for old, new in sorted(renamed.items()):
        yield partial(_move, old=old, entry=state.resources[new])
    for change in plan.changes:
        if change.action is Action.FORGET:
            yield partial(_forget, address=change.address)
        elif change.action is Action.NO_OP and change.owned is not None:
            entry = recorded(change, Applied(change.remote_ids, change.observed_version))
            if _needs_recording(state.resources.get(change.address), entry):
                yield partial(_keep, entry=entry)


def _needs_recording(old: Recorded | None, new: Recorded) -> bool:
    """Say whether a record is out of date. A version that moved alone does not count: another part was
    written.
    """
    if old is None or replace(old, version=new.version, extra={}) != replace(new, extra={}):
        return True
    return bool(marks(old.body) != marks(new.body))  # equal values, and no longer (or only now) sensitive


async def _move(recorder: Recorder, *, old: Address, entry: Recorded) -> None:
    await recorder.removed(old)
    await recorder.applied(entry)


async def _forget(recorder: Recorder, *, address: Address) -> None:
    await recorder.removed(address)


async def _keep(recorder: Recorder, *, entry: Recorded) -> None:
    await recorder.applied(entry)


def seen_clusters(plan: Plan, state: State, clusters: Mapping[str, Cluster]) -> list[RecordedCluster]:
    """Return the clusters that answered and whose record differs; without credentials."""
    out = []
    for name, seen in plan.clusters.items():
        old = state.clusters.get(name)
        if seen.problem or name not in clusters:
            continue
        entry = _as_recorded(clusters[name], seen, old)
        if entry != old:
            out.append(entry)
    return out


def _as_recorded(cluster: Cluster, seen: SeenCluster, old: RecordedCluster | None) -> RecordedCluster:
    return RecordedCluster(
        cluster.name,
        cluster.address,
        cluster.provider,
        seen.identity,
        seen.version,
        cluster.partition,
        cluster.namespace,
        cluster.options,
        old.extra if old else {},
    )
