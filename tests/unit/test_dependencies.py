"""Third-party packages: what is imported is declared in pyproject.toml, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"reconciler", "reconciler_consul"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("postgres", "objects")
# Imported only where a pytest loads it: the plugin with the sandbox.
IN_PYTEST = {"pytest": {"reconciler/pytest_plugin.py"}}
# Needed without an import: data of zoneinfo.
UNSEEN = {"tzdata"}


def named(requirement: str) -> str:
    """Return the name of a distribution as package indexes compare it."""
    name = re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    extras = (one for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra])
    return {named(one) for one in (*PROJECT["dependencies"], *extras)}


@cache
def imported() -> frozenset[tuple[str, str]]:
    """Return each third-party package that is imported, as its import has it, with the file."""
    return frozenset(_imported())


def _imported() -> Iterator[tuple[str, str]]:
    for folder in ("reconciler", "providers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for top in {name.partition(".")[0] for name in names} - OURS - sys.stdlib_module_names:
                    yield top, str(path.relative_to(ROOT))


def distributions(package: str) -> set[str]:
    """Return the distributions that bring a package."""
    return {named(one) for one in _brought().get(package, [package])}


@cache
def _brought() -> Mapping[str, list[str]]:
    """Return the distributions of every package that is installed: reading all of them takes a while."""
    return packages_distributions()


def test_what_is_imported_is_declared() -> None:
    known = declared()
    undeclared = {
        (package, file)
        for package, file in imported()
        if not distributions(package) & known and file not in IN_PYTEST.get(package, ())
    }
    assert undeclared == set()


def test_what_is_declared_is_imported() -> None:
    brought = {name for package, _ in imported() for name in distributions(package)}
    assert declared() - brought == UNSEEN
