"""Quoted values: what servers and libraries say, without the sensitive values of the bodies they were sent.

A sensitive value is known by its place; the same text elsewhere in a plan is shown. In what others say there
are no places, so there it is looked for as a text, in all its spellings, as tokens are everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from reconciler.sdk.errors import ProviderError
from reconciler.sdk.secrets.scrub import MASK, Scrubber, scrubbed
from reconciler.sdk.secrets.spellings import SHORTEST, spellings

_SHORTEST = 4  # characters of a short value in another spelling
E = TypeVar("E", bound=ProviderError)


class _Values:
    """The sensitive values of the run: long ones in the scrubber, short ones as words of their own."""

    def __init__(self) -> None:
        self.long = Scrubber()
        self.short: dict[str, re.Pattern[str]] = {}


_run = _Values()


def forget_values() -> None:
    """Begin a run: nothing is sensitive yet."""
    _run.long, _run.short = Scrubber(), {}


def remember_values(values: Iterable[str]) -> None:
    """Mask these texts from now on in what others say."""
    for value in values:
        if len(value) >= SHORTEST:
            _run.long.remember(value)
        elif value and value not in _run.short:
            found = {value, *(form for form in spellings(value) if len(form) >= _SHORTEST)}
            forms = sorted(map(re.escape, found), key=len, reverse=True)
            _run.short[value] = re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)


def quoted(text: str) -> str:
    """Return a foreign text without tokens and without the sensitive values of this run."""
    text = _run.long.scrubbed(scrubbed(text))
    for words in _run.short.values():
        text = words.sub(MASK, text)
    return text


def hushed(error: E) -> E:
    """Return the same error without sensitive values in what it says."""
    error.message, error.hint = quoted(error.message), quoted(error.hint)
    error.args = (error.message,)
    return error
