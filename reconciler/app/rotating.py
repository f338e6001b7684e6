"""Rotating: renew the secrets of what works, without interrupting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.app.applying import Approve, answered, execute_plan
from reconciler.app.guarding.freezing import check_not_frozen
from reconciler.app.options import ApplyResult, Options
from reconciler.app.planning.preflight import permission_blocks
from reconciler.app.workspace.locking import locked_run
from reconciler.app.workspace.opening import Workspace
from reconciler.engine.guards import check_owner
from reconciler.engine.guards_clusters import check_identities
from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.rotation import rotation_plan
from reconciler.engine.planning.selection import BadGlob, NothingMatches, TwoMeanings, matching
from reconciler.engine.ports import Observer, Stop
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.auditing.entry import Begun
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.model.plan_digest import sealed
from reconciler.sdk.address import Address


async def rotate(
    options: Options,
    globs: Sequence[str],
    *,
    approve: Approve,
    observe: Observer,
    stop: Stop,
) -> ApplyResult:
    """Renew the secrets of the recorded objects that any glob matches. Raises `Failure`.

    What is not up is blocked and left alone; where nothing chosen is up the run is refused. The lock is held
    from the first look on, and each intent is recorded before its first write.
    """
    async with locked_run(options, "rotate") as run:
        check_not_frozen(run.configuration.operator, options)
        plan = await _planned(run.workspace, globs)
        _check_any(plan)
        if not answered(approve(run.planned(plan))).given:
            return ApplyResult(plan, None, approved=False)
        broken = check_not_frozen(run.configuration.operator, options)  # it may have begun meanwhile
        return await execute_plan(plan, run, observe, stop, Begun(broken_freeze=broken))


async def _planned(workspace: Workspace, globs: Sequence[str]) -> Plan:
    check_owner(workspace.claim, workspace.desired.resources, workspace.state)
    await workspace.marks.check(workspace.state)
    chosen = choose(workspace, globs)
    entries = {address: workspace.state.resources[address] for address in chosen}
    observed = await refresh(wanted({}, entries), workspace.providers)
    check_identities(workspace.state, workspace.kinds, observed)
    selection = Selection(targets=tuple(globs))
    inputs = Inputs(workspace.desired, workspace.state, observed, workspace.kinds, Mode.ROTATE, selection)
    inputs = replace(inputs, ignores=workspace.ignores)
    return await _allowed(workspace, inputs, chosen)


async def _allowed(workspace: Workspace, inputs: Inputs, chosen: set[Address]) -> Plan:
    """Return the rotation, with what the credentials do not allow blocked before anything is written."""
    made, before = rotation_plan(inputs, chosen), workspace.requests
    found = await permission_blocks(workspace, made)
    if found.blocks:
        made = rotation_plan(replace(inputs, blocks=found.blocks), chosen)
    asked = workspace.requests - before
    moved = tuple(sorted(workspace.moves.items()))
    return sealed(
        replace(
            made,
            requests=made.requests + asked,
            warnings=found.warnings(),
            moves=moved,
            frozen=workspace.frozen,
        )
    )


def choose(workspace: Workspace, globs: Sequence[str]) -> set[Address]:
    """Return the recorded objects with a secret that the globs match. Raises `Failure` for a glob without
    any.
    """
    fit = {
        address
        for address, entry in workspace.state.resources.items()
        if _rotates(workspace, entry.provider, address)
    }
    try:
        return matching(globs, fit)
    except NothingMatches as error:
        raise _nothing(workspace, error) from None
    except TwoMeanings as error:
        raise Failure(Cause.USAGE, str(error), hint=error.hint) from None


def _rotates(workspace: Workspace, provider: str, address: Address) -> bool:
    kind = workspace.kinds.get((provider, address.type))
    return kind is not None and kind.rotates


def _nothing(workspace: Workspace, error: NothingMatches) -> Failure:
    """Return why a glob matches nothing that could be rotated: not applied yet, without a secret, or
    unknown.
    """
    known = {address: resource.provider for address, resource in workspace.desired.resources.items()}
    known |= {a: entry.provider for a, entry in workspace.state.resources.items()}
    try:
        found = min(matching([error.glob], known))
    except BadGlob as nowhere:
        return Failure(Cause.USAGE, str(nowhere), hint=nowhere.hint)
    if _rotates(workspace, known[found], found):
        hint = "run reconciler apply first: it makes what is missing and records what is there"
        return Failure(Cause.USAGE, f"{found} is not recorded", hint=hint)
    what = (
        f"{found} has no secret to rotate" if error.glob != "*" else "nothing recorded has a secret to rotate"
    )
    return Failure(Cause.USAGE, what, hint="name peerings, for example 'peering.dc1/*'")


def _check_any(plan: Plan) -> None:
    if any(not change.blocked for change in plan.actions):
        return
    lines = [f"{change.address}: {change.blocked}" for change in plan.actions]
    for item in plan.deferred:
        lines.append(f"{item.address}: {item.because}")
        lines += [f"    {line}" for line in item.hint.splitlines()]
    raise Failure(
        Cause.REFUSED,
        "nothing can be rotated" if len(lines) > 1 else "it cannot be rotated",
        detail="\n".join(lines),
        hint="\n".join(plan.warnings)
        or "nothing was written. A secret is renewed on what is up on both ends; see: reconciler plan",
    )
