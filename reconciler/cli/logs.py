"""The log on stderr (`-v`, `-vv`): escaped like all other output."""

from __future__ import annotations

import logging

from reconciler.cli.output import Output
from reconciler.render.lines import faint


def start_logging(err: Output, verbose: int) -> None:
    """Show the product's log from INFO on, with `-vv` everybody's from DEBUG on."""
    handler = _Handler(err)
    root = logging.getLogger() if verbose > 1 else logging.getLogger("reconciler")
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)


class _Handler(logging.Handler):
    def __init__(self, err: Output) -> None:
        super().__init__()
        self.err = err

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one or more escaped lines."""
        text = f"{record.levelname.lower()}: {record.name}: {record.getMessage()}"
        self.err.lines([[faint(line)] for line in text.split("\n")])
