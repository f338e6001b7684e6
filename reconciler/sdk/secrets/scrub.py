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

from reconciler.sdk.secrets.spellings import SHORTEST, WIDE, odd_spellings, pieces, spellings, width

MASK = "(sensitive value)"
SMALL = 16_384  # characters up to which a text is looked at in every place
_STEP = 9  # a longer one at every ninth: a run of _STEP - 1 + width characters is always found
_DENSE = 80  # characters up to which every gram of a spelling is kept
_SPARSE = 512  # ... or every eighth of them; of longer ones fewer
_MANY = 64  # secrets that are used once and worthless then, of which the latest are remembered
_DIFFERENT = 3  # different characters that a gram must have: "0000-000" gives nothing away

_PART = 12  # characters of a token that are no coincidence among as much data as an answer may have
_ASCII_ESCAPE = re.compile(r"\\u00([2-7][0-9a-fA-F])")

Gram = tuple[str, int]  # the spelling it is from, and its place there


class _Tables:
    """What to look for."""

    def __init__(self) -> None:
        self.secrets = 0
        self._new: list[str] = []
        self._grams: dict[int, dict[str, Gram]] = {}  # by their width
        self._whole: list[str] = []  # spellings too short for sampling to be sure of them

    def add(self, secret: str) -> None:
        """Look for this, too; the work is done when there is a text to look at."""
        self.secrets += 1
        self._new.append(secret)

    def found(self, low: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets are: begin and end of each run, in any order."""
        while self._new:
            self._learn(self._new.pop())
        for spelling in self._whole:
            yield from _places(low, spelling)
        for size, grams in self._grams.items():
            if not grams.keys().isdisjoint(_sample(low, size)):
                yield from _runs(low, size, grams)

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


class Scrubber:
    """Knows secrets, and masks them in texts."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._lasting = _Tables()
        self._passing = [_Tables(), _Tables()]

    def remember(self, text: str, *, passing: bool = False) -> None:
        """Mask this text from now on; one of less than `SHORTEST` characters is left to who shows it.

        `passing`: it is used once and worthless then; it is forgotten when many others came after it.
        """
        if len(text) < SHORTEST or text in self._known:
            return
        if not passing:
            self._known.add(text)
            self._lasting.add(text)
            return
        if self._passing[0].secrets >= _MANY:
            self._passing = [_Tables(), self._passing[0]]
        self._passing[0].add(text)

    def scrubbed(self, text: str) -> str:
        """Return the text with every secret masked; the same text where there is none."""
        found = self._found(text)
        return _masked(text, found) if found else text

    def has(self, text: str, run: int = 0) -> bool:
        """Say whether a secret is in the text, or at least `run` characters of it."""
        return any(end - begin >= run for begin, end in self._found(text))

    def masked(self, value: Any) -> Any:
        """Return a JSON value with the secrets masked in its texts, keys and numbers."""
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
        tables = [item for item in (self._lasting, *self._passing) if item.secrets]
        if not tables or len(text) < SHORTEST:
            return []
        low = _lowered(text)
        return [place for item in tables for place in item.found(low)]


def _stride(length: int) -> int:
    """Return the distance in characters between kept grams: a power of two, which has no factor in common
    with `_STEP`, so that any long run has a place where both meet.
    """
    if length <= _DENSE:
        return 1
    return 8 if length <= _SPARSE else max(16, 1 << (length // 512).bit_length())


def _lowered(text: str) -> str:
    """Lower case, character by character: some capitals become two letters."""
    low = text.lower()
    return low if len(low) == len(text) else "".join([c.lower() if c.isascii() else c for c in text])


def _sample(low: str, size: int) -> Iterable[str]:
    step = 1 if len(low) <= SMALL else _STEP
    return [low[at : at + size] for at in range(0, len(low) - size + 1, step)]


def _runs(low: str, size: int, grams: Mapping[str, Gram]) -> Iterator[tuple[int, int]]:
    """Yield every run of a secret in a text that is known to have one."""
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
    """Return as much of the run as text and spelling agree on in both directions."""
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


class Credentials(Scrubber):
    """The tokens that one server was sent or has made: it has no reason to show them as data."""

    def learn(self, token: str) -> None:
        """Know this one from now on, where it is random: words may well be data, and long tokens
        have parts in common (the roots in a peering token)."""
        if width(token) == SHORTEST:
            self.remember(token)

    def are_in(self, body: bytes) -> bool:
        """Say whether JSON bytes have a token in them, or a good part of one, in any spelling."""
        text = body.decode("latin-1")
        if "\\u00" in text:  # what the parser would put together
            text = _ASCII_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        return self.has(text, _PART)


_ALL = Scrubber()
remember = _ALL.remember
scrubbed = _ALL.scrubbed
masked = _ALL.masked
has_secret = _ALL.has
