"""What an apply shows, and when: for people, or one JSON value a line for machines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.cli.run import Run
from reconciler.cli.terminal.groups import Groups
from reconciler.model.event import Event
from reconciler.model.failure import Failure
from reconciler.model.plan import Plan
from reconciler.render.text.lines import BLANK, Line, Span, Tone, strong

if TYPE_CHECKING:
    from reconciler.app import ApplyResult, PlanResult
    from reconciler.model.verdict.value import Verdict


class Screen:
    """What an apply shows, and when."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.shown = False

    def saved(self, path: Path, plan: Plan) -> None:
        """Take note that a saved plan is about to be performed."""

    def planned(self, planned: PlanResult) -> None:
        """Take the plan, which is about to be approved."""

    def event(self, event: Event) -> None:
        """Take an event: a step moved on."""

    def say(self, text: str) -> None:
        """Print a message for the user who pressed Ctrl-C."""
        self.run.err.text(text + "\n")
        self.run.err.flush()

    async def keep_drawing(self) -> None:
        """Redraw what changes by itself, until cancelled."""

    def close(self) -> None:
        """Finish: no event comes any more."""

    def ended(self, applied: ApplyResult, verdict: Verdict) -> int:
        """Take how the run ended; return the exit code."""
        return verdict.exit_code

    def cancelled(self, verdict: Verdict, verb: str) -> int:
        """Take that the plan was not approved; return the exit code."""
        return verdict.exit_code

    def failed(self, failure: Failure) -> None:
        """Take that the run ended early; the failure itself is printed by the caller that catches it."""


class TextScreen(Screen):
    """For people; on stderr where stdout has another format."""

    def __init__(self, run: Run, *, beside: bool = False) -> None:
        from reconciler.cli.terminal.live import ApplyLog
        from reconciler.cli.terminal.waiting import Waiting

        super().__init__(run)
        self.out = run.err if beside else run.out
        self.groups = Groups(self.out, run.environ)
        self.log = ApplyLog(self.out, awaiting=run.awaiting)
        self.began = False
        self.reading = Waiting(run.err, "Reading clusters", run.awaiting)

    def saved(self, path: Path, plan: Plan) -> None:
        """Name the plan; it was shown when it was made."""
        self.log.total = len(plan.steps)
        counted = f"{len(plan.actions)} action{'s' if len(plan.actions) != 1 else ''}"
        self.out.lines([[f"Performing {path}: {counted}, fingerprint {plan.fingerprint}."], BLANK])

    def planned(self, planned: PlanResult) -> None:
        """Print the plan as a page."""
        from reconciler.model.verdict.plans import plan_verdict
        from reconciler.render.diagnostics import diagnostics_lines
        from reconciler.render.plan.page import plan_lines

        self.shown = True
        self.reading.end()
        self.log.total = len(planned.plan.steps)
        plan = self.run.calling.knowing(planned.plan).plan(planned.plan)
        self.groups.begin("Plan")
        self.out.lines([*plan_lines(plan, elapsed=planned.elapsed), BLANK])
        if self.groups.is_on:
            self.groups.end()
            self.out.lines([[strong(plan_verdict(plan).text)]])
        self.run.err.lines(diagnostics_lines(planned.warnings))
        self.out.flush()

    def event(self, event: Event) -> None:
        """Write the event into the log."""
        self.reading.end()
        if not self.began:
            self.began = True
            self.groups.begin("Apply")
        self.log(event)

    def say(self, text: str) -> None:
        """Print the text above the live lines."""
        self.log.say([strong(text)])

    async def keep_drawing(self) -> None:
        """Draw first the reading, where it takes long, then the live lines."""
        await self.reading.keep_shown()
        await self.log.keep_drawing()

    def close(self) -> None:
        """Take the live lines away."""
        self.reading.end()
        self.log.close()
        self.groups.end()

    def ended(self, applied: ApplyResult, verdict: Verdict) -> int:
        """Print the summary; where nothing was to do, the plan's conclusion."""
        from reconciler.render.apply.outcome import dialing, nothing_done, outcome_lines
        from reconciler.render.plan.page import plan_lines

        calling = self.run.calling.knowing(applied.plan)
        if applied.outcome is None and not self.shown:
            self.out.lines(plan_lines(calling.plan(applied.plan)))
        lines: list[Line] = (
            [BLANK, nothing_done(applied.plan)]
            if applied.outcome is None
            else outcome_lines(applied.plan, applied.outcome)
        )
        self.out.lines(lines)
        if applied.approvals:
            names = ", ".join(f"{item.name} ({item.key})" for item in applied.approvals)
            self.out.lines([[f"Approved by {names}."]])
        if self.run.gives_hints:
            self.out.lines(calling.lines(dialing(applied.plan, applied.outcome)))
        return super().ended(applied, verdict)

    def cancelled(self, verdict: Verdict, verb: str) -> int:
        """Say so."""
        self.out.lines([[Span(f"{verb} cancelled.", Tone.WARN), " Nothing was written."]])
        return super().cancelled(verdict, verb)


class JsonScreen(Screen):
    """For machines: one JSON value a line."""

    def __init__(self, run: Run) -> None:
        from reconciler.cli.terminal.waiting import WaitLog
        from reconciler.render.apply import stream

        super().__init__(run)
        self.waits = WaitLog(run.awaiting)
        self.stream = stream
        self._send([stream.version_message(__version__)])

    def _send(self, messages: Iterable[Mapping[str, Any]]) -> None:
        self.run.json_lines(messages)

    def planned(self, planned: PlanResult) -> None:
        """Print what is planned, and the configuration's warnings."""
        self.shown = True
        self._send(map(self.stream.diagnostic_message, planned.warnings))
        self._send(self.stream.plan_messages(planned.plan))

    def event(self, event: Event) -> None:
        """Print one line for an event."""
        self._send([self.stream.event_message(event)])

    async def keep_drawing(self) -> None:
        """Say on stderr which clusters are slow."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(1.0)
            if words := self.waits.due(clock()):
                self.say(words)

    def ended(self, applied: ApplyResult, verdict: Verdict) -> int:
        """Print the counts, always last."""
        from reconciler.model.event import Outcome

        if not self.shown:
            self._send(self.stream.plan_messages(applied.plan))
        self._send(self.stream.note_messages(applied.outcome or Outcome()))
        self._send(
            [
                self.stream.outcome_message(
                    applied.plan, applied.outcome or Outcome(), verdict, applied.approvals
                )
            ]
        )
        return super().ended(applied, verdict)

    def failed(self, failure: Failure) -> None:
        """Print every problem as a line."""
        self._send(self.stream.failure_messages(self.run.calling.failure(failure)))
