"""Which objects have to be confirmed by their address before a plan is carried out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan
from reconciler.model.reaching.diff import Risk
from reconciler.sdk.address import Address
from reconciler.sdk.globs import matches


def asked(plan: Plan, is_link: Callable[[Address], bool]) -> tuple[Address, ...]:
    """Return what a person is asked to confirm by its address: links between clusters that are destroyed or
    recreated, and what breaks access.
    """
    return tuple(
        change.address
        for change in _taking(plan)
        if _breaks(plan, change) or (_destroys(change) and is_link(change.address))
    )


def listed(plan: Plan, globs: Sequence[str]) -> tuple[Address, ...]:
    """Return what the operator lists, of what is destroyed, recreated, or takes access away."""
    return tuple(
        change.address
        for change in _taking(plan)
        if any(matches(glob, str(change.address)) for glob in globs)
    )


def _taking(plan: Plan) -> Iterator[Change]:
    for change in plan.actions:
        if not change.blocked and (_destroys(change) or _risk(plan, change) in (Risk.CLOSES, Risk.BREAKS)):
            yield change


def _destroys(change: Change) -> bool:
    return change.action in (Action.DELETE, Action.REPLACE) or change.is_remade


def _breaks(plan: Plan, change: Change) -> bool:
    return _risk(plan, change) is Risk.BREAKS


def _risk(plan: Plan, change: Change) -> Risk:
    radius = plan.access.radius(change.address) if plan.access is not None else None
    return radius.risk if radius is not None else Risk.NONE
