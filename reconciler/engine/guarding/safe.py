"""Which actions of a plan are not known to leave all access in place. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan
from reconciler.model.reaching.diff import KEPT, AccessDiff, Effect, Path, Radius, Risk
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.address import Address

Neighbours = Mapping[str, Collection[str]]
"""Cluster -> the clusters that it is peered with."""

PEER = "peer:"  # before the name of a peer whose cluster is not known
NOT_KNOWN = "what it does to access is not known"


def unsafe(plan: Plan, analysed: Collection[str], neighbours: Neighbours) -> dict[Address, str]:
    """Return the actions that close or break access for a caller, or may, and why.

    `analysed` are the providers that know what their actions do to access. What is blocked is left alone.
    """
    access = plan.access or AccessDiff()
    actions = [change for change in plan.actions if not change.blocked and change.action is not Action.ROTATE]
    found = {}
    for change in actions:
        if change.provider not in analysed or plan.access is None:
            found[change.address] = NOT_KNOWN
        elif why := _unknown(change, plan, neighbours) or _taking(change, access):
            found[change.address] = why
    if not found and any(_takes(path) for path in access.paths):
        # A path closes, and no single action is known to be behind it.
        return {change.address: NOT_KNOWN for change in actions}
    return found


def _unknown(change: Change, plan: Plan, neighbours: Neighbours) -> str:
    """Return which cluster's access is not known and may depend on the action; empty where none is. A peer
    that is no cluster of the plan may be anybody's.
    """
    unknown = {name.removeprefix(PEER) for name in plan.access.unknown} if plan.access else set()
    unknown |= {name for name, seen in plan.clusters.items() if seen.problem}
    near = {change.address.cluster, change.address.name, *neighbours.get(change.address.cluster, ())}
    names = sorted(name for name in unknown if name in near or name not in plan.clusters)
    return f"the access of {names[0]} is not known" if names else ""


def _taking(change: Change, access: AccessDiff) -> str:
    radius = access.radius(change.address)
    if change.interim is not None and (change.interim.after is None or change.interim.cuts):
        return "its interim step closes access for a while"
    if radius is None or radius.would:
        return ""
    if radius.risk in (Risk.CLOSES, Risk.BREAKS):
        return f"it {radius.risk.value} access: {', '.join(radius.paths[:3])}"
    return "it limits access" if radius.changes and _narrows(radius, access) else ""


def _narrows(radius: Radius, access: AccessDiff) -> bool:
    """Say whether a path that the action changes may let less through than before."""
    changed = [path for path in _behind(radius, access) if path.effect is Effect.CHANGES]
    return access.count(Effect.CHANGES) > KEPT or any(_takes(path) for path in changed)


def _behind(radius: Radius, access: AccessDiff) -> Iterator[Path]:
    return (path for path in access.paths if radius.address in path.objects)


def _takes(path: Path) -> bool:
    """Say whether a request may be refused after it that got through before."""
    if path.effect is Effect.CLOSES:
        return True
    return path.effect is Effect.CHANGES and path.after is not Decision.ALLOWED
