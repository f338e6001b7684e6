"""Groups in the log of a job on GitHub: names in them cannot be commands."""

from __future__ import annotations

import io
import re

import pytest

from reconciler.cli.terminal.groups import Groups, no_commands
from reconciler.cli.terminal.output import Output

GITHUB = {"GITHUB_ACTIONS": "true"}


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def commands(log: str) -> list[str]:
    """Return the commands that GitHub finds in a log: none between stop-commands and its token."""
    found, token = [], ""
    for line in log.splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif match := re.match(r"::stop-commands::(.+)", line):
            token = match[1]
        elif line.startswith("::"):
            found.append(line)
    return found


def test_a_group_is_folded_and_nothing_in_it_is_a_command(stream: io.StringIO) -> None:
    out = Output(stream, False)
    groups = Groups(out, GITHUB)
    groups.begin("Plan")
    out.text("::error::from a name\n::endgroup::\n")
    groups.begin("Apply")
    out.text("::set-env name=PATH::x\n")
    groups.end()
    groups.end()
    out.text("done\n")
    assert commands(stream.getvalue()) == ["::group::Plan", "::endgroup::", "::group::Apply", "::endgroup::"]


def test_a_token_cannot_be_known(stream: io.StringIO) -> None:
    for _ in range(2):
        with no_commands(Output(stream, False), GITHUB):
            pass
    tokens = re.findall(r"stop-commands::(\w+)", stream.getvalue())
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) == 32


def test_elsewhere_there_are_none(stream: io.StringIO) -> None:
    out = Output(stream, False)
    groups = Groups(out, {})
    groups.begin("Plan")
    groups.end()
    with no_commands(out, {}):
        out.text("x\n")
    assert stream.getvalue() == "x\n"
