"""The command line with a pretended app behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler import app
from reconciler.cli.main import run
from reconciler.cli.terminal import output
from reconciler.model.event import Event, Outcome
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Plan, Selection
from tests.support import samples as s
from tests.support.access import samples as access_samples


class FakeApp:
    """Answers as it is told and keeps what it was asked."""

    def __init__(self) -> None:
        self.planned = app.PlanResult(s.FIRST, (), 0.2)
        self.saved = s.FIRST
        self.outcome: Outcome | None = s.DONE
        self.events: tuple[Event, ...] = ()
        self.failure: BaseException | None = None
        self.problems: tuple[Any, ...] = ()
        self.answers = access_samples.EVERYTHING
        self.asked = SimpleNamespace()

    def _ask(self, **what: Any) -> None:
        self.asked = SimpleNamespace(**what)
        if self.failure is not None:
            raise self.failure

    def validate(self, options: app.Options, fail_on_warning: bool | None = None) -> app.Validation:
        self._ask(options=options, fail_on_warning=fail_on_warning)
        return app.Validation(self.problems, ("a.yaml",), 18, 3, bool(fail_on_warning))

    async def plan(self, options: app.Options, mode: Mode, selection: Selection) -> app.PlanResult:
        self._ask(options=options, mode=mode, selection=selection)
        return self.planned

    async def drift(self, options: app.Options, selection: Selection, choice: Any = None) -> app.PlanResult:
        self._ask(options=options, selection=selection, choice=choice)
        return self.planned

    def load_plan(self, path: Path) -> Plan:
        return self.saved

    def save_plan(self, plan: Plan, path: Path) -> None:
        path.write_text(plan.fingerprint)

    async def ask(self, options: app.Options, choice: Any, selection: Any, request: Any) -> Any:
        self._ask(options=options, choice=choice, selection=selection, request=request)
        return self.answers

    async def show_state(self, options: app.Options) -> Any:
        self._ask(options=options)
        return s.STATE

    async def find_in_state(self, options: app.Options, patterns: Sequence[str]) -> app.Found:
        several = any("*" in pattern for pattern in patterns)
        return app.Found(tuple(s.STATE.resources), (), several)

    async def remove_from_state(self, options: app.Options, patterns: Sequence[str]) -> tuple[Any, Any]:
        self._ask(options=options, patterns=patterns)
        return tuple(s.STATE.resources), ()

    async def apply(
        self,
        options: app.Options,
        mode: Mode,
        selection: Selection,
        *,
        approve: Callable[[app.PlanResult], bool],
        observe: Callable[[Event], None],
        stop: app.Stop,
        saved: Path | None = None,
    ) -> app.ApplyResult:
        self._ask(options=options, mode=mode, selection=selection, saved=saved)
        plan = self.planned.plan
        if saved is None and plan.has_changes and not approve(self.planned):
            return app.ApplyResult(plan, None, approved=False)
        for event in self.events:
            observe(event)
        return app.ApplyResult(plan, self.outcome, approved=True)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeApp:
    pretended = FakeApp()
    for name in (
        "validate", "plan", "drift", "load_plan", "save_plan", "show_state", "find_in_state",
        "remove_from_state", "apply", "ask",
    ):  # fmt: skip
        monkeypatch.setattr(app, name, getattr(pretended, name))
    return pretended


class Ended:
    """How a command line ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run a command line in this process."""
    for name in ("NO_COLOR", "FORCE_COLOR", "RECONCILER_IN_AUTOMATION"):
        monkeypatch.delenv(name, raising=False)
    output._broken.clear()

    def call(*argv: str) -> Ended:
        code = run(argv)
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


Cli = Callable[..., Ended]

__all__ = ["Cli", "Ended", "Failure", "FakeApp"]
