"""The scrubber: what takes secrets out of every text that leaves this process for people or files.

Each `Secret` (a token) is remembered here as it is made, so that none can be forgotten; `remember` takes
other texts: values that the configuration calls sensitive. All ways out pass `scrubbed` (streams, logs) or
`masked` (JSON): what a server repeats is masked there in whichever spelling, also where it comes in parts.

How: from every spelling the runs of a few characters ("grams") are kept in a dictionary. A text is sampled at
every place, a long one at every few; a hit is followed in both directions as far as text and secret agree.
The time grows with the text (about 0.02 s for 1 MB) and hardly with the number of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.sdk.spellings import SHORTEST, WIDE, odd_spellings, pieces, spellings, width

MASK = "(sensitive value)"
SMALL = 16_384  # characters up to which a text is looked at in every place
_STEP = 9  # a longer one at every ninth: a run of _STEP - 1 + width characters is always found
_DENSE = 80  # characters up to which every gram of a spelling is kept
_DIFFERENT = 3  # different characters that a gram must have: "0000-000" gives nothing away

_PART = 12  # characters of a token that are no coincidence among as much data as an answer may have
_ASCII_ESCAPE = re.compile(r"\\u00([2-7][0-9a-fA-F])")

Gram = tuple[str, int]  # the spelling it is from, and where it stands there


class Scrubber:
    """Knows secrets, and masks them in texts."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._new: list[str] = []
        self._grams: dict[int, dict[str, Gram]] = {}  # by their width
        self._whole: list[str] = []  # spellings too short for sampling to be sure of them

    def remember(self, text: str) -> None:
        """Mask this text from now on; one of less than `SHORTEST` characters is left to who shows it."""
        if len(text) >= SHORTEST and text not in self._known:
            self._known.add(text)
            self._new.append(text)

    def scrubbed(self, text: str) -> str:
        """The text with every secret masked; the same text where there is none."""
        found = self._found(text)
        return _masked(text, found) if found else text

    def has(self, text: str, run: int = 0) -> bool:
        """Whether a secret is in the text, or at least `run` characters of it."""
        return any(end - begin >= run for begin, end in self._found(text))

    def masked(self, value: Any) -> Any:
        """A JSON value with the secrets masked in its texts, keys and numbers."""
        if isinstance(value, str):
            return self.scrubbed(value)
        if isinstance(value, Mapping):
            return {self.masked(key): self.masked(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.masked(item) for item in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return MASK if self.has(str(value)) else value
        return value

    def _found(self, text: str) -> list[tuple[int, int]]:
        """Where secrets are: begin and end of each run, in any order."""
        while self._new:
            self._learn(self._new.pop())
        if not self._known or len(text) < SHORTEST:
            return []
        low = _lowered(text)
        found = [place for spelling in self._whole for place in _places(low, spelling)]
        for size, grams in self._grams.items():
            if not grams.keys().isdisjoint(_sample(low, size)):
                found += _runs(low, size, grams)
        return found

    def _learn(self, secret: str) -> None:
        for piece, size in pieces(secret):
            for spelling in spellings(piece):
                self._keep(spelling, size)
            for spelling in odd_spellings(piece):
                self._keep(spelling, WIDE)

    def _keep(self, spelling: str, size: int) -> None:
        stride = _stride(len(spelling))
        grams = self._grams.setdefault(size, {})
        sure = len(spelling) >= size + (stride - 1 if stride == 1 else stride) * _STEP + _STEP
        for at in range(0, len(spelling) - size + 1, stride):
            gram = spelling[at : at + size]
            if len(set(gram)) < _DIFFERENT or (size == WIDE and "--" in gram):  # a key's "-----BEGIN"
                sure = False
            else:
                grams.setdefault(gram, (spelling, at))
        if not sure:
            self._whole.append(spelling)


def _stride(length: int) -> int:
    """Every how many characters a gram is kept: a power of two, which has no factor in common with `_STEP`,
    so that any long run has a place where both meet."""
    if length <= _DENSE:
        return 1
    return max(8, 1 << (length // 512).bit_length())


def _lowered(text: str) -> str:
    """Lower case, character by character: some capitals become two letters."""
    low = text.lower()
    return low if len(low) == len(text) else "".join([c.lower() if c.isascii() else c for c in text])


def _sample(low: str, size: int) -> Iterable[str]:
    step = 1 if len(low) <= SMALL else _STEP
    return [low[at : at + size] for at in range(0, len(low) - size + 1, step)]


def _runs(low: str, size: int, grams: Mapping[str, Gram]) -> Iterator[tuple[int, int]]:
    """Every run of a secret in a text that is known to have one."""
    at = 0
    while at <= len(low) - size:
        gram = grams.get(low[at : at + size])
        if gram is None:
            at += 1
            continue
        begin, end = _followed(low, at, *gram)
        yield begin, end
        at = max(at + 1, end - size + 1)


def _followed(low: str, at: int, spelling: str, inside: int) -> tuple[int, int]:
    """As far as text and spelling agree in both directions."""
    back = 0
    while back < min(at, inside) and low[at - back - 1] == spelling[inside - back - 1]:
        back += 1
    on = 0
    while on < min(len(low) - at, len(spelling) - inside) and low[at + on] == spelling[inside + on]:
        on += 1
    return at - back, at + on


def _places(low: str, spelling: str) -> Iterator[tuple[int, int]]:
    at = low.find(spelling)
    while at >= 0:
        yield at, at + len(spelling)
        at = low.find(spelling, at + 1)


def _masked(text: str, found: list[tuple[int, int]]) -> str:
    out, done = [], 0
    for begin, end in sorted(found):
        run = text[begin:end]
        if begin >= done:
            out += [text[done : begin + len(run) - len(run.lstrip())], MASK]  # lines stay lines
        done = max(done, begin + len(run.rstrip()))
    return "".join([*out, text[done:]])


_ALL = Scrubber()
_CREDENTIALS = Scrubber()
remember = _ALL.remember
scrubbed = _ALL.scrubbed
masked = _ALL.masked
has_secret = _ALL.has


def remember_credential(text: str) -> None:
    """Mask this token from now on, and know it where a server sends it back as data."""
    remember(text)
    # Words may well be somebody's data, and long tokens have parts in common (the roots of a peering token).
    if width(text) == SHORTEST:
        _CREDENTIALS.remember(text)


def has_credential(body: bytes) -> bool:
    """Whether JSON bytes have a token in them, or a good part of one, in whichever spelling."""
    text = body.decode("latin-1")
    if "\\u00" in text:  # what the parser would put together
        text = _ASCII_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return _CREDENTIALS.has(text, _PART)
