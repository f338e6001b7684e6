"""The walk: which steps of a plan wait for which, and which may start now. Pure.

A node is one step of one object: its own change, or the interim step that goes before it. A change waits
for its own interim step without saying so. What takes an object down also waits for everything earlier
that putting it back needs: so the object is away no longer than it must be, and not at all in vain.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.model.change import Change
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way

FAR = 500  # steps that are looked at for each take-down


class Node(NamedTuple):
    """One step: an object's own change, or (`interim`) the interim step before it."""

    address: Address
    interim: bool = False


class Walk:
    """What is ready, by the plan's order. Every node that is taken must be closed, or come again."""

    def __init__(self, actions: Mapping[Address, Change]) -> None:
        self.actions = actions
        self._before = {node: tuple(self._waits(node)) for node in self._nodes()}
        self._away, self._known = frozenset(self._take_downs()), dict[Node, tuple[Node, ...]]()
        self._before |= {node: self._as_late_as_possible(node) for node in self._away}
        self._missing = {node: len(found) for node, found in self._before.items()}
        self._followers: dict[Node, list[Node]] = {}
        for node, found in self._before.items():
            for one in found:
                self._followers.setdefault(one, []).append(node)
        self._ready = [(self._index(node), node) for node, count in self._missing.items() if not count]
        heapq.heapify(self._ready)
        self._done: set[Node] = set()

    def _nodes(self) -> Iterator[Node]:
        for address, change in self.actions.items():
            yield Node(address)
            if change.interim is not None:
                yield Node(address, interim=True)

    def _waits(self, node: Node) -> Iterator[Node]:
        """Yield what must be done before a node. An object without an interim step is waited for as a
        whole.
        """
        change = self.actions[node.address]
        links = change.interim if node.interim and change.interim is not None else change
        yield from dict.fromkeys(map(Node, links.waits_for))
        for address in links.waits_for_interim:
            yield Node(address, self.actions[address].interim is not None)
        if change.interim is not None and not node.interim:
            yield Node(node.address, interim=True)

    def _take_downs(self) -> Iterator[Node]:
        for address, change in self.actions.items():
            if change.interim is not None and change.interim.way is Way.TAKE_DOWN:
                yield Node(address, interim=True)

    def _as_late_as_possible(self, node: Node) -> tuple[Node, ...]:
        """Return what a take-down waits for: also the first things before it, by number, that its change
        needs.

        Other take-downs are left out, so that they are done at the same time. The search ends after `FAR`
        nodes.
        """
        found = dict.fromkeys(self._before[node])
        todo, seen = list(self._plain(Node(node.address))), {node}
        while todo and len(seen) < FAR:
            one = todo.pop()
            if one in seen:
                continue
            seen.add(one)
            if self._index(one) < self._index(node):
                found[one] = None  # and with it what it waits for
            else:
                todo += self._plain(one)
        return tuple(found)

    def _plain(self, node: Node) -> tuple[Node, ...]:
        """Return what a node waits for, without take-downs. Cached: each take-down near it needs this."""
        if node not in self._known:
            before = self._before[node]
            self._known[node] = tuple(one for one in before if one not in self._away)
        return self._known[node]

    def _index(self, node: Node) -> int:
        change = self.actions[node.address]
        return change.interim.index if node.interim and change.interim is not None else change.index

    def __bool__(self) -> bool:
        """Say whether anything is ready."""
        return bool(self._ready)

    def take(self) -> Node:
        """Remove and return the first node that is ready."""
        return heapq.heappop(self._ready)[1]

    def again(self, node: Node) -> None:
        """Make a node that was taken ready once more."""
        heapq.heappush(self._ready, (self._index(node), node))

    def close(self, node: Node, *, done: bool) -> None:
        """End a node; what waited for nothing else is ready now, even if only to be skipped."""
        if done:
            self._done.add(node)
        for follower in self._followers.get(node, ()):
            self._missing[follower] -= 1
            if self._missing[follower] == 0:
                self.again(follower)

    def undone(self, node: Node) -> Address | None:
        """Return the first of what a node waits for that is not done; `None` where all of it is."""
        return next((before.address for before in self._before[node] if before not in self._done), None)
