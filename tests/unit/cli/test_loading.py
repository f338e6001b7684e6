"""What a command does not use it does not import: modules are listed, seconds are for benchmarks/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFIGURATION = """clusters:
  dc1: {address: "http://127.0.0.1:9"}
  dc2: {address: "http://127.0.0.1:10"}
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""
NETWORK = {"aiohttp", "anyio", "asyncio", "httpcore", "httpx", "reconciler.sdk.http", "ssl"}
LIBRARIES = {"deepdiff", "pygments", "rich", "tenacity"}
WORK = {
    "reconciler.app.applying",
    "reconciler.app.planning",
    "reconciler.app.workspace",
    "reconciler.emulator",
    "reconciler.engine",
    "reconciler.model.change",
    "reconciler.model.event",
    "reconciler.model.plan",
    "reconciler.registry",
    "reconciler.sdk.foresight",
    "reconciler.sdk.provider",
    "reconciler.statestore",
    "reconciler_consul",
}


def loaded(folder: Path, *argv: str) -> set[str]:
    """Return the modules that a command line loads, with the packages that they are in."""
    code = (
        "import sys\n"
        "from reconciler.cli.main import run\n"
        f"run({list(argv)!r})\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(ended.stderr.split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mesh.yaml").write_text(CONFIGURATION)
    return tmp_path


def test_version_loads_nothing_heavy(folder: Path) -> None:
    heavy = NETWORK | LIBRARIES | WORK | {"typer", "pydantic", "yaml"}
    assert loaded(folder, "version") & heavy == set()


def test_validate_loads_the_configuration_and_no_more(folder: Path) -> None:
    found = loaded(folder, "validate")
    assert {"typer", "pydantic", "yaml", "reconciler.config.load"} <= found
    assert found & (NETWORK | LIBRARIES | WORK | {"email", "importlib.metadata"}) == set()


def test_what_is_not_declared_is_not_imported(folder: Path) -> None:
    """Settings without `reconciler.yaml`; policies and ignore rules without their sections."""
    unused = {
        "reconciler.config.drafts.declared_places",
        "reconciler.config.expand.ignoring",
        "reconciler.config.expand.policies",
        "reconciler.config.operating.sections",
        "reconciler.model.guarding.freezes",
        "reconciler.model.ignoring.rules",
        "reconciler.model.notifying.hook",
        "reconciler.model.reaching.policy",
        "reconciler.model.state_place",
        "reconciler.sdk.access",
    }
    assert loaded(folder, "validate") & unused == set()
    (folder / "reconciler.yaml").write_text("parallelism: 3\n")
    assert "reconciler.config.operating.sections" in loaded(folder, "validate")


def test_validate_does_not_read_the_catalogue_of_rules(folder: Path) -> None:
    """Also where it has something to say: only what is said of a rule needs its text."""
    catalogue = {"reconciler.config.rules.catalogue", "tomllib"}
    text = 'intentions: {dc1: {api: [{from: "*", action: deny}]}}\nexports: {dc1: {api: [dc2]}}'
    (folder / "mesh.yaml").write_text(CONFIGURATION.split("exports", maxsplit=1)[0] + f"{text}\n")
    assert loaded(folder, "validate") & catalogue == set()
    comment = "   # reconciler: ignore[peers-not-denied] dc2 may call it"
    (folder / "mesh.yaml").write_text(
        CONFIGURATION.split("exports", maxsplit=1)[0] + text.replace("\n", f"{comment}\n")
    )
    assert loaded(folder, "validate") & catalogue == set(), "what it ignores is a warning"


def test_a_section_that_no_file_has_costs_nothing(folder: Path) -> None:
    found = loaded(folder, "validate")
    forms = {name.rpartition(".")[2] for name in found if name.startswith("reconciler.config.language.")}
    assert {"clusters", "peerings", "intentions"} <= forms
    assert forms & {"entries", "operator", "service", "traffic"} == set()
    (folder / "more.yaml").write_text("mesh: {dc1: {}}\n")
    assert "reconciler.config.language.entries" in loaded(folder, "validate")


def test_validate_looks_for_no_plugins(folder: Path) -> None:
    """Neither of ours nor of pydantic's: that reads the metadata of every package that is installed."""
    code = (
        "import importlib.metadata, os, sys\n"
        "importlib.metadata.entry_points = lambda **asked: print(asked, file=sys.stderr) or ()\n"
        "from reconciler.cli.main import run\n"
        "run(['validate'])\n"
        "print(os.environ.get('PYDANTIC_DISABLE_PLUGINS', ''), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert ended.stderr.strip() == ""


def test_help_loads_nothing_that_works(folder: Path) -> None:
    found = loaded(folder, "validate", "--help")
    assert found & (NETWORK | LIBRARIES | WORK | {"pydantic", "yaml", "reconciler.app"}) == set()


def test_a_command_loads_no_other_command(folder: Path) -> None:
    found = {name for name in loaded(folder, "validate") if name.startswith("reconciler.cli.commands.")}
    assert found == {"reconciler.cli.commands.version", "reconciler.cli.commands.validating"}


def test_a_plan_loads_only_what_it_uses(folder: Path) -> None:
    """A few requests are not worth aiohttp, nor an object without a difference deepdiff."""
    found = loaded(folder, "plan")
    assert {"httpx", "yaml", "pydantic", "reconciler.engine.planning"} <= found
    assert found & (
        LIBRARIES | {"aiohttp", "reconciler.engine.execution.executor", "reconciler.emulator"}
    ) == {"tenacity"}


def test_what_is_recorded_is_shown_without_the_network(folder: Path) -> None:
    found = loaded(folder, "state", "list")
    assert found & (LIBRARIES | {"httpx", "aiohttp", "reconciler.emulator"}) == set()


def test_a_format_that_is_not_asked_for_costs_nothing(folder: Path) -> None:
    for command in ("validate", "plan"):
        assert not [name for name in loaded(folder, command) if name.startswith("reconciler.render.report")]
    found = loaded(folder, "validate", "--format", "markdown")
    assert "reconciler.render.report.markdown" in found
    assert not [
        name
        for name in found
        if name.startswith(("reconciler.render.report.scanning", "reconciler.render.graph"))
    ]
