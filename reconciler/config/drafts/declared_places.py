"""Where a part of a resource is declared, by its address and its path in the body that a run works with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.lookup import get, key_of
from reconciler.config.text.document import Step
from reconciler.model.diagnostic import Position
from reconciler.sdk.address import Address

# What an item of a list is known by, wherever lists are sorted by it.
_KNOWN_BY = ("Name", "Peer", "Namespace", "Partition", "SamenessGroup")


class DeclaredPlaces:
    """The places of a configuration's resources. It keeps the documents that they were read from."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    def of(
        self, address: Address, path: tuple[Step, ...] = (), body: Mapping[str, Any] | None = None
    ) -> Position | None:
        """Return where a part of a resource is declared; `None` where it is not.

        `path` is the path in `body`: in there, lists may be in another order than they are declared in.
        """
        draft = self._drafts.spelled(address)
        if draft is None:
            return None
        steps = path_in(draft.body, path, body) if body is not None else path
        if steps is None:
            return None
        return (draft.place_of(*steps) if steps else draft.key).position


def path_in(declared: Any, path: tuple[Step, ...], body: Any) -> tuple[Step, ...] | None:
    """Return the path in one body to what is at `path` in another; `None` where it has no such part. Items of
    lists are found by what they are known by.
    """
    steps = tuple(_steps(declared, path, body))
    return steps if len(steps) == len(path) else None


def _steps(declared: Any, path: tuple[Step, ...], body: Any) -> Iterator[Step]:
    for step in path:
        if isinstance(step, str):
            key = key_of(declared, step) if isinstance(declared, dict) else None
            if key is None or not isinstance(body, Mapping) or step not in body:
                return
            yield step
            declared, body = declared[key], body[step]
        else:
            number = _number(declared, step, body)
            if number is None:
                return
            yield number
            declared = declared[number] if isinstance(declared, list) else declared
            body = body[step]


def _number(declared: Any, number: int, body: Any) -> int | None:
    """Return which item of the declared list is this one of the other list; `None` where there is none."""
    if not isinstance(body, list | tuple) or not 0 <= number < len(body):
        return None
    items = declared if isinstance(declared, list) else [declared]
    wanted = _known_by(body[number])
    same = [at for at, item in enumerate(items) if _known_by(item) == wanted]
    if number in same or not wanted:
        return number if number < len(items) else None
    return same[0] if same else None


def _known_by(item: Any) -> tuple[Any, ...]:
    if not isinstance(item, Mapping):
        return ()
    found = tuple(get(dict(item), name) or "" for name in _KNOWN_BY)
    return found if any(found) else ()
