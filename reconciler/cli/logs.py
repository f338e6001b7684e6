"""The log on stderr (`-v`, `-vv`): as lines for people, or as one JSON object a line.

Scrubbed and escaped like all other output. Of the libraries' own lines (`-vv`) what a server sent is taken
out before: they quote whole headers.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

from reconciler.cli.output import Output
from reconciler.cli.run import json_text
from reconciler.render.lines import faint
from reconciler.sdk.quoting import quoted

_STATUS = re.compile(r"return_value=\(b'[^']*', (\d{3}),.*", re.DOTALL)
_GIVEN = re.compile(r" (return_value|exception)=(?!None\b).*", re.DOTALL)


def start_logging(err: Output, verbose: int, *, as_json: bool = False) -> None:
    """Log to `err`: our warnings; with 1 each request, and warnings of libraries; with 2 all there is."""
    handler = _Json(err) if as_json else _Lines(err)
    root, ours = logging.getLogger(), logging.getLogger("reconciler")
    for former in [item for item in root.handlers if isinstance(item, _Handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel((logging.CRITICAL, logging.WARNING, logging.DEBUG)[min(verbose, 2)])
    ours.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    logging.captureWarnings(True)


def message(record: logging.LogRecord) -> str:
    """What a record says, without what a library quotes of an answer."""
    text = record.getMessage()
    if record.name.partition(".")[0] in ("httpcore", "httpx", "aiohttp"):
        text = _GIVEN.sub("", _STATUS.sub(r"status=\1", text))
    return quoted(text)


class _Handler(logging.Handler):
    def __init__(self, err: Output) -> None:
        super().__init__()
        self.err = err

    def handleError(self, record: logging.LogRecord) -> None:
        """A line that cannot be written is left out; the run goes on."""


class _Lines(_Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one or more lines: time, level, who, what."""
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S.%f")[:-3]
        text = f"{time} {record.levelname.lower()}: {record.name}: {message(record)}"
        self.err.lines([[faint(line)] for line in text.split("\n")])


class _Json(_Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one JSON object on one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        value: dict[str, Any] = {
            "@level": record.levelname.lower(),
            "@message": message(record),
            "@module": record.name,
            "@timestamp": moment.replace("+00:00", "Z"),
            **getattr(record, "fields", {}),
        }
        self.err.text(json_text(value) + "\n")
