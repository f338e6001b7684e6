"""Commands that write to clusters: apply and destroy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler import __version__
from reconciler.cli.approval import ask, check_can_ask
from reconciler.cli.exits import apply_exit
from reconciler.cli.interrupts import Interrupts
from reconciler.cli.narrowing import Excludes, Json, RefreshOnly, Replaces, Targets, mode_of, selection
from reconciler.cli.run import Run
from reconciler.model.event import Event
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.render.lines import BLANK, Line, Span, Tone, strong

if TYPE_CHECKING:
    from reconciler.app import Applied, Planned

AutoApprove = Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")]


def apply(
    run: Run,
    planfile: Annotated[Path | None, typer.Argument(help="A plan saved with plan -out.")] = None,
    auto_approve: AutoApprove = False,
    as_json: Json = False,
    target: Targets = None,
    exclude: Excludes = None,
    replace: Replaces = None,
    refresh_only: RefreshOnly = False,
    destroy: Annotated[bool, typer.Option("--destroy", help="The same as reconciler destroy.")] = False,
) -> int:
    """Make the clusters as the configuration says; asks before it writes.

    With PLANFILE exactly that plan is performed, without asking; if anything changed since, it is refused.

    \b
    Examples:
      reconciler apply
      reconciler apply plan.json
      reconciler apply --auto-approve --target 'peering.dc1/*'
    """
    mode = mode_of(refresh_only=refresh_only, destroy=destroy)
    chosen = selection(target, exclude, replace)
    if planfile is not None and (chosen != Selection() or mode is not Mode.NORMAL):
        raise Failure(
            Cause.USAGE,
            "a saved plan can not be narrowed",
            hint="give the options to plan, save that plan, and apply it as it is",
        )
    return perform(run, mode, chosen, planfile=planfile, auto_approve=auto_approve, as_json=as_json)


def destroy(
    run: Run,
    auto_approve: AutoApprove = False,
    as_json: Json = False,
    target: Targets = None,
    exclude: Excludes = None,
) -> int:
    """Destroy everything that is recorded, in reverse order; asks before it writes.

    \b
    Examples:
      reconciler destroy
      reconciler destroy --target peering.dc1/dc3
    """
    chosen = selection(target, exclude)
    return perform(run, Mode.DESTROY, chosen, planfile=None, auto_approve=auto_approve, as_json=as_json)


def perform(
    run: Run, mode: Mode, chosen: Selection, *, planfile: Path | None, auto_approve: bool, as_json: bool
) -> int:
    """Plan, ask, execute, tell. Raises `Failure` before anything is written."""
    approved = auto_approve or planfile is not None
    screen: Screen = JsonScreen(run) if as_json else TextScreen(run)
    try:
        check_can_ask(approved=approved, as_json=as_json)
        applied = run.wait(_applied(run, mode, chosen, planfile, approved, screen))
    except Failure as failure:
        screen.failed(failure)
        raise
    if not applied.approved:
        run.out.lines([[Span("Apply cancelled.", Tone.WARN), " Nothing was written."]])
        return ExitCode.ERROR
    screen.ended(applied)
    return apply_exit(applied.plan, applied.outcome)


async def _applied(
    run: Run, mode: Mode, chosen: Selection, planfile: Path | None, approved: bool, screen: Screen
) -> Applied:
    from reconciler import app

    stop = app.Stop()
    with Interrupts(stop.request, screen.say) as interrupts:

        def approve(planned: Planned) -> bool:
            screen.planned(planned)
            interrupts.asking = True
            interrupts.writing = approved or ask(run, mode)
            interrupts.asking = False
            return interrupts.writing

        def observe(event: Event) -> None:
            interrupts.writing = True
            screen.event(event)

        if planfile is not None:
            screen.saved(planfile, app.load_plan(planfile))
        working = app.apply(
            run.options(), mode, chosen, approve=approve, observe=observe, stop=stop, saved=planfile
        )
        return await _drawn(working, screen, interrupts)


async def _drawn(working: Any, screen: Screen, interrupts: Interrupts) -> Applied:
    """Await the work with the screen kept up to date; a cancelled work is an interrupt."""
    work: asyncio.Task[Applied] = asyncio.ensure_future(working)
    drawing = asyncio.create_task(screen.keep_drawing())
    interrupts.covers(work)
    try:
        return await work
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        drawing.cancel()
        with suppress(asyncio.CancelledError):
            await drawing
        screen.close()


class Screen:
    """What an apply shows, and when."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.shown = False

    def saved(self, path: Path, plan: Plan) -> None:
        """A saved plan is about to be performed."""

    def planned(self, planned: Planned) -> None:
        """The plan is made and about to be approved."""

    def event(self, event: Event) -> None:
        """A step moved on."""

    def say(self, text: str) -> None:
        """Something for whoever pressed Ctrl-C."""
        self.run.err.text(text + "\n")
        self.run.err.flush()

    async def keep_drawing(self) -> None:
        """Redraw what changes by itself, until cancelled."""

    def close(self) -> None:
        """No event comes any more."""

    def ended(self, applied: Applied) -> None:
        """How it went."""

    def failed(self, failure: Failure) -> None:
        """The run ended early; the failure itself is told by whoever catches it."""


class TextScreen(Screen):
    """For people."""

    def __init__(self, run: Run) -> None:
        from reconciler.cli.live import ApplyLog

        super().__init__(run)
        self.log = ApplyLog(run.out)

    def saved(self, path: Path, plan: Plan) -> None:
        """Name the plan; it was shown when it was made."""
        self.log.total = len(plan.actions)
        counted = f"{len(plan.actions)} action{'s' if len(plan.actions) != 1 else ''}"
        self.run.out.lines([[f"Performing {path}: {counted}, fingerprint {plan.fingerprint}."], BLANK])

    def planned(self, planned: Planned) -> None:
        """The plan as a page."""
        from reconciler.render.diagnostics import diagnostics_lines
        from reconciler.render.plan import plan_lines

        self.shown = True
        self.log.total = len(planned.plan.actions)
        self.run.out.lines([*plan_lines(planned.plan, elapsed=planned.elapsed), BLANK])
        self.run.err.lines(diagnostics_lines(planned.warnings))
        self.run.out.flush()

    def event(self, event: Event) -> None:
        """Into the log."""
        self.log(event)

    def say(self, text: str) -> None:
        """Above the live lines."""
        self.log.say([strong(text)])

    async def keep_drawing(self) -> None:
        """The live lines."""
        await self.log.keep_drawing()

    def close(self) -> None:
        """Take the live lines away."""
        self.log.close()

    def ended(self, applied: Applied) -> None:
        """The summary; where nothing was to do, the plan's last word."""
        from reconciler.render.outcome import nothing_done, outcome_lines
        from reconciler.render.plan import plan_lines

        if applied.outcome is None and not self.shown:
            self.run.out.lines(plan_lines(applied.plan))
        lines: list[Line] = (
            [BLANK, nothing_done(applied.plan)]
            if applied.outcome is None
            else outcome_lines(applied.plan, applied.outcome)
        )
        self.run.out.lines(lines)


class JsonScreen(Screen):
    """For machines: one JSON value a line."""

    def __init__(self, run: Run) -> None:
        from reconciler.render import stream

        super().__init__(run)
        self.stream = stream
        self._send([stream.version_message(__version__)])

    def _send(self, messages: Iterable[Mapping[str, Any]]) -> None:
        self.run.json_lines(messages)

    def planned(self, planned: Planned) -> None:
        """What is planned, and the configuration's warnings."""
        self.shown = True
        self._send(map(self.stream.diagnostic_message, planned.warnings))
        self._send(self.stream.plan_messages(planned.plan))

    def event(self, event: Event) -> None:
        """One line an event."""
        self._send([self.stream.event_message(event)])

    def ended(self, applied: Applied) -> None:
        """The counts, always last."""
        from reconciler.model.event import Outcome

        if not self.shown:
            self._send(self.stream.plan_messages(applied.plan))
        self._send([self.stream.outcome_message(applied.plan, applied.outcome or Outcome())])

    def failed(self, failure: Failure) -> None:
        """Every problem as a line."""
        self._send(self.stream.failure_messages(failure))
