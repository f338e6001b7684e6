"""Sensitive values inside bodies: a leaf that is compared, never shown.

A body holds a `Sensitive` where a plain value would be. It is either *known* (it holds the value, which goes
to the server) or *sealed* (it holds a digest of the value, as a state and a plan file do). Every way to show
it gives a mask, and no JSON encoder takes it, so that a place that was forgotten fails instead of leaking.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from reconciler.sdk.secrets.secret import MASK

SEALED = "$sensitive"  # the one key of an object that stands for a sealed value in JSON
_UNKNOWN: Any = object()
_DIGITS = 32  # hex digits of a digest that are kept


class Seal:
    """Makes digests of values under the random key of one state. Without the key, a short value cannot be
    found by trying."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    @property
    def key(self) -> str:
        """The key as text, for the state it belongs to and nothing else."""
        return self._key.decode()

    def digest(self, value: Any) -> str:
        """Return hMAC-SHA256 of a plain JSON value as 32 hex digits; `3`, `3.0` and `"3"` are one value."""
        text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:_DIGITS]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seal) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return "Seal()"


def _plain(value: Any) -> Any:
    """Return a value in the form in which it is digested: numbers as text, because servers decode them
    weakly.
    """
    if isinstance(value, Sensitive):
        return _plain(value.reveal())
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class Sensitive:
    """A value that is not shown. Equal to what it stands for, hidden or plain."""

    __slots__ = ("_digest", "_seal", "_value")
    __hash__ = None  # type: ignore[assignment]
    seen = False  # whether this process has made any: in most runs there is none, and nothing is searched

    def __init__(self, value: Any = _UNKNOWN, *, digest: str = "", seal: Seal | None = None) -> None:
        """Hold a known `value`, or the `digest` of one and the `seal` that made it (`None`: no key is at
        hand).
        """
        Sensitive.seen = True
        self._value = value
        self._digest = digest
        self._seal = seal

    @property
    def known(self) -> bool:
        """Whether it holds its value, and not only a digest."""
        return self._value is not _UNKNOWN

    def reveal(self) -> Any:
        """Return the value itself. Call this only where it leaves for its server, or to compare. Raises
        `TypeError` for a sealed one.
        """
        if not self.known:
            raise TypeError("a sealed value cannot be revealed")
        return self._value

    def digest(self, seal: Seal | None) -> str:
        """Return its digest; empty where it is known and there is no seal."""
        if not self.known:
            return self._digest
        return seal.digest(self._value) if seal is not None else ""

    def stands_for(self, value: Any) -> bool:
        """Say whether this is a value, as far as can be known."""
        if self.known:
            return bool(_plain(self._value) == _plain(value)) and (self._value is True) == (value is True)
        return self._seal is not None and hmac.compare_digest(self._seal.digest(value), self._digest)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sensitive):
            return self.stands_for(other)
        if other.known:
            return self.stands_for(other._value)
        return other.stands_for(self._value) if self.known else self._digest == other._digest

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __copy__(self) -> Sensitive:
        return self

    def __deepcopy__(self, _: Any) -> Sensitive:
        return self

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("a sensitive value cannot be serialised")


def leaves(value: Any) -> Iterator[Sensitive]:
    """Yield every sensitive value in a body."""
    if isinstance(value, Sensitive):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)


def has_sensitive(value: Any) -> bool:
    """Say whether anything in a body is sensitive."""
    return Sensitive.seen and _has(value)


def _has(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is int or kind is bool:  # first, because nearly everything is one
        return False
    if kind is Sensitive:
        return True
    if isinstance(value, Mapping):
        return any(map(_has, value.values()))
    return isinstance(value, list | tuple) and any(map(_has, value))


def sealed(value: Any, seal: Seal | None) -> Any:
    """Return a body as plain JSON values with digests in place of sensitive ones."""
    if isinstance(value, Sensitive):
        return {SEALED: value.digest(seal)}
    if isinstance(value, Mapping):
        return {name: sealed(item, seal) for name, item in value.items()} if has_sensitive(value) else value
    if isinstance(value, list | tuple):
        return [sealed(item, seal) for item in value] if has_sensitive(value) else value
    return value


def unsealed(value: Any, seal: Seal | None) -> Any:
    """Return a body from plain JSON values, with sealed leaves in place of digests."""
    if isinstance(value, Mapping):
        if len(value) == 1 and isinstance(value.get(SEALED), str):
            return Sensitive(digest=value[SEALED], seal=seal)
        return {name: unsealed(item, seal) for name, item in value.items()}
    return [unsealed(item, seal) for item in value] if isinstance(value, list) else value


def masked(value: Any) -> Any:
    """Return a body as plain JSON values with the mask in place of what is sensitive."""
    if not Sensitive.seen:
        return value
    if isinstance(value, Sensitive):
        return MASK
    if isinstance(value, Mapping):
        return {name: masked(item) for name, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list | tuple) else value


def marks(value: Any) -> Any:
    """Return which parts of a body are sensitive, in the form of Terraform's `after_sensitive`: `true` for
    what is, objects and lists of what holds some, nothing else.
    """
    if isinstance(value, Sensitive):
        return True
    if isinstance(value, Mapping) and not Sensitive.seen:
        return {}
    if isinstance(value, Mapping):
        return {name: marks(item) for name, item in value.items() if has_sensitive(item)}
    if isinstance(value, list | tuple):
        return [marks(item) if has_sensitive(item) else _nothing(item) for item in value]
    return False


def _nothing(value: Any) -> Any:
    return {} if isinstance(value, Mapping) else [] if isinstance(value, list | tuple) else False


def revealed(value: Any) -> Any:
    """Return a body as it is sent to its server. What is only known by a digest is left out: the server never
    had it from here.
    """
    if isinstance(value, Sensitive):
        return revealed(value.reveal())
    if isinstance(value, Mapping):
        if not has_sensitive(value):
            return value
        return {name: revealed(item) for name, item in value.items() if not _is_closed(item)}
    if isinstance(value, list | tuple):
        return [revealed(item) for item in value if not _is_closed(item)] if has_sensitive(value) else value
    return value


def _is_closed(value: Any) -> bool:
    return isinstance(value, Sensitive) and not value.known


def texts(value: Any) -> Iterator[str]:
    """Yield every known text and number in the sensitive parts of a body, as it could be quoted by
    a server.
    """
    for leaf in leaves(value):
        if leaf.known:
            yield from _scalars(leaf.reveal())


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        yield str(value)
