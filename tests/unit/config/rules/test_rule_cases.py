"""Every rule that needs no cluster: its failing case has this problem only, its passing case has none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler import registry
from reconciler.app.ignoring import expired
from reconciler.config.load import load
from reconciler.config.rules.catalogue.record import Rule, rules
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.sdk.schemas import Description
from tests.support.rules import cases as rule_cases
from tests.support.tables import each

DAY = datetime(2026, 1, 1, tzinfo=UTC)
OFFLINE = [rule for rule in rules() if rule.found in ("validate", "both")]


def found(rule: str, which: str, folder: Path) -> tuple[Diagnostic, ...]:
    rule_cases.write(rule, which, folder)
    loaded = load(Path(), plugins=described)
    return (*loaded.diagnostics, *expired(loaded.desired, DAY))


def described(provider: str) -> Description:
    """What a provider says of its types: the one that cases call shelves is made up, others are installed."""
    return Description() if provider == "shelves" else registry.described(provider)


@each("rule", OFFLINE, ids=lambda rule: rule.id)
def test_the_failing_case_has_exactly_this_problem(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problems = found(rule.id, rule_cases.FAILS, tmp_path)
    assert {problem.code for problem in problems} == {rule.id}, problems
    assert {problem.severity for problem in problems} <= severities(rule)


def severities(rule: Rule) -> set[Severity]:
    return {Severity(word) for word in rule.severity.split(" or ")}


@each("rule", OFFLINE, ids=lambda rule: rule.id)
def test_the_passing_case_has_no_problem(rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found(rule.id, rule_cases.PASSES, tmp_path) == ()
