"""Allowing: what servers, credentials, policies and the operator's file let a plan do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.planning.access.before import Before
from reconciler.app.planning.access.governing import governed
from reconciler.app.planning.access.reaching import worlds_before
from reconciler.app.planning.checking import CheckBlocks, check_blocks
from reconciler.app.planning.foreseeing import naming_left_out, standings
from reconciler.app.planning.limiting import limited, safe, said, without_deletes
from reconciler.app.planning.preflight import PermissionBlocks, permission_blocks
from reconciler.app.workspace.opening import Workspace
from reconciler.app.workspace.veils import remember_live
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.planner import assemble, make_plan
from reconciler.engine.planning.settling import Settled, decided, settle
from reconciler.model.block import Block
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address


async def allowed(workspace: Workspace, inputs: Inputs) -> Plan:
    """Return the plan, with those actions blocked that the servers are known not to support, or that the
    credentials, the policies or the operator's file do not allow.
    """
    inputs, kept = without_deletes(decided(inputs))
    settled = settle(inputs)
    if inputs.desired.veiled or inputs.state.seal is not None or workspace.exposed:
        remember_live(settled.in_order_of_address)
    if inputs.mode is Mode.REFRESH_ONLY:
        return assemble(inputs, settled)
    before = workspace.requests
    inputs, settled = await _foreseen(workspace, inputs, settled)
    inputs, settled, checked = await _supported(workspace, inputs, settled)
    inputs, made, found = await _permitted(workspace, inputs, settled)
    done = await safe(workspace, limited(workspace, inputs, made, kept), _governed)
    inputs = _with(done.blocks, done.inputs)
    made = said(workspace, await naming_left_out(workspace, inputs, done.made), done.kept)
    asked = workspace.requests - before
    made = replace(made, requests=made.requests + asked, warnings=(*made.warnings, *found.warnings()))
    return checked.noted(made)


def _with(blocks: Mapping[Address, Block], inputs: Inputs) -> Inputs:
    """Return the inputs with more blocks. The first block of an object stays."""
    return replace(inputs, blocks={**blocks, **inputs.blocks})


async def _foreseen(workspace: Workspace, inputs: Inputs, settled: Settled) -> tuple[Inputs, Settled]:
    """Return both with what the servers would say to each write, as far as the provider knows."""
    judged = await standings(workspace, settled.in_order_of_address, inputs.observed)
    if not judged:
        return inputs, settled
    inputs = replace(inputs, standings=judged)
    return inputs, settle(inputs)


async def _supported(
    workspace: Workspace, inputs: Inputs, settled: Settled
) -> tuple[Inputs, Settled, CheckBlocks]:
    """Return both with what the servers do not support blocked, and what was found."""
    declared = {} if inputs.mode is Mode.DESTROY else inputs.desired.resources
    checked = await check_blocks(workspace, settled.in_order_of_address, declared)
    inputs = _with(checked.blocks, inputs)
    return inputs, settle(inputs) if checked.blocks else settled, checked


async def _permitted(
    workspace: Workspace, inputs: Inputs, settled: Settled
) -> tuple[Inputs, Plan, PermissionBlocks]:
    """Return the plan, with what the credentials do not allow blocked: that takes an order of its own."""
    made = assemble(inputs, settled)
    found = await permission_blocks(workspace, made)
    inputs = _with(found.blocks, inputs)
    return inputs, make_plan(inputs) if found.blocks else made, found


async def _governed(
    workspace: Workspace, inputs: Inputs, made: Plan
) -> tuple[Plan, Mapping[Address, Block], Mapping[str, Before]]:
    """Return the plan with what it does to access, the actions that policies block, and the worlds before."""
    before = await worlds_before(workspace, made, inputs.observed)
    if not before:
        return made, {}, {}

    def again(blocks: Mapping[Address, Block]) -> Plan:
        return make_plan(_with(blocks, inputs))

    # What is destroyed on request needs no approval of policies.
    desired = replace(workspace.desired, policies=()) if made.mode is Mode.DESTROY else workspace.desired
    return *governed(made, before, desired, again), before
