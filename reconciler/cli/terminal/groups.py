"""Groups of lines in the log of a job on GitHub, and text in which GitHub finds no command of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reconciler.cli.terminal.output import Output


class Groups:
    """Folds parts of a log where GitHub runs this; does nothing elsewhere."""

    def __init__(self, out: Output, environ: Mapping[str, str]) -> None:
        self._out = out
        self.is_on = environ.get("GITHUB_ACTIONS") == "true" and not out.is_terminal
        self._resumes = ""  # the command that lets GitHub read commands again; empty where no group is open

    def begin(self, title: str) -> None:
        """Begin a group, and end one that is open. Names in it cannot be commands: GitHub does not look."""
        self.end()
        if self.is_on:
            token = secrets.token_hex(16)
            self._resumes = f"::{token}::"
            self._out.text(f"::group::{title}\n::stop-commands::{token}\n")

    def end(self) -> None:
        """End the group that is open, if one is."""
        if self._resumes:
            self._out.text(f"{self._resumes}\n::endgroup::\n")
            self._out.flush()
            self._resumes = ""


@contextmanager
def no_commands(out: Output, environ: Mapping[str, str]) -> Iterator[None]:
    """While open, GitHub takes nothing that is printed for a command."""
    if environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    token = secrets.token_hex(16)
    out.text(f"::stop-commands::{token}\n")
    try:
        yield
    finally:
        out.text(f"::{token}::\n")
        out.flush()
