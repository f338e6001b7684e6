"""Foreseeing: providers that know how their servers judge a write by what else they hold are asked for that
before a plan is put in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.app.planning.attributed import Attributed
from reconciler.app.workspace.opening import Workspace
from reconciler.engine.order.edges import CycleError
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.settling import settle
from reconciler.engine.planning.unselected import unnarrowed, with_left_out
from reconciler.engine.refresh import ObservedState
from reconciler.model.change import Change
from reconciler.model.plan import Plan
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Foresees, Standing, Write
from reconciler.sdk.provider import Body, Condition, Present

_OTHERS = Condition.CONFLICT


async def standings(
    workspace: Workspace, changes: Iterable[Change], observed: ObservedState
) -> dict[str, Standing]:
    """Return what exists on the servers, by provider; nothing where none of these writes is judged by it.

    Sensitive values stay wrapped: they decide nothing, and interim steps are made from these bodies. Of what
    is not selected, objects with two ends count too: they hold names.
    """
    by_provider: dict[str, list[Change]] = {}
    for change in changes:
        by_provider.setdefault(change.provider, []).append(change)
    out: dict[str, Standing] = {}
    for name, its in by_provider.items():
        provider = workspace.providers.get(name)
        writes = [Write(change.address, change.after) for change in its if change.is_action]
        if writes and isinstance(provider, Foresees):
            live = {**_beside(workspace, observed), **_before(its)}
            with plugin_call(name, "foresee"):
                standing = await provider.foresee(live, writes)
            if standing is not None:
                out[name] = Attributed(name, standing)
    return out


async def naming_left_out(workspace: Workspace, inputs: Inputs, made: Plan) -> Plan:
    """Return the plan; a change that its servers would refuse only for what a selection leaves out names
    that.
    """
    whole = unnarrowed(inputs, made)
    if whole is None:
        return made
    try:
        known = await standings(workspace, settle(whole).in_order_of_address, inputs.observed)
        return with_left_out(made, inputs, replace(whole, standings=known))
    except CycleError:
        return made


def _before(changes: list[Change]) -> dict[Address, Body]:
    return {change.address: change.before for change in changes if change.before is not None}


def _beside(workspace: Workspace, observed: ObservedState) -> dict[Address, Body]:
    """Return the objects with two ends that were read; one that only has the name belongs to others."""
    symmetric = {type_ for (_, type_), kind in workspace.kinds.items() if kind.symmetric}
    return {
        address: seen.body
        for address, seen in observed.objects.items()
        if isinstance(seen, Present) and address.type in symmetric and seen.condition is not _OTHERS
    }
