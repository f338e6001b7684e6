"""What is declared, is as declared, and has no effect: what providers find of objects of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.app.bodies import shown_bodies
from reconciler.app.reaching.taking import snapshot_request
from reconciler.app.workspace.opening import Workspace
from reconciler.model.change import Change
from reconciler.model.drifting.item import DriftItem
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Plan
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.diagnosis import Diagnoses, Diagnosis, Severity
from reconciler.sdk.access.protocol import Analyses
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body

_ELSEWHERE = ("link-", "not-applied", "cluster-")  # those are drift, unhealthy or not decided already


async def not_effective(workspace: Workspace, made: Plan) -> tuple[list[DriftItem], list[str]]:
    """Return what providers find wrong with objects of ours that are on the clusters, and sentences about
    what could not be looked into. Only what keeps requests from an answer is found, no mere warning.
    """
    items: list[DriftItem] = []
    remarks: list[str] = []
    looked_at = {change.address: _others(change) for change in made.changes if change.before is not None}
    for name, provider in workspace.providers.items():
        if not (isinstance(provider, Diagnoses) and isinstance(provider, Analyses)):
            continue
        with plugin_call(name, "snapshot"):
            world = await provider.snapshot(snapshot_request(workspace, name, addresses=True))
        declared = shown_bodies(name, provider, workspace.desired)
        with plugin_call(name, "diagnosed"):
            items += _items(provider.diagnosed(world, declared), declared, looked_at, workspace)
            remarks += _unknown(provider.analysis(world).unknown, made)
    return items, remarks


def _items(
    found: Sequence[Diagnosis],
    declared: Mapping[Address, Body],
    looked_at: Mapping[Address, frozenset[str]],
    workspace: Workspace,
) -> Iterator[DriftItem]:
    for one in found:
        address = one.origin.address if one.origin is not None else None
        if address is None or address not in declared or address not in looked_at:
            continue
        others = bool(one.services) and one.services <= looked_at[address]
        if one.severity is Severity.ERROR and not others and not one.rule.startswith(_ELSEWHERE):
            yield _item(one, address, workspace)


def _others(change: Change) -> frozenset[str]:
    """Return the services that others added to an object: what is said of these is not about ours."""
    return frozenset(str(item.path[1]) for item in change.additions if len(item.path) > 1)


def _item(one: Diagnosis, address: Address, workspace: Workspace) -> DriftItem:
    because = "; ".join((one.message, *one.evidence))
    at = workspace.desired.resources[address].origin
    path = tuple(sorted(one.services))
    return DriftItem(DriftClass.NOT_EFFECTIVE, address, path, because=because, at=at, rule=one.rule)


def _unknown(unknown: Mapping[str, str], made: Plan) -> Iterator[str]:
    """Yield what is not known of clusters that answered: of the others a plan says so already."""
    for cluster, why in unknown.items():
        seen = made.clusters.get(cluster)
        if seen is not None and not seen.problem:
            yield f"whether everything on {cluster} has an effect is not known: {why}"
