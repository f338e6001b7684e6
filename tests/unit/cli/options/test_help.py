"""Every command says what it is for, with an example."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler import __version__
from reconciler.cli.program import make_command
from tests.support.tables import each
from tests.unit.cli.conftest import Cli

ROOT: Any = make_command()


def _commands(command: Any, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found = {words: command}
    for name, below in getattr(command, "commands", {}).items():
        found |= _commands(below, (*words, name))
    return found


COMMANDS = _commands(ROOT)
LEAVES = [words for words, command in COMMANDS.items() if not hasattr(command, "commands")]


def test_the_commands() -> None:
    assert {" ".join(words) for words in LEAVES} == {
        "validate", "rules", "plan", "apply", "destroy", "drift", "rotate", "show", "output", "access",
        "approve", "audit list", "audit verify", "init",
        "comment", "doctor", "report", "schema", "graph", "rehearse", "sandbox", "snapshot", "version",
        "state list", "state show", "state rm", "state claim", "acl-policy", "completion", "state mv",
        "state pull", "state push", "state history", "state restore", "state verify", "force-unlock",
        "state migrate", "state recover", "state rebuild",
    }  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help(cli: Cli, words: tuple[str, ...]) -> None:
    ended = cli(*words, "--help")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: {' '.join(('reconciler', *words))}")
    if words:
        assert ended.out == cli("help", *words).out


@each("words", LEAVES, ids=" ".join)
def test_every_command_has_a_purpose_and_an_example(words: tuple[str, ...]) -> None:
    purpose, _, rest = COMMANDS[words].help.partition("\n")
    assert purpose.endswith(".")
    if words != ("version",):
        assert f"reconciler {' '.join(words)}" in rest


@each("words", COMMANDS, ids=" ".join)
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
    assert "Getting started:" in ended.err


@pytest.mark.parametrize("argv", [["version"], ["--version"], ["-version"]])
def test_version(cli: Cli, argv: list[str]) -> None:
    assert cli(*argv).out.startswith(f"reconciler {__version__}\n")


def test_version_as_json_and_with_other_options(cli: Cli) -> None:
    assert json.loads(cli("version", "-json").out)["reconciler_version"] == __version__
    assert cli("-C", ".", "version").out.startswith(f"reconciler {__version__}\n")
    assert cli("--version", "plan").out.startswith(f"reconciler {__version__}\n")
