"""JSON bodies as Go reads them into an `interface{}`: numbers are floats, half a surrogate is U+FFFD."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal

WRITTEN_WHOLE = 1e21
DEEPEST_READ = 400


def loads_any(body: bytes) -> Any:
    """Return the first JSON value of `body`; a number that a float64 holds whole is an int.

    Raises GoJSONError with Go's text, and a Refusal (501) for what nests deeper than the sandbox reads;
    servers take 10 000 levels.
    """
    try:
        value = loads(body, DECODER)
    except RecursionError:
        raise too_deep() from None
    if _depth(value) > DEEPEST_READ:
        raise too_deep()
    return _whole_text(value) if b"\\u" in body else value


def too_deep() -> Refusal:
    """Return the answer to a body that nests deeper than the sandbox reads."""
    return Refusal(501, f"bodies that nest deeper than {DEEPEST_READ} levels are not emulated")


def _number(text: str) -> float | int:
    number = float(text)
    if abs(number) == float("inf"):
        raise GoJSONError(f"json: cannot unmarshal number {text} into Go value of type float64")
    if not number.is_integer() or abs(number) >= WRITTEN_WHOLE or (not number and text[0] == "-"):
        return number
    return int(Decimal(repr(number)))  # as few digits as identify the number, then zeros: what Go writes


DECODER = json.JSONDecoder(parse_int=_number, parse_float=_number)


def _depth(value: Any) -> int:
    """Return how many lists and maps are within each other, without going deep in Python's own stack."""
    depth, level = 0, [value]
    while level:
        level = [part for item in level for part in _parts(item)]
        depth += bool(level)
    return depth


def _parts(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def _whole_text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_text(part) for part in value]
    if isinstance(value, dict):
        return {_whole_text(key): _whole_text(part) for key, part in value.items()}
    return value
