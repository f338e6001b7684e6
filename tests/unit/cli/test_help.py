"""Every command says what it is for, with an example, and starts fast."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from reconciler import __version__
from reconciler.cli.program import make_app
from tests.unit.cli.conftest import Cli

ROOT: Any = typer.main.get_command(make_app())


def _commands(command: Any, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found = {words: command}
    for name, below in getattr(command, "commands", {}).items():
        found |= _commands(below, (*words, name))
    return found


COMMANDS = _commands(ROOT)
LEAVES = [words for words, command in COMMANDS.items() if not hasattr(command, "commands")]


def test_the_commands() -> None:
    assert {" ".join(words) for words in LEAVES} == {
        "validate", "plan", "apply", "destroy", "drift", "rotate", "show", "output", "sandbox", "version",
        "state list", "state show", "state rm", "state claim", "acl-policy",
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help(cli: Cli, words: tuple[str, ...]) -> None:
    ended = cli(*words, "--help")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: {' '.join(('reconciler', *words))}")
    if words:
        assert ended.out == cli("help", *words).out


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_a_purpose_and_an_example(words: tuple[str, ...]) -> None:
    purpose, _, rest = COMMANDS[words].help.partition("\n")
    assert purpose.endswith(".")
    if words != ("version",):
        assert f"reconciler {' '.join(words)}" in rest or "reconciler -C" in rest


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    silent = [option.name for option in COMMANDS[words].params if not getattr(option, "help", "")]
    assert silent == []


def test_global_options_have_their_own_section(cli: Cli) -> None:
    for words in (["plan"], ["state", "rm"], []):
        own, shared = cli(*words, "--help").out.split("Global options:\n")
        assert "--chdir DIR" in shared
        assert "--chdir DIR" not in own


def test_no_command_is_a_usage_error_that_shows_the_help(cli: Cli) -> None:
    ended = cli()
    assert ended.code == 1
    assert "A first walk:" in ended.err


@pytest.mark.parametrize("argv", [["version"], ["--version"], ["-version"]])
def test_version(cli: Cli, argv: list[str]) -> None:
    assert cli(*argv).out.startswith(f"reconciler {__version__}\n")


def test_version_as_json_and_with_other_options(cli: Cli) -> None:
    assert json.loads(cli("version", "-json").out)["reconciler_version"] == __version__
    assert cli("-C", ".", "version").out.startswith(f"reconciler {__version__}\n")
    assert cli("--version", "plan").out.startswith(f"reconciler {__version__}\n")


HEAVY = ["typer", "rich", "httpx", "aiohttp", "pydantic", "deepdiff", "yaml", "asyncio", "tenacity"]


def _loaded(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in ended.stderr.split()}


def test_version_loads_nothing_heavy() -> None:
    loaded = _loaded("from reconciler.cli.main import run\nassert run(['version']) == 0")
    assert loaded & set(HEAVY) == set()


def test_help_loads_nothing_that_talks() -> None:
    loaded = _loaded("from reconciler.cli.main import run\nassert run(['plan', '--help']) == 0")
    assert loaded & {"httpx", "aiohttp", "deepdiff", "yaml", "rich"} == set()


def test_a_plan_loads_only_what_it_uses(tmp_path: Path) -> None:
    """A few requests are not worth aiohttp, nor an object without a difference deepdiff."""
    (tmp_path / "a.yaml").write_text(
        "clusters: {dc1: {address: 'http://127.0.0.1:9'}}\n"
        "intentions: {dc1: {api: [{from: web, action: allow}]}}\n"
    )
    code = f"from reconciler.cli.main import run\nrun(['-C', {str(tmp_path)!r}, 'plan'])"
    loaded = _loaded(code)
    assert {"httpx", "yaml", "pydantic"} <= loaded
    assert loaded & {"rich", "pygments", "aiohttp", "deepdiff"} == set()
