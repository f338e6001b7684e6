r"""Surrogate pairs in escapes: JSON writes 🚀 as `"\ud83d\ude80"`, which YAML's library does not read.

Before reading, each such escape becomes one of the same width for a character of the private use area; after
reading, the characters of double-quoted text become what was meant, and any other text what was written. So
every place stays where it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")
_STAND_IN = re.compile(r"\\u[eE][0-7][0-9a-fA-F]{2}")
_MOVED = re.compile("[\ue000-\ue7ff]")
_DISTANCE = 0xE000 - 0xD800


class LoneSurrogate(ValueError):
    """Half of a pair without the other. `index` is its place in the file's text."""

    def __init__(self, index: int, escape: str) -> None:
        super().__init__(f"{escape} is half of a surrogate pair, and the other half is not beside it")
        self.index = index


class Surrogates:
    """The escaped surrogates of one text. `text` is what to give to the library."""

    def __init__(self, text: str) -> None:
        self.found = [(match.start(1), match[1]) for match in _ESCAPE.finditer(text)]
        self.at = [index for index, _ in self.found]
        self.text = _replaced(text, self.found) if self.found else text

    def restored(self, value: str, first: int, last: int, *, quoted: bool) -> str:
        """Return the value of a scalar that spans `first` to `last` of the text; `quoted` in double quotes.

        Raises `LoneSurrogate`.
        """
        own = self.found[bisect_left(self.at, first) : bisect_left(self.at, last)]
        if not own:
            return value
        if not quoted:
            written = iter(own)
            return _STAND_IN.sub(lambda match: next(written, (0, match[0]))[1], value)
        if len(_MOVED.findall(value)) != len(own):  # somebody wrote such a character, which is refused
            return value
        moved = _MOVED.sub(lambda match: chr(ord(match[0]) - _DISTANCE), value)
        _check(moved, own)
        return moved.encode("utf-16", "surrogatepass").decode("utf-16")


def _replaced(text: str, found: list[tuple[int, str]]) -> str:
    return "".join(_pieces(text, found))


def _pieces(text: str, found: list[tuple[int, str]]) -> Iterator[str]:
    end = 0
    for index, escape in found:
        yield text[end:index]
        yield f"\\u{int(escape[2:], 16) + _DISTANCE:04x}"
        end = index + len(escape)
    yield text[end:]


def _check(value: str, own: list[tuple[int, str]]) -> None:
    """Raise `LoneSurrogate` for the first half that has no other half right behind or before it."""
    number, position = 0, 0
    while position < len(value):
        if not "\ud800" <= value[position] <= "\udfff":
            position += 1
        elif value[position] <= "\udbff" and "\udc00" <= value[position + 1 : position + 2] <= "\udfff":
            number, position = number + 2, position + 2
        else:
            raise LoneSurrogate(*own[number])
