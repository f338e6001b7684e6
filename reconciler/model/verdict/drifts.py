"""The verdict of a look for drift."""

from __future__ import annotations

from reconciler.model.drifting.items import items_of
from reconciler.model.drifting.report import DriftChoice, DriftReport, drift_code, reported
from reconciler.model.failure import ExitCode
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Plan
from reconciler.model.verdict.plans import conclusion
from reconciler.model.verdict.value import Verdict, Word, some


def drift_verdict(plan: Plan, report: DriftReport | None = None) -> Verdict:
    """Return the verdict of a look for drift; without a `report` of what the plan has. Its exit code is 2 for
    differences that count; 1 where none was found and not everything could be read.
    """
    found = report or reported(items_of(plan), DriftChoice(), plan)
    code = drift_code(found)
    word, text = conclusion(plan) if found.choice.is_usual else _of_choice(code, found)
    return Verdict(code, word, text)


def _of_choice(code: ExitCode, report: DriftReport) -> tuple[Word, str]:
    """Return the word and the sentence where the user says what counts."""
    new = "new " if report.choice.baseline is not None else ""
    if code is ExitCode.CHANGES:
        text = f"{some(report.counted, f'{new}difference')} that {_verb(report.counted)}."
        return _word(report), f"Found {text}"
    if code is ExitCode.ERROR:
        return Word.UNDECIDED, f"No {new}difference that counts, but not everything could be decided."
    return Word.NO_CHANGES, f"No {new}difference that counts."


def _word(report: DriftReport) -> Word:
    kinds = {item.kind for item in report.items if report.choice.counts(item)}
    return Word.UNHEALTHY if kinds == {DriftClass.UNHEALTHY} else Word.DRIFT


def _verb(number: int) -> str:
    return "counts" if number == 1 else "count"
