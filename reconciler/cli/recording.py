"""An apply whose events are kept while they are shown, for the formats that are written at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.cli.options.formats import Format, Wanted
from reconciler.cli.reporting import Reporting
from reconciler.cli.run import Run
from reconciler.cli.screens import JsonScreen, Screen, TextScreen
from reconciler.model.event import Event
from reconciler.model.failure import Failure
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from reconciler.app import ApplyResult, PlanResult
    from reconciler.model.verdict.value import Verdict


def screen_of(run: Run, wanted: Wanted) -> Screen:
    """Return what shows an apply: text, JSON lines, or text on stderr where stdout has another format."""
    if wanted.as_json:
        screen: Screen = JsonScreen(run)
    else:
        screen = TextScreen(run, beside=wanted.stdout not in (Format.TEXT, Format.GITHUB))
    rest = wanted.files or wanted.stdout not in (Format.TEXT, Format.JSON, Format.JSONL)
    return RecordedScreen(screen, Reporting(run, wanted)) if rest else screen


class RecordedScreen(Screen):
    """Passes everything on to a screen, keeps it as messages, and writes them at the end."""

    def __init__(self, screen: Screen, reporting: Reporting) -> None:
        from reconciler.render.apply import stream

        super().__init__(screen.run)
        self.screen = screen
        self.reporting = reporting
        self.stream = stream
        self.messages: list[dict[str, Any]] = []
        self._keep([stream.version_message(__version__)])

    def _keep(self, messages: Iterable[Mapping[str, Any]]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.messages += [{**message, "@timestamp": now} for message in messages]

    def saved(self, path: Path, plan: Plan) -> None:
        """Pass it on."""
        self.screen.saved(path, plan)

    def planned(self, planned: PlanResult) -> None:
        """Keep what is planned."""
        self.shown = True
        self._keep(map(self.stream.diagnostic_message, planned.warnings))
        self._keep(self.stream.plan_messages(planned.plan))
        self.screen.planned(planned)

    def event(self, event: Event) -> None:
        """Keep an event."""
        self._keep([self.stream.event_message(event)])
        self.screen.event(event)

    def say(self, text: str) -> None:
        """Pass it on."""
        self.screen.say(text)

    async def keep_drawing(self) -> None:
        """Redraw what changes by itself, until cancelled."""
        await self.screen.keep_drawing()

    def close(self) -> None:
        """Finish: no event comes any more."""
        self.screen.close()

    def ended(self, applied: ApplyResult, verdict: Verdict) -> int:
        """Keep the counts, then print and write the formats."""
        from reconciler.model.event import Outcome

        if not self.shown:
            self._keep(self.stream.plan_messages(applied.plan))
        outcome = applied.outcome or Outcome()
        self._keep(self.stream.note_messages(outcome))
        self._keep([self.stream.outcome_message(applied.plan, outcome, verdict, applied.approvals)])
        self.screen.ended(applied, verdict)
        return self._written(verdict.exit_code)

    def cancelled(self, verdict: Verdict, verb: str) -> int:
        """Write that nothing was done."""
        self.screen.cancelled(verdict, verb)
        self._keep([self.stream.cancelled_message(verdict)])
        return self._written(verdict.exit_code)

    def failed(self, failure: Failure) -> None:
        """Write how far it came, and why it ended."""
        self._keep(self.stream.failure_messages(self.run.calling.failure(failure)))
        self.screen.failed(failure)
        self._written(failure.exit_code)

    def _written(self, code: int) -> int:
        if self.reporting.wanted.as_json:
            return self.reporting.keep(self.messages, code)
        return self.reporting.deliver(lambda: self.messages, lambda: None, code=code)
