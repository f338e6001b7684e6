"""Planning: read what is recorded and what runs, and make the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from reconciler.app.ignoring import unused_warnings
from reconciler.app.options import Options, PlanResult
from reconciler.app.planning.allowing import allowed
from reconciler.app.planning.naming import peer_names
from reconciler.app.planning.recalling import remembering
from reconciler.app.planning.unused import unused
from reconciler.app.workspace.configuring import read_configuration, store
from reconciler.app.workspace.leftovers import beside_others
from reconciler.app.workspace.opening import Workspace, open_workspace
from reconciler.app.workspace.past import look_back
from reconciler.app.workspace.veils import warning
from reconciler.engine.guards import (
    check_not_empty,
    check_nothing_left_out,
    check_owner,
    check_something_recorded,
)
from reconciler.engine.guards_clusters import (
    check_distinct,
    check_identities,
    check_not_renamed,
    check_partitions,
)
from reconciler.engine.order.edges import CycleError
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.selection import BadGlob, NotReplaceable
from reconciler.engine.planning.undoing import Undoing, explained, forward_again, with_live_values
from reconciler.engine.planning.undoing import blocks as undo_blocks
from reconciler.engine.refresh import ObservedState, refresh, wanted
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection


async def plan(options: Options, mode: Mode, selection: Selection) -> PlanResult:
    """Plan without a lock and without writing anything. Raises `Failure`."""
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    states = store(options, configuration.operator.state)
    async with beside_others(states) as others:
        state = await states.read()
        past = await look_back(states, state, selection.undo)
        async with open_workspace(configuration, state, options, past) as workspace:
            made = remembering(await plan_in(workspace, mode, selection), configuration.given)
        made = await others(made, state)
    return PlanResult(made, configuration.warnings, asyncio.get_running_loop().time() - began)


async def plan_in(workspace: Workspace, mode: Mode, selection: Selection) -> Plan:
    """Read everything and plan, in a workspace that is already open. Raises `Failure`."""
    _check_before(workspace, mode)
    hidden = await workspace.marks.check(workspace.state)
    observed = await _observed(workspace)
    with _failures():
        inputs = _inputs(workspace, mode, selection, observed)
        made = await allowed(workspace, _going_back(inputs, workspace.undoing))
        check_something_recorded(made)
        made = _explained(made, workspace)
        unneeded = unused_warnings(unused(inputs), workspace.lint)
    warnings = (*_before(workspace), *observed.remarks, *hidden, *made.warnings, *unneeded)
    return replace(
        made,
        warnings=warnings,
        moves=tuple(sorted(workspace.moves.items())),
        frozen=workspace.frozen,
        peers=peer_names(workspace.desired, workspace.state),
    )


def _check_before(workspace: Workspace, mode: Mode) -> None:
    """Raise `Failure` where the configuration and the state do not belong together."""
    undoing = workspace.undoing
    if undoing is None:
        check_not_empty(workspace.desired.resources, workspace.kept, mode)
    declared = workspace.desired if undoing is None else undoing.declared
    check_owner(workspace.claim, declared.resources, workspace.state)


async def _observed(workspace: Workspace) -> ObservedState:
    """Return what runs. Raises `Failure` where clusters are not the ones that the state knows."""
    desired, kept = workspace.desired, workspace.kept
    observed = await refresh(wanted(desired.resources, kept.resources), workspace.providers)
    check_identities(kept, workspace.kinds, observed)
    check_partitions(desired, kept)
    check_distinct(desired, observed)
    check_not_renamed(desired, workspace.clusters, kept, workspace.kinds, observed)
    return observed


def _inputs(workspace: Workspace, mode: Mode, selection: Selection, observed: ObservedState) -> Inputs:
    return Inputs(
        desired=workspace.desired,
        state=workspace.kept if mode is Mode.REFRESH_ONLY else workspace.state,
        observed=observed,
        kinds=workspace.kinds,
        mode=mode,
        selection=selection,
        take_down=workspace.take_down,
        forgets=workspace.forgotten,
        mark_objects=workspace.mark_objects,
        ignores=workspace.ignores,
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Raise what the planner cannot do as a `Failure` that says what to do about it."""
    try:
        yield
    except BadGlob as error:
        raise Failure(Cause.USAGE, str(error), hint=error.hint) from None
    except NotReplaceable as error:
        raise Failure(
            Cause.USAGE,
            str(error),
            detail="sending what is there again would change nothing, and taking it away first would open or "
            "close access for a moment",
            hint="leave out --replace; to write it again in full, change it in the configuration",
        ) from None
    except CycleError as error:
        raise Failure(
            Cause.CONFIGURATION,
            f"dependency cycle: {error}",
            hint="remove one of the references",
        ) from None


def _going_back(inputs: Inputs, undoing: Undoing | None) -> Inputs:
    """Return the inputs of a run that goes back, with what it cannot undo blocked."""
    if undoing is None:
        return inputs
    resources = with_live_values(inputs.desired.resources, inputs.observed)
    desired = replace(inputs.desired, resources=resources)
    return replace(inputs, desired=desired, blocks=undo_blocks(undoing, resources, inputs.observed))


def _explained(made: Plan, workspace: Workspace) -> Plan:
    """Return the plan with the reasons of an undo, or of going forward after one.

    Raises `Failure` where files were left out whose resources would go.
    """
    if workspace.undoing is not None:
        return explained(made, workspace.undoing, workspace.state, workspace.kinds)
    check_nothing_left_out(workspace.claim, made)
    again = forward_again(made, workspace.state) if made.mode is Mode.NORMAL else ""
    return replace(made, warnings=(again, *made.warnings)) if again else made


def _before(workspace: Workspace) -> tuple[str, ...]:
    """Return what there is to say of the state, before anything is planned."""
    return (*_renamed(workspace), *warning(workspace.exposed))


def _renamed(workspace: Workspace) -> Iterator[str]:
    """Yield a sentence for each renamed cluster."""
    for old, new in workspace.names.items():
        count = sum(new in (address.cluster, address.name) for address in workspace.renamed.values())
        yield (
            f"{old} is called {new} now: {count} recorded resource{'s' if count != 1 else ''} "
            f"{'move' if count != 1 else 'moves'} along (the same address)"
        )
