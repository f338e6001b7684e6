"""Exit code, text and JSON of any result say the same, because they are one value."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.drifting.items import items_of
from reconciler.model.drifting.report import DriftChoice, reported
from reconciler.model.event import Outcome
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Mode, Plan
from reconciler.model.verdict.applies import apply_verdict
from reconciler.model.verdict.drifts import drift_verdict
from reconciler.model.verdict.plans import plan_verdict
from reconciler.model.verdict.validations import validation_verdict
from reconciler.model.verdict.value import Verdict, Word, failure_verdict
from reconciler.render.apply.outcome import nothing_done, outcome_lines
from reconciler.render.apply.stream import outcome_message
from reconciler.render.diagnostics import validation_lines
from reconciler.render.plan.as_json import errored_value, plan_value
from reconciler.render.plan.drifted import drift_page
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import paint
from reconciler.render.validation_json import validation_value
from tests.support import samples as s
from tests.support.results.verdicts import outcomes, plans

# The exit codes that each word may have: a reader who has one of the two knows what to do.
CODES = {
    Word.NO_CHANGES: {0, 1},  # 1: of `drift`, where something could not be read
    Word.CHANGES: {0, 2, 1},
    Word.DRIFT: {0, 2},
    Word.UNHEALTHY: {0, 1, 2},
    Word.UNDECIDED: {0, 1},
    Word.BLOCKED: {4},
    Word.APPLIED: {0},
    Word.PARTIAL: {3},
    Word.FAILED: {1},
    Word.INTERRUPTED: {130},
    Word.VALID: {0},
    Word.INVALID: {1},
    Word.LOCKED: {5},
    Word.ERROR: {1},
}


def agrees(verdict: Verdict, document: object, page: str) -> None:
    """Assert that a document and a page show this verdict."""
    shown = json.loads(json.dumps(document))["verdict"]
    assert shown == {"exit_code": verdict.exit_code, "word": verdict.word.value, "text": verdict.text}
    assert verdict.text in page
    assert verdict.exit_code in CODES[verdict.word]


@settings(deadline=None)
@given(plans(), st.booleans())
def test_a_plan(plan: Plan, detailed: bool) -> None:
    verdict = plan_verdict(plan, detailed=detailed)
    agrees(verdict, plan_value(plan, "0", verdict=verdict), paint(plan_lines(plan, verdict=verdict)))
    if verdict.exit_code is ExitCode.CHANGES:
        assert detailed
        assert plan.has_changes or plan.drifted
    assert (verdict.word is Word.NO_CHANGES) == ("No changes" in verdict.text and not plan.deferred)


classes = st.frozensets(st.sampled_from(DriftClass))
choices = st.builds(
    DriftChoice,
    only=classes,
    fail_on=st.one_of(st.none(), classes),
    baseline=st.one_of(st.none(), st.just({})),
)


@settings(deadline=None)
@given(plans(mode=Mode.REFRESH_ONLY), choices)
def test_drift(plan: Plan, choice: DriftChoice) -> None:
    report = reported(items_of(plan), choice, plan)
    verdict = drift_verdict(plan, report)
    if verdict.word is Word.BLOCKED:
        return  # looking for drift plans no action that could be
    page = paint(drift_page(plan, report, verdict))
    agrees(verdict, plan_value(plan, "0", verdict=verdict, drift=report), page)
    assert (verdict.exit_code is ExitCode.CHANGES) == bool(report.counted)
    if verdict.exit_code is ExitCode.OK and choice.fail_on is None:
        assert not plan.deferred


@settings(deadline=None)
@given(plans(mode=Mode.REFRESH_ONLY))
def test_drift_by_default(plan: Plan) -> None:
    verdict = drift_verdict(plan)
    assert (verdict.exit_code is ExitCode.CHANGES) == bool(plan.drifted or plan.unhealthy)


@settings(deadline=None)
@given(plans(), st.one_of(st.none(), outcomes))
def test_an_apply(plan: Plan, outcome: Outcome | None) -> None:
    verdict = apply_verdict(plan, outcome)
    lines = [nothing_done(plan)] if outcome is None else outcome_lines(plan, outcome)
    agrees(verdict, outcome_message(plan, outcome or Outcome(), verdict), paint(lines))
    if verdict.exit_code is ExitCode.OK:
        assert outcome is None or outcome.is_complete
        assert not plan.deferred
    assert ("complete!" not in verdict.text) or outcome is None or outcome.is_complete
    if plan.mode is Mode.DESTROY and verdict.word is Word.APPLIED:
        assert verdict.text.startswith("Destroy complete!")


@settings(deadline=None)
@given(st.lists(st.sampled_from(s.PROBLEMS), unique_by=id), st.booleans())
def test_a_validation(problems: list, fail_on_warning: bool) -> None:  # type: ignore[type-arg]
    verdict = validation_verdict(problems, files=2, fail_on_warning=fail_on_warning)
    page = paint(validation_lines(problems, verdict, files=2))
    agrees(verdict, validation_value(problems, verdict, "0"), page)
    assert (verdict.exit_code is ExitCode.OK) == ("Success!" in page)


@settings(deadline=None)
@given(st.sampled_from(Cause))
def test_a_failure(cause: Cause) -> None:
    failure = Failure(cause, "it is wrong")
    verdict = failure_verdict(failure)
    agrees(verdict, errored_value(failure, "0"), "Error: it is wrong")
    assert verdict.exit_code is failure.exit_code
