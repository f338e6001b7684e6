"""The use case `drift`: everything that differs, by what it means, and which of it counts."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from reconciler.app.drifting.beside import beside
from reconciler.app.drifting.effective import not_effective
from reconciler.app.drifting.who import attributed
from reconciler.app.options import Options, PlanResult
from reconciler.app.planning.plan import plan_in
from reconciler.app.planning.recalling import remembering
from reconciler.app.workspace.configuring import read_configuration, store
from reconciler.app.workspace.leftovers import beside_others
from reconciler.app.workspace.opening import Workspace, open_workspace
from reconciler.model.drifting.item import DriftItem
from reconciler.model.drifting.items import in_order, items_of
from reconciler.model.drifting.report import DriftChoice, reported
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Mode, Plan, Selection


async def drift(options: Options, selection: Selection, choice: DriftChoice | None = None) -> PlanResult:
    """Return what was changed outside since it was applied, as a plan that writes nothing, and its items by
    class. Raises `Failure`.
    """
    began = asyncio.get_running_loop().time()
    choice = choice or DriftChoice()
    configuration = read_configuration(options)
    states = store(options, configuration.operator.state)
    async with beside_others(states) as others:
        state = await states.read()
        async with open_workspace(configuration, state, options) as workspace:
            made = await plan_in(workspace, Mode.REFRESH_ONLY, selection)
            made, further = await _further(workspace, remembering(made, configuration.given), choice)
            items = attributed(items_of(made), made, workspace.state)
        made = await others(made, state)
    report = reported(in_order((*items, *further)), choice, made)
    elapsed = asyncio.get_running_loop().time() - began
    return PlanResult(made, configuration.warnings, elapsed, report, configuration.desired.name or "")


async def _further(
    workspace: Workspace, made: Plan, choice: DriftChoice
) -> tuple[Plan, tuple[DriftItem, ...]]:
    """Return the items that take requests of their own, where they are asked for, and the plan with what
    could not be read for them.
    """
    before, items, remarks = workspace.requests, [], []
    if choice.asks_for(DriftClass.OBJECT):
        found, said = await beside(workspace, made.selection)
        items += found
        remarks += said
    if choice.asks_for(DriftClass.NOT_EFFECTIVE):
        found, said = await not_effective(workspace, made)
        items += found
        remarks += said
    asked = workspace.requests - before
    return replace(made, requests=made.requests + asked, warnings=(*made.warnings, *remarks)), tuple(items)
