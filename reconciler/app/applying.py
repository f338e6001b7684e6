"""Applying: lock, plan, ask, execute, read back, record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.app.auditing import as_ended, unlogged
from reconciler.app.bookkeeping import record_updates, seen_clusters
from reconciler.app.guarding.approving import check_approved
from reconciler.app.guarding.confirming import check_confirmed
from reconciler.app.guarding.freezing import check_not_frozen
from reconciler.app.guarding.freshness import check_expected, check_fresh
from reconciler.app.options import ApplyResult, Approval, Options, PlanResult
from reconciler.app.planning.plan import plan_in
from reconciler.app.planning.planfile import load_plan
from reconciler.app.planning.recalling import recalled, remembering
from reconciler.app.workspace.locking import LockedRun, locked_run
from reconciler.app.workspace.opening import Workspace
from reconciler.app.workspace.ownership import is_new, kept
from reconciler.app.workspace.veils import conceal
from reconciler.engine.execution.confirm import confirm
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.guards import check_not_held_back
from reconciler.engine.planning.relocating import relocated
from reconciler.engine.ports import Observer, Stop
from reconciler.model.auditing.entry import Begun, Signed
from reconciler.model.event import Event, Failed, Outcome, Skipped, SkipReason, Succeeded, Unconfirmed
from reconciler.model.guarding.approvals import Approved
from reconciler.model.guarding.limits import Allowed
from reconciler.model.plan import Mode, Plan, Selection, counted
from reconciler.sdk.address import Address
from reconciler.statestore.ports import Session

_BARE = Begun()

Approve = Callable[[PlanResult], bool | Approval]


async def apply(
    options: Options,
    mode: Mode,
    selection: Selection,
    *,
    approve: Approve,
    observe: Observer,
    stop: Stop,
    saved: Path | None = None,
) -> ApplyResult:
    """Plan under the lock and carry out the plan once it is approved. Raises `Failure`.

    With `saved`, that file's plan is the approval: mode, selection and the values of variables come from it,
    and the run is refused unless planning now gives the same digest.
    """
    saved_plan = load_plan(saved) if saved is not None else None
    if saved_plan is not None:
        mode, selection = saved_plan.mode, saved_plan.selection
        allowed = Allowed(saved_plan.allow_delete, saved_plan.allow_change)
        options = replace(recalled(options, saved_plan), allowed=allowed)
    async with locked_run(options, mode_name(mode), selection.undo) as run:
        check_not_frozen(run.configuration.operator, options)
        approvals = check_approved(run.configuration.operator, options, saved, saved_plan)
        made = await plan_in(run.workspace, mode, selection)
        plan = remembering(made, run.configuration.given)
        if saved_plan is not None:
            check_fresh(saved_plan, plan)
        check_expected(plan, options.permits.expected)
        check_not_held_back(plan)
        if not plan.has_changes and not _has_record_updates(plan, run.workspace):
            # A run that was killed at its end left its work in the journal.
            await run.workspace.marks.write(await run.session.commit())
            return ApplyResult(plan, None, approved=True)
        asks = saved_plan is None and plan.asks
        answer = answered(approve(run.planned(plan))) if asks else Approval(True)
        if not answer.given:
            return ApplyResult(plan, None, approved=False)
        check_confirmed(plan, (*options.permits.confirmed, *answer.confirmed))
        broken = check_not_frozen(run.configuration.operator, options)  # it may have begun meanwhile
        done = await execute_plan(plan, run, observe, stop, _begun(approvals, broken))
        return replace(done, approvals=approvals)


def _begun(approvals: tuple[Approved, ...], broken: str) -> Begun:
    """Return what the audit log is to say of a run before it writes."""
    return Begun(approvals=tuple(Signed(item.name, item.key) for item in approvals), broken_freeze=broken)


def answered(answer: bool | Approval) -> Approval:
    """Return the answer to a plan; a bare yes confirms nothing by address."""
    return answer if isinstance(answer, Approval) else Approval(answer)


def mode_name(mode: Mode) -> str:
    """Return the operation that the lock shows for its holder."""
    return {Mode.NORMAL: "apply", Mode.DESTROY: "destroy", Mode.REFRESH_ONLY: "refresh"}.get(mode, mode.value)


def _has_record_updates(plan: Plan, workspace: Workspace) -> bool:
    new = bool(workspace.state.resources) and is_new(workspace.claim, workspace.state)
    return bool(workspace.names or new or workspace.exposed) or any(
        True for _ in record_updates(plan, workspace.state, workspace.renamed)
    )


async def execute_plan(
    plan: Plan, run: LockedRun, observe: Observer, stop: Stop, granted: Begun = _BARE
) -> ApplyResult:
    """Execute an approved plan, read back what it wrote, and record it. Raises `Failure`.

    `granted` is what the audit log is to say of approvals and of a freeze that was broken.
    """
    began = asyncio.get_running_loop().time()
    workspace = run.workspace
    ports = Ports(workspace.providers, run.session, observe, stop, workspace.kinds)
    await run.session.began(replace(granted, fingerprint=plan.fingerprint, digest=plan.digest))
    concealed = await _record_before(plan, workspace, run.session)
    ended = await execute(plan, ports)
    ended, notes, _ = await confirm(plan.actions, ended, ports)
    outcome = tally(plan, ended, stop.requested, (), 0)
    state = await run.session.commit(as_ended(plan, outcome))
    unmarked = await workspace.marks.write(state)
    notes = (*concealed, *notes, *unmarked, *unlogged(run.session))
    outcome = replace(outcome, notes=notes, requests=workspace.requests)
    elapsed = asyncio.get_running_loop().time() - began
    name = run.configuration.desired.name or ""
    return ApplyResult(plan, _timed(outcome, state.serial, elapsed), approved=True, configuration=name)


async def _record_before(plan: Plan, workspace: Workspace, session: Session) -> tuple[str, ...]:
    """Record all that needs no write to a cluster; return notes on records that were kept in clear."""
    if workspace.moves:
        await session.replace(relocated(session.state, workspace.moves, workspace.kinds))
    # A run whose actions are all blocked does nothing: what else it saw alone makes no new serial.
    records = plan.is_applyable or _has_record_updates(plan, workspace)
    if records and (owner := kept(workspace.claim, workspace.state)):
        await session.owned(owner)
    for name in workspace.names.values():
        await session.saw_cluster(workspace.state.clusters[name])
    concealed = await conceal(workspace.exposed, session, workspace.providers, workspace.desired)
    for keep in record_updates(plan, workspace.state, workspace.renamed):
        await keep(session)
    for name in workspace.names:
        await session.forget_cluster(name)
    for cluster in seen_clusters(plan, workspace.state, workspace.clusters) if records else ():
        await session.saw_cluster(cluster)
    return tuple(concealed)


def tally(
    plan: Plan, ended: Mapping[Address, Event], interrupted: bool, notes: tuple[str, ...], requests: int
) -> Outcome:
    """Count how the actions ended."""
    done = counted([c for c in plan.actions if isinstance(ended.get(c.address), Succeeded | Unconfirmed)])
    counts = plan.summary()
    outcome = Outcome(
        added=done.add,
        changed=done.change,
        destroyed=done.destroy,
        adopted=counts.adopt,
        moved=counts.move,
        forgotten=counts.forget,
        failed=tuple(event for event in ended.values() if isinstance(event, Failed)),
        unconfirmed=tuple(event for event in ended.values() if isinstance(event, Unconfirmed)),
        skipped=tuple(event for event in ended.values() if isinstance(event, Skipped)),
        requests=requests,
        notes=notes,
    )
    stopped = interrupted and any(event.reason is SkipReason.INTERRUPTED for event in outcome.skipped)
    return replace(outcome, interim=done.interim + outcome.left, interrupted=stopped)


def _timed(outcome: Outcome, serial: int, elapsed: float) -> Outcome:
    return replace(outcome, serial=serial, elapsed=elapsed)
