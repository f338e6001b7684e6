"""Groups of lines in the log of a job on GitHub."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.cli.terminal.output import Output, is_on_github


class Groups:
    """Folds parts of a log where GitHub runs this; does nothing elsewhere."""

    def __init__(self, out: Output, environ: Mapping[str, str]) -> None:
        self._out = out
        self.is_on = is_on_github(environ) and not out.is_terminal
        self._is_open = False

    def begin(self, title: str) -> None:
        """Begin a group, and end one that is open."""
        self.end()
        if self.is_on:
            self._is_open = True
            self._out.verbatim(f"::group::{title}\n")

    def end(self) -> None:
        """End the group that is open, if one is."""
        if self._is_open:
            self._is_open = False
            self._out.verbatim("::endgroup::\n")
            self._out.flush()
