"""Applying: lock, plan, ask, execute, read back, record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.app.bookkeeping import keep_books, seen_clusters
from reconciler.app.options import Applied, Options, Planned
from reconciler.app.planning.plan import guarded, plan_in
from reconciler.app.planning.planfile import load_plan
from reconciler.app.planning.recalling import recalled, remembering
from reconciler.app.workspace.opening import Open, opened, read_configuration, store
from reconciler.app.workspace.ownership import is_new, kept
from reconciler.app.workspace.veils import conceal
from reconciler.engine.execution.confirm import confirm
from reconciler.engine.execution.executor import execute
from reconciler.engine.execution.ports import Ports
from reconciler.engine.guards import check_not_held_back
from reconciler.engine.ports import Observer, Stop
from reconciler.model.event import Event, Failed, Outcome, Skipped, SkipReason, Succeeded, Unconfirmed
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection, counted
from reconciler.sdk.address import Address
from reconciler.statestore.ports import Session

Approve = Callable[[Planned], bool]


async def apply(
    options: Options,
    mode: Mode,
    selection: Selection,
    *,
    approve: Approve,
    observe: Observer,
    stop: Stop,
    saved: Path | None = None,
) -> Applied:
    """Plan under the lock and, once approved, make it so. Raises `Failure`.

    With `saved`, that file's plan is the approval: mode, selection and the values of variables come from it,
    and the run is refused unless planning now gives the same digest.
    """
    began = asyncio.get_running_loop().time()
    promised = load_plan(saved) if saved is not None else None
    if promised is not None:
        mode, selection = promised.mode, promised.selection
        options = replace(recalled(options, promised), allow_delete=promised.allow_delete)
    configuration = read_configuration(options)
    session = await store(options, configuration.loaded.operator.state_path).open(mode_name(mode))
    try:
        async with opened(configuration, session.state, options) as world:
            made = await plan_in(world, mode, selection)
            plan = remembering(guarded(made, world.state, options), configuration.loaded)
            planned = Planned(plan, configuration.warnings, asyncio.get_running_loop().time() - began)
            if promised is not None:
                check_fresh(promised, plan)
            check_not_held_back(plan)
            if not plan.has_changes and not _stale_records(plan, world):
                await session.commit()  # a run that was killed at its end left its work in the journal
                return Applied(plan, None, approved=True)
            if promised is None and plan.asks and not approve(planned):
                return Applied(plan, None, approved=False)
            return await carry_out(plan, world, session, observe, stop)
    finally:
        await session.close()


def mode_name(mode: Mode) -> str:
    """Return the operation that the lock shows for its holder."""
    return {Mode.NORMAL: "apply", Mode.DESTROY: "destroy", Mode.REFRESH_ONLY: "refresh"}.get(mode, mode.value)


def check_fresh(promised: Plan, now: Plan) -> None:
    """Refuse a saved plan that planning now would not give."""
    if promised.digest and promised.digest == now.digest:
        return
    raise Failure(
        Cause.STALE_PLAN,
        "Saved plan is stale",
        detail="\n".join(_differences(promised, now)),
        hint="create a new plan, have it approved, and apply that one",
    )


def _differences(promised: Plan, now: Plan) -> list[str]:
    out = [f"saved fingerprint {promised.fingerprint}, now {now.fingerprint}"]
    if promised.config_digest != now.config_digest:
        out.append("the configuration changed")
    out += _given_otherwise(promised, now)
    if (promised.lineage, promised.serial) != (now.lineage, now.serial):
        out.append(_moved(promised, now))
    before = {change.address: change for change in promised.actions}
    after = {change.address: change for change in now.actions}
    for address in sorted(before.keys() | after.keys()):
        old, new = before.get(address), after.get(address)
        if old is None or new is None:
            out.append(f"{address}: {'no longer' if new is None else 'now'} part of the plan")
        elif replace(old, origin=None) != replace(new, origin=None):
            out.append(f"{address}: changed since it was planned")
    return out[:20]


def _moved(promised: Plan, now: Plan) -> str:
    """Return how the state differs from the one that a plan was made on."""
    if promised.serial and not now.serial:
        return f"there is no state here; the plan was created from serial {promised.serial}"
    if promised.serial and promised.lineage != now.lineage:
        return f"this is another state: lineage {now.lineage}, the plan was created from {promised.lineage}"
    if now.serial < promised.serial:
        return (
            f"the state here is older (serial {now.serial}) than the one that the plan was created from "
            f"(serial {promised.serial}): was it restored from a backup?"
        )
    return f"the state moved from serial {promised.serial} to {now.serial}"


def _given_otherwise(promised: Plan, now: Plan) -> list[str]:
    """Return a sentence for each variable whose value differs from the plan's."""
    known = {item.name: item for item in promised.variables}
    out = []
    for item in now.variables:
        if item.name not in known:
            out.append(f'a value is given for the variable "{item.name}"; the plan was created without one')
        elif item != known[item.name]:
            out.append(f'the variable "{item.name}" has a different value than when the plan was created')
    return out


def _stale_records(plan: Plan, world: Open) -> bool:
    new = bool(world.state.resources) and is_new(world.claim, world.state)
    return bool(world.names or new or world.exposed) or any(
        True for _ in keep_books(plan, world.state, world.renamed)
    )


async def carry_out(plan: Plan, world: Open, session: Session, observe: Observer, stop: Stop) -> Applied:
    """Execute an approved plan, read back what it wrote, and record it. Raises `Failure`."""
    began = asyncio.get_running_loop().time()
    reach = Ports(world.providers, session, observe, stop, world.kinds)
    if owner := kept(world.claim, world.state):
        await session.owned(owner)
    for name in world.names.values():
        await session.saw_cluster(world.state.clusters[name])
    concealed = await conceal(world.exposed, session, world.providers, world.desired)
    for keep in keep_books(plan, world.state, world.renamed):
        await keep(session)
    for name in world.names:
        await session.forget_cluster(name)
    for cluster in seen_clusters(plan, world.state, world.clusters):
        await session.saw_cluster(cluster)
    ended = await execute(plan, reach)
    ended, notes, _ = await confirm(plan.actions, ended, reach)
    state = await session.commit()
    outcome = tally(plan, ended, stop.requested, (*concealed, *notes), world.requests)
    elapsed = asyncio.get_running_loop().time() - began
    return Applied(plan, _timed(outcome, state.serial, elapsed), approved=True)


def tally(
    plan: Plan, ended: Mapping[Address, Event], interrupted: bool, notes: tuple[str, ...], requests: int
) -> Outcome:
    """Count how the actions ended."""
    done = counted([c for c in plan.actions if isinstance(ended.get(c.address), Succeeded | Unconfirmed)])
    outcome = Outcome(
        added=done.add,
        changed=done.change,
        destroyed=done.destroy,
        adopted=plan.summary().adopt,
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
