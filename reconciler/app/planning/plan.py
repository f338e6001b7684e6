"""Planning: read what is recorded and what runs, and make the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.app.ignoring import unused_warnings
from reconciler.app.options import Options, PlanResult
from reconciler.app.planning.access.governing import governed
from reconciler.app.planning.access.reaching import worlds_before
from reconciler.app.planning.checking import check_blocks
from reconciler.app.planning.foreseeing import naming_left_out, standings
from reconciler.app.planning.limiting import limited, safe, said, without_deletes
from reconciler.app.planning.naming import peer_names
from reconciler.app.planning.preflight import PermissionBlocks, permission_blocks
from reconciler.app.planning.recalling import remembering
from reconciler.app.planning.unused import unused
from reconciler.app.workspace.configuring import read_configuration, store
from reconciler.app.workspace.opening import Workspace, open_workspace
from reconciler.app.workspace.past import look_back
from reconciler.app.workspace.veils import remember_live, warning
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
from reconciler.engine.planning.planner import assemble, make_plan
from reconciler.engine.planning.selection import BadGlob, NotReplaceable
from reconciler.engine.planning.settling import Settled, decided, settle
from reconciler.engine.planning.undoing import Undoing, explained, forward_again, with_live_values
from reconciler.engine.planning.undoing import blocks as undo_blocks
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.block import Block
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.sdk.address import Address


async def plan(options: Options, mode: Mode, selection: Selection) -> PlanResult:
    """Plan without a lock and without writing anything. Raises `Failure`."""
    began = asyncio.get_running_loop().time()
    configuration = read_configuration(options)
    states = store(options, configuration.operator.state)
    state = await states.read()
    past = await look_back(states, state, selection.undo)
    async with open_workspace(configuration, state, options, past) as workspace:
        made = await plan_in(workspace, mode, selection)
        made = remembering(made, configuration.given)
    return PlanResult(made, configuration.warnings, asyncio.get_running_loop().time() - began)


async def plan_in(workspace: Workspace, mode: Mode, selection: Selection) -> Plan:
    """Read everything and plan, in a world that is already open."""
    undoing, kept = workspace.undoing, workspace.kept
    if undoing is None:
        check_not_empty(workspace.desired.resources, kept, mode)
    declared = workspace.desired if undoing is None else undoing.declared
    check_owner(workspace.claim, declared.resources, workspace.state)
    hidden = await workspace.marks.check(workspace.state)
    observed = await refresh(wanted(workspace.desired.resources, kept.resources), workspace.providers)
    check_identities(kept, workspace.kinds, observed)
    check_partitions(workspace.desired, kept)
    check_distinct(workspace.desired, observed)
    check_not_renamed(workspace.desired, workspace.clusters, kept, workspace.kinds, observed)
    try:
        state = kept if mode is Mode.REFRESH_ONLY else workspace.state
        inputs = Inputs(workspace.desired, state, observed, workspace.kinds, mode, selection)
        inputs = replace(inputs, take_down=workspace.take_down, forgets=workspace.forgotten)
        inputs = replace(inputs, mark_objects=workspace.mark_objects, ignores=workspace.ignores)
        made = await _allowed(workspace, _going_back(inputs, undoing))
        check_something_recorded(made)
        made = _explained(made, workspace)
        warnings = (
            *_renamed(workspace),
            *warning(workspace.exposed),
            *observed.remarks,
            *hidden,
            *made.warnings,
            *unused_warnings(unused(inputs), workspace.lint),
        )
        made = replace(made, moves=tuple(sorted(workspace.moves.items())))
        made = replace(made, frozen=workspace.frozen)
        return replace(made, warnings=warnings, peers=peer_names(workspace.desired, workspace.state))
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


async def _allowed(workspace: Workspace, inputs: Inputs) -> Plan:
    """Return the plan, with those actions blocked that the servers are known not to support, or the
    credentials not to allow.
    """
    inputs, kept = without_deletes(decided(inputs))
    settled = settle(inputs)
    if inputs.desired.veiled or inputs.state.seal is not None or workspace.exposed:
        remember_live(settled.in_order_of_address)
    if inputs.mode is Mode.REFRESH_ONLY:
        return assemble(inputs, settled)
    before = workspace.requests
    changes = settled.in_order_of_address
    judged = await standings(workspace, changes, inputs.observed)
    if judged:
        inputs = replace(inputs, standings=judged)
        settled = settle(inputs)
        changes = settled.in_order_of_address
    declared = {} if inputs.mode is Mode.DESTROY else inputs.desired.resources
    checked = await check_blocks(workspace, changes, declared)
    inputs = replace(inputs, blocks={**checked.blocks, **inputs.blocks})
    made, found = await _permitted(workspace, inputs, settle(inputs) if checked.blocks else settled)
    inputs = replace(inputs, blocks={**found.blocks, **inputs.blocks})
    done = await safe(workspace, limited(workspace, inputs, made, kept), _governed)
    inputs = replace(done.inputs, blocks={**done.blocks, **done.inputs.blocks})
    made = said(workspace, await naming_left_out(workspace, inputs, done.made), done.kept)
    asked = workspace.requests - before
    made = replace(made, requests=made.requests + asked, warnings=(*made.warnings, *found.warnings()))
    return checked.noted(made)


async def _permitted(workspace: Workspace, inputs: Inputs, settled: Settled) -> tuple[Plan, PermissionBlocks]:
    """Return the plan, with what the credentials do not allow blocked: that takes an order of its own."""
    made = assemble(inputs, settled)
    found = await permission_blocks(workspace, made)
    if found.blocks:
        made = make_plan(replace(inputs, blocks={**found.blocks, **inputs.blocks}))
    return made, found


async def _governed(workspace: Workspace, inputs: Inputs, made: Plan) -> tuple[Plan, Mapping[Address, Block]]:
    """Return the plan with what it does to access, and the actions that policies block."""
    before = await worlds_before(workspace, made, inputs.observed)
    if not before:
        return made, {}

    def again(blocks: Mapping[Address, Block]) -> Plan:
        return make_plan(replace(inputs, blocks={**blocks, **inputs.blocks}))

    # What is destroyed on request needs no approval of policies.
    desired = replace(workspace.desired, policies=()) if made.mode is Mode.DESTROY else workspace.desired
    return governed(made, before, desired, again)


def _renamed(workspace: Workspace) -> Iterator[str]:
    """Yield a sentence for each renamed cluster."""
    for old, new in workspace.names.items():
        count = sum(new in (address.cluster, address.name) for address in workspace.renamed.values())
        yield (
            f"{old} is called {new} now: {count} recorded resource{'s' if count != 1 else ''} "
            f"{'move' if count != 1 else 'moves'} along (the same address)"
        )
