"""Groups in the log of a job on GitHub."""

from __future__ import annotations

import io

import pytest

from reconciler.cli.terminal.groups import Groups
from reconciler.cli.terminal.output import Output
from tests.support.command.workflow import commands

GITHUB = {"GITHUB_ACTIONS": "true"}


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_a_group_is_folded_and_nothing_in_it_or_after_it_is_a_command(stream: io.StringIO) -> None:
    out = Output(stream, False, is_log=True)
    groups = Groups(out, GITHUB)
    groups.begin("Plan")
    out.text("::error::from a name\n::endgroup::\n")
    groups.begin("Apply")
    out.text("::set-env name=PATH::x\n")
    groups.end()
    groups.end()
    out.text("::error::after the groups\n")
    assert commands(stream.getvalue()) == ["::group::Plan", "::endgroup::", "::group::Apply", "::endgroup::"]


def test_elsewhere_there_are_none(stream: io.StringIO) -> None:
    out = Output(stream, False)
    groups = Groups(out, {})
    groups.begin("Plan")
    groups.end()
    out.text("x\n")
    assert stream.getvalue() == "x\n"
