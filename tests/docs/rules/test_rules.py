"""The catalogue has every rule of the code, and no other; each has a page, and cases that a test runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.config.rules.catalogue.record import GROUPS, Rule, find, ids, rules
from tests.docs.rules.write import FOLDER, pages
from tests.support.rules import cases as rule_cases
from tests.support.tables import each

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)*\Z")
MAKERS = ("problem", "note", "stop", "whole", "Diagnostic", "Finding")
ROOMS = ("reconciler/config", "reconciler/sdk", "reconciler/app", "providers/reconciler_consul")
RULES = [pytest.param(rule, id=rule.id) for rule in rules()]


def trees() -> Iterator[ast.Module]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield ast.parse(path.read_text())


def used(tree: ast.Module) -> Iterator[str]:
    """Yield the codes that are given to a problem or a finding, as they are or by a constant's name."""
    named = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in MAKERS:
            values = (
                a.value if isinstance(a, ast.Constant) else named.get(getattr(a, "id", ""))
                for a in call.args[:2]
            )
            yield from [value for value in values if isinstance(value, str) and CODE.match(value)][:1]


def test_every_rule_of_the_code_is_in_the_catalogue() -> None:
    assert {code for tree in trees() for code in used(tree)} - set(ids()) == set()


@pytest.mark.long
def test_every_rule_of_the_catalogue_is_one_of_the_code() -> None:
    texts = {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert len(ids()) > 100
    assert set(ids()) - texts == set()


@each("rule", RULES)
def test_a_rule_says_everything(rule: Rule) -> None:
    assert rule.severity in ("error", "warning", "error or warning")
    assert rule.found in ("validate", "plan", "online", "both", "policies")
    assert rule.group in GROUPS
    assert all(text.strip() == text and text for text in (rule.title, rule.what, rule.why, rule.fix))


@each("rule", RULES)
def test_a_rule_has_a_failing_and_a_passing_case(rule: Rule) -> None:
    for which in (rule_cases.FAILS, rule_cases.PASSES):
        assert rule_cases.main_file(rule.id, which).exists() or rule_cases.further_files(rule.id, which)


def test_no_case_is_left_of_a_rule_that_is_gone() -> None:
    assert {path.name for path in rule_cases.CASES.iterdir()} - set(ids()) == set()


@pytest.mark.long
def test_the_pages_say_what_the_catalogue_says() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages(), "make rules writes them"


def test_what_is_no_rule_is_not_found() -> None:
    assert find("no-such-rule") is None
    assert find("../record") is None
