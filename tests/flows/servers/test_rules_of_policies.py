"""Rules about policies: the failing case has this problem only, the passing one none. No cluster is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.config.rules.catalogue.record import Rule, rules
from reconciler.model.diagnostic import Diagnostic
from tests.support.lab import Lab
from tests.support.rules import cases as rule_cases

POLICIES = [rule for rule in rules() if rule.found == "policies"]


async def found(folder: Path, rule: str, which: str, lint: str = "") -> tuple[Diagnostic, ...]:
    lab = Lab(folder)
    lab.write(rule_cases.main_file(rule, which).read_text())
    if lint:
        lab.write(f"lint: {{rules: {{{rule}: {lint}}}}}\n", "reconciler.yaml")
    return await app.check_policies(lab.options())


@pytest.mark.parametrize("rule", POLICIES, ids=lambda rule: rule.id)
async def test_the_failing_case_has_exactly_this_problem(rule: Rule, tmp_path: Path) -> None:
    problems = await found(tmp_path, rule.id, rule_cases.FAILS)
    assert {problem.code for problem in problems} == {rule.id}, problems
    assert {problem.severity.value for problem in problems} <= set(rule.severity.split(" or "))


@pytest.mark.parametrize("rule", POLICIES, ids=lambda rule: rule.id)
async def test_the_passing_case_has_no_problem(rule: Rule, tmp_path: Path) -> None:
    assert await found(tmp_path, rule.id, rule_cases.PASSES) == ()


async def test_a_warning_can_be_turned_off_and_a_broken_policy_cannot(tmp_path: Path) -> None:
    assert await found(tmp_path, "policy-undecided", rule_cases.FAILS, "off") == ()
    assert await found(tmp_path, "policy-broken", rule_cases.FAILS, "off") != ()


async def test_an_undecided_policy_that_blocks_stays_an_error(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    text = rule_cases.main_file("policy-undecided", rule_cases.FAILS).read_text()
    lab.write(text.replace("reason:", "undecided: block, reason:"))
    lab.write("lint: {rules: {policy-undecided: off}}\n", "reconciler.yaml")
    problems = await app.check_policies(lab.options())
    assert problems
    assert all(problem.is_error for problem in problems)
