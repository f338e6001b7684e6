"""Items with the same cause on one line: counted, and the first of them named."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from reconciler.sdk.address import Address

SEPARATE = 3  # items of one cause up to which each has a line of its own
NAMED = 3  # addresses of a fold that are named

T = TypeVar("T")


def alike(items: Iterable[T], cause: Callable[[T], Hashable]) -> list[list[T]]:
    """Return the items in groups, in order of the first of each: more than `SEPARATE` of one cause together.

    Items whose cause is `None`, and those of causes that few have, are groups of one.
    """
    groups: dict[Hashable, list[T]] = {}
    for number, item in enumerate(items):
        key = cause(item)
        groups.setdefault((number,) if key is None else (None, key), []).append(item)
    out: list[list[T]] = []
    for group in groups.values():
        out += [group] if len(group) > SEPARATE else [[item] for item in group]
    return out


def named(addresses: Sequence[Address]) -> str:
    """Return the first addresses, and how many more there are."""
    shown = ", ".join(str(address) for address in addresses[:NAMED])
    more = len(addresses) - NAMED
    return f"{shown} and {more} more" if more > 0 else shown
