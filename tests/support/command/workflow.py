"""What GitHub's runner makes of the log of a job."""

from __future__ import annotations

import re

HOSTILE = (
    "::set-output name=verdict::no-changes",
    "::add-mask::dc1",
    "  ::stop-commands::x",
    "##[command]rm",
    "x ##[error]y",
    "%0A::error::x",
    "a\n::error::b",
    "a\r::warning::b",
    "a\u2028::warning::b",
    "\u00a0::debug::x",
    "::::",
    "##[##[",
)


def commands(log: str) -> list[str]:
    """Return the lines in which the runner finds a command: `::name::` at the start of a line, or `##[name]`
    anywhere; a line also ends at a carriage return (ActionCommand.cs, ProcessInvoker.cs of actions/runner).
    """
    lines = re.split(r"\r\n|\r|\n", log)
    return [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
