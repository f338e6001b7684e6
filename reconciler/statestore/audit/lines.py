"""One line of the audit log: compact JSON with sorted keys, and in it the SHA-256 of all the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.model.auditing.entry import Anchor
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.text.fields import Unreadable, field
from reconciler.statestore.text.texts import dumps

BEGUN, ENDED, RECORDED, UNLOCKED = "begun", "ended", "recorded", "unlocked"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read. `hash` is the one that it says of itself, `values` are all its keys."""

    number: int
    previous: str
    hash: str
    event: str
    values: Mapping[str, Any]

    @property
    def anchor(self) -> Anchor:
        """Return what a later line, or another place, keeps of it."""
        return Anchor(self.number, self.hash)


def line_text(values: Mapping[str, Any], number: int, previous: str) -> str:
    """Return the text of a line, without its newline. Raises `TypeError` for what is not plain JSON data."""
    whole = {**values, "number": number, "previous": previous}
    return dumps({**whole, "hash": _hash(whole)})


def parse(text: str) -> Line:
    """Return a line as it says it is: its hash is not compared. Raises `Unreadable`."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error
    if type(raw) is not dict:
        raise Unreadable("it is not an object")
    try:
        texts = {name: field(raw, name, str) for name in ("previous", "hash", "event")}
        return Line(number=field(raw, "number", int), **texts, values=raw)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def is_intact(text: str, line: Line) -> bool:
    """Say whether every character of a line is as it was written."""
    rest = {name: value for name, value in line.values.items() if name != "hash"}
    return line.hash == _hash(rest) and text == dumps(line.values)


def _hash(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(dumps(values).encode("ascii")).hexdigest()
