"""Commands that write to clusters: apply and destroy, and how all such are conducted."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.approval import ask, check_approval
from reconciler.cli.options.fingerprints import ExpectFingerprint, ReadFingerprint, expected
from reconciler.cli.options.formats import (
    OF_APPLIES,
    ApplyFormats,
    Format,
    MaxSize,
    Outputs,
    Wanted,
    wanted,
)
from reconciler.cli.options.guarding import BreakFreeze, Confirms, RequireApprovals, permits
from reconciler.cli.options.narrowing import (
    AllowChange,
    AllowDelete,
    AutoApprove,
    Excludes,
    Json,
    NoDelete,
    OnlySafe,
    RefreshOnly,
    Replaces,
    Takes,
    Targets,
    Undoes,
    allowed,
    check_additive,
    mode_of,
    selection,
)
from reconciler.cli.recording import screen_of
from reconciler.cli.run import Run
from reconciler.cli.screens import Screen
from reconciler.cli.telling import tell, tell_failure
from reconciler.cli.terminal.interrupts import Interrupted, Interrupts
from reconciler.model.event import Event
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection

if TYPE_CHECKING:
    from reconciler.app import ApplyResult, Approval, Options, PlanResult
    from reconciler.model.guarding.limits import Allowed
    from reconciler.model.guarding.permits import Permits
    from reconciler.sdk.address import Address

Work = Callable[..., Coroutine[Any, Any, "ApplyResult"]]  # options, screen; approve=, observe=, stop=


def apply(
    run: Run,
    planfile: Annotated[
        Path | None, typer.Argument(help="A plan saved with plan -out.", metavar="PLANFILE")
    ] = None,
    auto_approve: AutoApprove = False,
    as_json: Json = False,
    formats: ApplyFormats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
    target: Targets = None,
    exclude: Excludes = None,
    replace: Replaces = None,
    take: Takes = None,
    allow_delete: AllowDelete = None,
    allow_change: AllowChange = None,
    no_delete: NoDelete = False,
    only_safe: OnlySafe = False,
    break_freeze: BreakFreeze = None,
    confirm: Confirms = None,
    require_approvals: RequireApprovals = 0,
    expect_fingerprint: ExpectFingerprint = None,
    fingerprint_file: ReadFingerprint = None,
    undo: Undoes = None,
    refresh_only: RefreshOnly = False,
    destroy: Annotated[bool, typer.Option("--destroy", help="The same as reconciler destroy.")] = False,
) -> int:
    """Make the clusters match the configuration, after approval.

    With PLANFILE, exactly that plan is performed without asking. It is refused if anything changed since.

    \b
    Examples:
      reconciler apply
      reconciler apply plan.json
      reconciler apply --auto-approve --target 'peering.dc1/*'
      reconciler apply --auto-approve --format jsonl
    """
    mode = mode_of(refresh_only=refresh_only, destroy=destroy, undo=undo)
    chosen = selection(target, exclude, replace, take, undo, no_delete=no_delete, only_safe=only_safe)
    check_additive(mode, chosen)
    may = allowed(allow_delete, allow_change)
    given = chosen != Selection() or mode is not Mode.NORMAL or may != allowed(None, None)
    if planfile is not None and given:
        raise Failure(
            Cause.USAGE,
            "a saved plan cannot be narrowed by options",
            hint="give the options to plan, save that plan, and apply it as it is",
        )
    return perform(
        run,
        mode,
        chosen,
        planfile=planfile,
        auto_approve=auto_approve,
        wanted=wanted(formats, outputs, OF_APPLIES, as_json=as_json, max_size=max_size),
        may=may,
        pass_=permits(
            break_freeze=break_freeze,
            confirm=confirm,
            approvals=require_approvals,
            expected=expected(expect_fingerprint, fingerprint_file),
        ),
    )


def destroy(
    run: Run,
    auto_approve: AutoApprove = False,
    as_json: Json = False,
    formats: ApplyFormats = None,
    outputs: Outputs = None,
    max_size: MaxSize = None,
    target: Targets = None,
    exclude: Excludes = None,
    allow_delete: AllowDelete = None,
    break_freeze: BreakFreeze = None,
    confirm: Confirms = None,
) -> int:
    """Destroy everything in the state, in reverse order, after approval.

    \b
    Examples:
      reconciler destroy
      reconciler destroy --target peering.dc1/dc3
    """
    chosen = selection(target, exclude)
    return perform(
        run,
        Mode.DESTROY,
        chosen,
        planfile=None,
        auto_approve=auto_approve,
        wanted=wanted(formats, outputs, OF_APPLIES, as_json=as_json, max_size=max_size),
        may=allowed(allow_delete, None),
        pass_=permits(break_freeze=break_freeze, confirm=confirm),
    )


def perform(
    run: Run,
    mode: Mode,
    chosen: Selection,
    *,
    planfile: Path | None,
    auto_approve: bool,
    wanted: Wanted,
    may: Allowed,
    pass_: Permits,
) -> int:
    """Plan, ask, execute, report. Raises `Failure` before anything is written."""

    def work(options: Options, screen: Screen, **hooks: Any) -> Coroutine[Any, Any, ApplyResult]:
        from reconciler import app

        if planfile is not None:
            screen.saved(planfile, app.load_plan(planfile))
        options = dataclasses.replace(options, allowed=may, permits=pass_)
        return app.apply(options, mode, chosen, saved=planfile, **hooks)

    approved = auto_approve or planfile is not None
    return conduct(run, mode, work, approved=approved, wanted=wanted, confirmed=pass_.confirmed)


def conduct(
    run: Run,
    mode: Mode,
    work: Work,
    *,
    approved: bool,
    wanted: Wanted,
    confirmed: tuple[Address, ...] = (),
) -> int:
    """Do work that asks before it writes, and show it. `confirmed` is not asked for again.

    Raises `Failure` before anything is written.
    """
    from reconciler.model.notifying.runs import of_apply, operation_of
    from reconciler.model.verdict.applies import apply_verdict
    from reconciler.model.verdict.value import CANCELLED

    screen = screen_of(run, wanted)
    try:
        check_approval(approved=approved, format_=_machine(wanted))
        applied = run.wait(_conducted(run, work, approved, screen, confirmed))
    except Failure as failure:
        screen.failed(failure)
        tell_failure(run, operation_of(mode), failure)
        raise
    except Interrupted:
        raise KeyboardInterrupt from None
    if not applied.approved:
        return screen.cancelled(CANCELLED, "Rotate" if mode is Mode.ROTATE else "Apply")
    verdict = apply_verdict(applied.plan, applied.outcome)
    code = screen.ended(applied, verdict)
    if applied.outcome is not None:
        tell(run, of_apply(applied.plan, applied.outcome, verdict, applied.configuration))
    return code


def _machine(wanted: Wanted) -> str:
    """Return the option of a format beside which no question can be asked; empty where one can be."""
    if wanted.stdout is Format.JSON:
        return "--json"
    text = wanted.stdout in (Format.TEXT, Format.GITHUB)
    return "" if text else f"--format {wanted.stdout.value}"


async def _conducted(
    run: Run, work: Work, approved: bool, screen: Screen, confirmed: tuple[Address, ...]
) -> ApplyResult:
    from reconciler import app
    from reconciler.app import Approval

    stop = app.Stop()
    with Interrupts(stop.request, screen.say, screen.close) as interrupts:

        def approve(planned: PlanResult) -> Approval:
            screen.planned(planned)
            answer = Approval(True) if approved else _asked(run, planned.plan, confirmed, interrupts)
            interrupts.writing = answer.given
            return answer

        def observe(event: Event) -> None:
            interrupts.writing = True
            screen.event(event)

        working = work(run.options(), screen, approve=approve, observe=observe, stop=stop)
        return await _drawn(working, screen, interrupts)


def _asked(run: Run, plan: Plan, confirmed: tuple[Address, ...], interrupts: Interrupts) -> Approval:
    """Ask; raises `Interrupted` where the answer is Ctrl-C."""
    interrupts.asking = True
    try:
        return ask(run, plan, confirmed)
    except KeyboardInterrupt:
        raise Interrupted from None
    finally:
        interrupts.asking = False


async def _drawn(working: Any, screen: Screen, interrupts: Interrupts) -> ApplyResult:
    """Await the work with the screen kept up to date. Raises `Interrupted` where it was cancelled."""
    work: asyncio.Task[ApplyResult] = asyncio.ensure_future(working)
    drawing = asyncio.create_task(screen.keep_drawing())
    interrupts.covers(work)
    try:
        return await work
    except asyncio.CancelledError:
        raise Interrupted from None
    finally:
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing
        screen.close()
