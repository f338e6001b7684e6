"""Ignore rules of a run: those in force, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.config.lint.applying import OFF, Lint
from reconciler.model.desired import DesiredState
from reconciler.model.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from reconciler.model.ignoring.rules import IgnoreRule

EXPIRED, UNUSED = "ignore-expired", "ignore-unused"


def in_force(desired: DesiredState, now: datetime) -> tuple[IgnoreRule, ...]:
    """Return the rules that hold today (UTC)."""
    today = now.astimezone(UTC).date()
    return tuple(rule for rule in desired.ignores if rule.holds(today))


def expired(desired: DesiredState | None, now: datetime) -> Iterator[Diagnostic]:
    """Yield a warning for each rule that has expired."""
    if desired is None or not desired.ignores:
        return
    holding = in_force(desired, now)
    for rule in desired.ignores:
        if rule not in holding:
            summary = f"the rule for {rule.name} ended with {rule.until}: it ignores nothing any more"
            yield _problem(rule, EXPIRED, summary, "remove it, or give it a later date")


def unused_problems(rules: Iterable[IgnoreRule]) -> Iterator[Diagnostic]:
    """Yield a warning for each rule whose fields are in none of its objects."""
    for rule in rules:
        summary = f"no object of {rule.name} has one of the fields of this rule: it ignores nothing"
        yield _problem(rule, UNUSED, summary, "check the spelling of the fields, or remove the rule")


def unused_warnings(rules: Iterable[IgnoreRule], lint: Lint) -> Iterator[str]:
    """Yield these warnings as sentences of a plan, without those that are turned off."""
    for problem in unused_problems(rules):
        if lint.level(problem.code, problem.is_error, problem.position) != OFF:
            yield f"{problem.position}: {problem.summary} [{problem.code}]"


def _problem(rule: IgnoreRule, code: str, summary: str, hint: str) -> Diagnostic:
    return Diagnostic(Severity.WARNING, code, summary, rule.origin, hint)
