"""docs/rules.md names every rule of the code, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)*\Z")
MAKERS = ("problem", "Diagnostic", "Finding")


def trees() -> Iterator[ast.Module]:
    for room in ("reconciler/config", "reconciler/sdk", "reconciler/app", "providers/reconciler_consul"):
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


def documented() -> set[str]:
    rows = [line for line in (ROOT / "docs/rules.md").read_text().splitlines() if line.startswith("| `")]
    return {code for row in rows for code in re.findall(r"`([a-z0-9-]+)`", row.split("|")[1])}


def test_every_rule_of_the_code_has_a_row() -> None:
    assert {code for tree in trees() for code in used(tree)} - documented() == set()


def test_every_row_is_a_rule_of_the_code() -> None:
    texts = {
        node.value
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert len(documented()) > 70
    assert documented() - texts == set()
