"""The log on stderr (`-v`, `-vv`): as lines for people, or as one JSON object a line.

Scrubbed and escaped like all other output. Of the libraries' own lines (`-vv`) what a server sent is taken
out before: they quote whole headers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from reconciler.cli.run import json_text
from reconciler.cli.terminal.output import Output
from reconciler.render.text.lines import faint
from reconciler.sdk.secrets.quoting import quoted

_STATUS = re.compile(r"return_value=\(b'[^']*', (\d{3}),.*", re.DOTALL)
_GIVEN = re.compile(r" (return_value|exception)=(?!None\b).*", re.DOTALL)


@contextmanager
def logging_to(err: Output, verbose: int, *, as_json: bool = False) -> Iterator[None]:
    """Log to `err` while open: nothing; with 1 each request, and warnings of libraries; with 2 everything."""
    root, ours = logging.getLogger(), logging.getLogger("reconciler")
    former = root.level, ours.level
    if not verbose:
        handler: logging.Handler = logging.NullHandler()  # else Python shows the errors of libraries itself
    else:
        handler = _Json(err) if as_json else _Lines(err)
        root.setLevel(logging.DEBUG if verbose > 1 else logging.WARNING)
        ours.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(former[0])
        ours.setLevel(former[1])


def message(record: logging.LogRecord) -> str:
    """Return what a record says, without what a library quotes of an answer."""
    text = record.getMessage()
    if record.name.partition(".")[0] in ("httpcore", "httpx", "aiohttp"):
        text = _GIVEN.sub("", _STATUS.sub(r"status=\1", text))
    return quoted(text)


class _Handler(logging.Handler):
    def __init__(self, err: Output) -> None:
        super().__init__()
        self.err = err

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. Where the stream was closed it is left out, and the run goes on."""
        with suppress(ValueError):
            self.write(record)

    def write(self, record: logging.LogRecord) -> None:
        """Write one record in this handler's form."""
        raise NotImplementedError


class _Lines(_Handler):
    def write(self, record: logging.LogRecord) -> None:
        """Write one record as one or more lines: time, level, who, what."""
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        text = f"{time} {record.levelname.lower()}: {record.name}: {message(record)}"
        self.err.lines([[faint(line)] for line in text.split("\n")])


class _Json(_Handler):
    def write(self, record: logging.LogRecord) -> None:
        """Write one record as one JSON object on one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        value: dict[str, Any] = {
            "@level": record.levelname.lower(),
            "@message": message(record),
            "@module": record.name,
            "@timestamp": moment.replace("+00:00", "Z"),
            **getattr(record, "fields", {}),
        }
        self.err.json(json_text(value) + "\n")
