"""Completion offers commands, options, addresses of the state and names of clusters, in each shell."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand

from reconciler.app.options import Options
from reconciler.cli.commands.completion import Shell
from reconciler.cli.options.completing import _offered
from reconciler.statestore.factory import open_store
from tests.support import samples as s
from tests.support.command.lab import WARM

SHELLS = ("bash", "zsh", "fish")
BIN = Path(sys.executable).parent
ADDRESSES = sorted(str(address) for address in s.STATE.resources)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration of two clusters, not all of it valid, and a state with a third one."""
    asyncio.run(_record(tmp_path / "state"))
    (tmp_path / "mesh.yaml").write_text(
        "clusters: {east: {address: 'http://127.0.0.1:9'}, west: {adress: x}}\n"
    )
    return tmp_path


async def _record(place: Path) -> None:
    session = await open_store(place).open("apply")
    for cluster in s.STATE.clusters.values():
        await session.saw_cluster(cluster)
    for recorded in s.STATE.resources.values():
        await session.applied(recorded)
    await session.commit()
    await session.close()


def offered(folder: Path, shell: str, *words: str) -> list[str]:
    """Return what a shell is offered for the last word, by the protocol of its completion script."""
    line = ["reconciler", *words]
    asked = {
        "_RECONCILER_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "\n".join(line),
        "COMP_CWORD": str(len(line) - 1),
        "_TYPER_COMPLETE_ARGS": " ".join(line),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COLUMNS": "30",
    }
    out = _started((), folder, asked)
    if shell == "zsh":
        return re.findall(r'^(?:.*\(\()?"([^"]*)"', out, re.MULTILINE)
    return [row.partition("\t")[0] for row in out.splitlines() if row]


def _started(argv: Sequence[str], folder: Path, environ: dict[str, str]) -> str:
    """Run the command as a shell does, in a process that has the libraries loaded."""
    code, out, err = WARM.run(argv, folder, {**os.environ, **environ})
    assert (code, err) == (0, "")
    return out


def _run(argv: Sequence[str], folder: Path, environ: dict[str, str]) -> str:
    environ = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environ}
    ended = subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_commands(folder: Path, shell: str) -> None:
    """In a narrow terminal, too: a description that is wrapped would be offered line by line."""
    assert offered(folder, shell, "d") == ["destroy", "drift", "doctor"]
    assert offered(folder, shell, "state", "c") == ["claim"]


@pytest.mark.parametrize("shell", SHELLS)
def test_options(folder: Path, shell: str) -> None:
    assert offered(folder, shell, "plan", "--de") == ["--detailed-exitcode", "--destroy"]


@pytest.mark.parametrize("shell", SHELLS)
def test_addresses_of_the_state(folder: Path, shell: str) -> None:
    assert (
        offered(folder, shell, "plan", "--target", "p") == [a for a in ADDRESSES if a.startswith("p")] != []
    )
    assert offered(folder, shell, "state", "show", "service_int") != []


@pytest.mark.parametrize("shell", SHELLS)
def test_names_of_clusters_declared_or_recorded(folder: Path, shell: str) -> None:
    """Also while the configuration has an error: that is when commands are typed."""
    assert offered(folder, shell, "output", "e") == ["east"]
    assert offered(folder, shell, "acl-policy", "--cluster", "n") == sorted(s.STATE.clusters)


def test_every_option_that_takes_an_address_or_a_cluster_offers_them(folder: Path) -> None:
    for words in (
        ["apply", "--exclude"], ["plan", "--replace"], ["apply", "--take"], ["destroy", "--target"],
        ["drift", "--target"], ["rotate"], ["state", "list"], ["state", "rm"], ["state", "mv"],
        ["state", "mv", "x"],
    ):  # fmt: skip
        assert offered(folder, "bash", *words, "peering.") == ["peering.north/lab"], words


async def test_the_id_of_the_run_that_holds_the_lock(folder: Path) -> None:
    session = await open_store(folder / "state").open("apply")
    holder = await open_store(folder / "state").holder()
    assert holder is not None
    assert offered(folder, "bash", "force-unlock", "") == [holder.id]
    await session.close()
    assert offered(folder, "bash", "force-unlock", "") == []


def test_the_options_that_say_where_things_are_count(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert offered(elsewhere, "bash", "-C", str(folder), "output", "w") == ["west"]
    state = str(folder / "state")
    assert offered(elsewhere, "bash", "plan", "--state", state, "--target", "peering.") == [
        "peering.north/lab"
    ]


def test_nothing_is_said_where_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a directory")
    assert offered(tmp_path, "bash", "plan", "--target", "p") == []
    assert offered(tmp_path, "bash", "output", "x") == []


def test_a_defect_offers_nothing_and_writes_nothing_into_the_command_line() -> None:
    async def broken(options: Options) -> list[str]:
        raise RuntimeError(options)

    assert _offered(typer.Context(TyperCommand("plan")), broken) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_asks_this_program(folder: Path, shell: str) -> None:
    script = _started(("completion", shell), folder, {})
    assert f"_RECONCILER_COMPLETE=complete_{shell}" in script


def test_every_shell_is_tested() -> None:
    assert tuple(shell.value for shell in Shell) == SHELLS


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_a_real_bash_completes(folder: Path) -> None:
    script = """
        source <(reconciler completion bash)
        complete -p reconciler > /dev/null || exit 1
        COMP_WORDS=(reconciler plan --target peering.) COMP_CWORD=3
        _reconciler_completion reconciler
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert _run(["bash", "--norc", "-c", script], folder, {}).split() == ["peering.north/lab"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh on this machine")
def test_a_real_zsh_completes_with_the_first_tab(folder: Path) -> None:
    """As a file of `fpath`, whose text is a function that runs at each completion; and with `source`."""
    (folder / "functions").mkdir()
    script = _run([str(BIN / "reconciler"), "completion", "zsh"], folder, {})
    (folder / "functions" / "_reconciler").write_text(script)
    asks = """
        _arguments() { print -r -- "$*" }
        compdef() { print "registered $*" }
        words=(reconciler plan --target peering.) CURRENT=4
    """
    found = "fpath=($PWD/functions); autoload -Uz _reconciler; _reconciler; _reconciler"
    out = _run(["zsh", "-f", "-c", asks + found], folder, {})
    assert "registered" not in out
    assert out.count("peering.north/lab") == 2
    assert _run(["zsh", "-f", "-c", asks + "source functions/_reconciler"], folder, {}) == (
        "registered _reconciler_completion reconciler\n"
    )


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
def test_a_real_fish_completes(folder: Path) -> None:
    script = "reconciler completion fish | source; complete -C 'reconciler plan --target peering.'"
    assert _run(["fish", "--no-config", "-c", script], folder, {}).split() == ["peering.north/lab"]
