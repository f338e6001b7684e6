"""Order: which step waits for which, and one repeatable sequence of all.

Creating and updating go along the references, removing goes against them. Among steps that are free to
go, lower rank goes first (higher first when removing), then the address decides.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

from reconciler.model.change import Action, Change
from reconciler.sdk.address import Address

# Rank, then the parts of the address: unique, so that nothing else is ever compared.
Priority = tuple[int, str, str, str, str, str]
_MAKES = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.NO_OP)


# Whether one change does not have to wait for another that it refers to, or that no longer refers to it.
Loose = Callable[[Change, Change], bool]


def never(waiting: Change, other: Change) -> bool:
    """Return `False`: every reference binds."""
    return False


class CycleError(Exception):
    """A dependency cycle; `path` starts and ends with the same address."""

    def __init__(self, path: Sequence[Address]) -> None:
        super().__init__(" -> ".join(str(address) for address in path))
        self.path = tuple(path)


def edges(
    actions: Mapping[Address, Change],
    recorded_needs: Mapping[Address, Sequence[Address]],
    loose: Loose = never,
) -> dict[Address, tuple[Address, ...]]:
    """Return for each action the actions that must be done before it.

    `recorded_needs` are the references as they were when last applied: what is removed waits until all
    that referred to it is removed or changed. Edges that are `loose` are left out.
    """
    waits: dict[Address, set[Address]] = {address: set() for address in actions}
    for address, change in actions.items():
        if change.action in _MAKES:
            found = _standing(change.depends_on, actions)
            waits[address].update(other for other in found if not loose(change, actions[other]))
        for needed in recorded_needs.get(address, ()):
            target = actions.get(needed)
            if target is None or target.action is not Action.DELETE or needed == address:
                continue
            if not loose(target, change):
                waits[needed].add(address)
    return {address: tuple(sorted(found)) for address, found in waits.items()}


def _standing(needed: Sequence[Address], actions: Mapping[Address, Change]) -> list[Address]:
    found = (actions.get(address) for address in needed)
    return [change.address for change in found if change is not None and change.action in _MAKES]


def sequence(
    waits: Mapping[Address, Sequence[Address]], priority: Callable[[Address], Priority]
) -> list[Address]:
    """Return all addresses, each after those it waits for; ties go by `priority`. Raises `CycleError`."""
    missing = {address: len(before) for address, before in waits.items()}
    after: dict[Address, list[Address]] = {}
    for address, before in waits.items():
        for one in before:
            after.setdefault(one, []).append(address)
    ready = [(priority(address), address) for address, count in missing.items() if count == 0]
    heapq.heapify(ready)
    out: list[Address] = []
    while ready:
        _, address = heapq.heappop(ready)
        out.append(address)
        for follower in after.get(address, ()):
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, (priority(follower), follower))
    if len(out) < len(waits):
        raise CycleError(_cycle(waits, set(out)))
    return out


def _cycle(waits: Mapping[Address, Sequence[Address]], done: set[Address]) -> list[Address]:
    """Return one cycle among the addresses that never became ready."""
    address = min(found for found in waits if found not in done)
    path: list[Address] = []
    while address not in path:
        path.append(address)
        address = min(before for before in waits[address] if before not in done)
    return [*path[path.index(address) :], address]
