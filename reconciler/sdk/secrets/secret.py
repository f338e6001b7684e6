"""Secret: a value whose shown form is never its sent form."""

from __future__ import annotations

from typing import Any, NoReturn

from reconciler.sdk.secrets.scrub import MASK, remember

__all__ = ["MASK", "Secret"]


class Secret:
    """Holds a token. Every way of showing it gives a mask; `reveal()` is for the HTTP edge only.

    The scrubber knows it from here on, so that no other text shows it either. Pickling and copying
    raise `TypeError`, so that a secret cannot slip into a file by serialisation.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str, *, passing: bool = False) -> None:
        """Remember the value. `passing`: it is used once and worthless then, as peering tokens are."""
        self._value = value
        remember(value, passing=passing)

    def reveal(self) -> str:
        """Return the text itself. Call this only where the bytes leave for the server that they are meant
        for.
        """
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError("a secret cannot be serialised or copied")

    __reduce_ex__ = _refuse
    __copy__ = _refuse
    __deepcopy__ = _refuse
