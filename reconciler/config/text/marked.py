"""Marked values: scalars that come from a sensitive variable, on their way from a document into a body.

They are texts and numbers like others, so that everything that reads a configuration takes them; printed or
formatted they give a mask. Each use of a variable makes an object of its own: what arrives in a body is found
again by identity, and what does not arrive was used for something that is shown.
"""

from __future__ import annotations

from typing import Any

from reconciler.sdk.secrets.secret import MASK


class _Masked:
    __slots__ = ()

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)


class MarkedText(_Masked, str):
    """A sensitive text."""


class MarkedInt(_Masked, int):
    """A sensitive whole number."""


class MarkedFloat(_Masked, float):
    """A sensitive number."""


Marked = MarkedText | MarkedInt | MarkedFloat


def marked(value: Any) -> Any:
    """Return a text, a number or a list of texts as marked ones; each a new object."""
    if isinstance(value, str):
        return MarkedText(str.__str__(value))
    if isinstance(value, list):
        return [marked(item) for item in value]
    if isinstance(value, bool):
        raise TypeError("a truth value cannot be marked")
    return MarkedInt(int(value)) if isinstance(value, int) else MarkedFloat(float(value))


def unmarked(value: Marked) -> Any:
    """Return the plain value."""
    if isinstance(value, MarkedText):
        return str.__str__(value)
    return int.__int__(value) if isinstance(value, MarkedInt) else float.__float__(value)
