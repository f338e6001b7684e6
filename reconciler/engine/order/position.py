"""Where a search for an order is: what is pending, done, refused, held back."""

from __future__ import annotations

import heapq

from reconciler.engine.order.access import closing_again
from reconciler.engine.order.task import Detour, Lessons, Priority, Route, Taken, Task
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Verdict, Way
from reconciler.sdk.provider import Body


class Position:
    """Where a search is: what is pending, done and refused, and the board."""

    def __init__(self, task: Task, lessons: Lessons) -> None:
        self.task, self.board, self.lessons = task, task.board, lessons
        self.held = set(lessons.held & task.pending.keys() - lessons.given_up.keys())
        self.pending = {a: change for a, change in task.pending.items() if a not in lessons.given_up}
        self.route = Route(stuck=dict(lessons.given_up))
        self.done: set[Address] = set()
        self.refused: dict[Address, Verdict] = {}
        self.ready: list[tuple[Priority, Address]] = []
        self.goals: dict[Way, list[tuple[Priority, Address]]] = {way: [] for way in Way}
        self.later: list[tuple[Way, Address]] = []  # goals for which there may be a step that opens access
        self.waiters: dict[Address, set[Address]] = {}
        self.dropped: dict[Address, set[Address]] = {}  # what a change never needs to wait for
        self.idle: dict[Address, set[Address]] = {}  # what it need not wait for now
        self.forbidden: dict[Address, str] = {}
        for address in self.pending:
            self.push(address)

    def push(self, address: Address) -> None:
        """Have a change looked at (again), unless it is held back."""
        if address in self.pending and address not in self.held:
            heapq.heappush(self.ready, (self._priority(address), address))

    def _priority(self, address: Address) -> Priority:
        """Return the priority: what was taken down comes back as soon as it may."""
        detour = self.route.detours.get(address)
        back = detour is not None and detour.interim.way is Way.TAKE_DOWN
        return (0 if back else 1, *self.task.priority(address))

    def drain(self) -> None:
        """Do everything that is accepted now."""
        while self.ready:
            _, address = heapq.heappop(self.ready)
            if address not in self.pending or self._waits(address):
                continue
            verdict = self.verdict(address)
            if verdict.refused:
                self.shelve(address, verdict)
            elif not self.is_behind(address):
                self.do(address)

    def is_behind(self, address: Address) -> bool:
        """Say whether a change would open what an object that is to come back closes: it waits for that."""
        before = self.returning(address) - self.released(address)
        if before:
            self.route.behind.setdefault(address, set()).update(before)
        for other in before:
            self.waiters.setdefault(other, set()).add(address)
            self.push(other)
        return bool(before)

    def returning(self, address: Address) -> set[Address]:
        """Return what had an interim step, and closes access again that this change would open now.

        What comes back itself waits for everything that closes access which it opens.
        """
        after, away = self.pending[address].after, self.route.detours.keys() & self.pending.keys()
        if address in away:
            away |= self.task.closing(self.board.access(address, after).opens) & self.pending.keys()
        return closing_again(self.board, address, after, {a: self.pending[a].after for a in away})

    def released(self, address: Address) -> set[Address]:
        """Return what a change need not wait for, although it opens access that these close."""
        return self.dropped.get(address, set()) | self.idle.get(address, set())

    def _waits(self, address: Address) -> bool:
        self.idle.pop(address, None)
        missing = self.missing(address)
        if missing and missing <= self.task.closers.get(address, set()) and not self._opened(address):
            self.idle[address] = self.task.idle(address, self.pending[address].after)
            missing = self.missing(address)
        for other in missing:
            self.waiters.setdefault(other, set()).add(address)
        if missing and self.unclosed(address):
            heapq.heappush(self.goals[Way.NARROW], (self._priority(address), address))
            heapq.heappush(self.goals[Way.TAKE_DOWN], ((2, *self._priority(address)), address))
        return bool(missing)

    def missing(self, address: Address) -> set[Address]:
        """Return what must be done before, and is not."""
        needs = {
            other
            for other in self.task.needs.get(address, ())
            if self._lacks(other)
            and not self._is_there(address, other)
            and not self._has_let_go(address, other)
        }
        return needs | self.unclosed(address)

    def unclosed(self, address: Address) -> set[Address]:
        """Return the changes that must close access before this one opens it, and did not."""
        released = self.released(address)
        closers = self.task.closers.get(address, set()) - released
        found = {other for other in closers if self._lacks(other) and not self.closed(other)}
        behind = self.route.behind.get(address, set()) - released
        return found | {other for other in behind if self._lacks(other)}

    def lacking(self, address: Address) -> set[Address]:
        """Return what must be done before, without the closing changes that it need not wait for now."""
        missing = self.missing(address)
        if missing and missing <= self.task.closers.get(address, set()):
            missing -= self.task.idle(address, self.pending[address].after)
        return missing

    def _opened(self, address: Address) -> bool:
        """Say whether an interim step of what is to be deleted opened access: the plan says so for as long as
        the deletion waits.
        """
        detour = self.route.detours.get(address)
        return detour is not None and detour.interim.opens and self.pending[address].after is None

    def _is_there(self, address: Address, other: Address) -> bool:
        """Say whether what is yet to be created exists in part, and servers judge whether that is enough."""
        change = self.pending.get(other)
        if change is None or change.before is not None or not self.task.judged(address):
            return False
        return self.task.judged(other) and self.board.body(other) is not None

    def _has_let_go(self, address: Address, other: Address) -> bool:
        """Say whether an object is to be deleted that `other` refers to no more, because it was taken down,
        and that it waits for before it comes back.
        """
        waited_for = address in self.route.behind.get(other, ())
        return waited_for and self.pending[address].after is None and self.board.body(other) is None

    def _lacks(self, other: Address) -> bool:
        return other in self.pending or other in self.task.blocked or other in self.route.stuck

    def closed(self, other: Address) -> bool:
        """Say whether the part of a change that closes access is done already."""
        detour = self.route.detours.get(other)
        return detour is not None and detour.interim.way is not Way.WIDEN

    def verdict(self, address: Address) -> Verdict:
        """Return what would be said to a change now."""
        return self.board.judge(address, self.pending[address].after)

    def shelve(self, address: Address, verdict: Verdict) -> None:
        """Put a refused change aside until something that the refusal rests on changes."""
        self.refused[address] = verdict
        for goals in self.goals.values():
            heapq.heappush(goals, (self._priority(address), address))
        for other in (*verdict.reads, address):
            self.waiters.setdefault(other, set()).add(address)

    def goal(self, way: Way) -> Address | None:
        """Return a change that room could be made for in this way, and that was not tried since it was
        refused.
        """
        goals = self.goals[way]
        while goals:
            _, address = heapq.heappop(goals)
            if self.is_goal(address):
                return address
        return None

    def is_goal(self, address: Address) -> bool:
        """Say whether room is needed for a change: it is refused, or waits for what closes access."""
        return address in self.pending and (address in self.refused or bool(self.unclosed(address)))

    def keep(self, way: Way, goal: Address) -> None:
        """Keep a goal, so that it is tried again: it was reached, or something else was."""
        heapq.heappush(self.goals[way], (self._priority(goal), goal))

    def do(self, address: Address) -> None:
        """Do a change."""
        change = self.pending.pop(address)
        if address in self.route.detours:
            self._stay_behind(address, change.after)
        self.route.steps.append(Taken(address, False, self.board.touched(address, change.after)))
        self.board.put(address, change.after)
        self.done.add(address)
        self.wake(address)

    def _stay_behind(self, address: Address, body: Body | None) -> None:
        """Have what comes back wait for what closes access that it opens again: before its interim step there
        was nothing of that to open.
        """
        closing = self.task.closing(self.board.access(address, body).opens) & self.done - {address}
        if closing:
            self.route.behind.setdefault(address, set()).update(closing)

    def detour(self, address: Address, detour: Detour, reads: frozenset[Address]) -> None:
        """Do an interim step whose body is on the board already. An object that needed no change needs one
        now.
        """
        self.pending[address] = self.task.movable[address]
        self.route.detours[address] = detour
        self.route.steps.append(Taken(address, True, reads))
        if address in self.lessons.held:  # it came back too early before
            self.held.add(address)
        self.wake(address)
        self.push(address)

    def wake(self, address: Address) -> None:
        """Look again at everything that waited for an object: it changed."""
        for other in self.waiters.pop(address, ()):
            if self.refused.pop(other, None) is not None:
                self.route.freed.setdefault(other, set()).add(address)
            self.push(other)

    def stuck(self) -> list[Address]:
        """Return the refused changes, the first first."""
        return sorted(self.refused.keys() & self.pending.keys(), key=self._priority)
