"""The entry point: every run ends in an exit code and in words, never in a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reconciler.cli.commands.version import show_version, wants_version
from reconciler.cli.terminal.output import Output, end_output


def run(argv: Sequence[str]) -> int:
    """Run one command line; gives the process's exit code."""
    if wants_version(argv):  # answered before anything else is loaded
        code = show_version(Output(sys.stdout, False), as_json=any("json" in word for word in argv))
    else:
        import gc

        from reconciler.cli.program import run_program

        gc.set_threshold(100_000, 20, 100)  # a run is short and keeps nearly all it makes: look less often
        code = run_program(list(argv))
    return end_output(code)
