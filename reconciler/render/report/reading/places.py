"""Places in files, from texts and ranges of a document."""

from __future__ import annotations

import re

from reconciler.render.report.reading.node import Node
from reconciler.render.report.value import Place

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9}):(?P<column>\d{1,9})", re.DOTALL)


def place_of(text: str) -> Place | None:
    """Return the place of `file:line:column`, or of a file alone; `None` where the text is empty."""
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    return Place(match["file"], int(match["line"]), int(match["column"])) if match else Place(text)


def place_in(range_: Node) -> Place | None:
    """Return the place of a range; `None` where it names no file."""
    if not range_["filename"].text:
        return None
    start, end = range_["start"], range_["end"]
    line, column = max(start["line"].number, 0), max(start["column"].number, 0)
    return Place(range_["filename"].text, line, column, max(end["column"].number, 0))
