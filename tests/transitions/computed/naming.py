"""Which openings a plan names: those of interim steps that say so, for as long as they stand.

A step says where requests for one name go until its object's change is done. So it names the callers that get
as far as that name when the run starts, and the services that its sentence has: no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model.change import Change
from reconciler.model.plan import Plan
from tests.transitions.computed.access import DEFAULT, Access, space, within

_SAID = re.compile(r"all requests for (?P<name>\S+) go to (?P<ends>.+?)(?:, none to .+)?$")
Named = frozenset[tuple[str, str, str]]  # caller, service, cluster


@dataclass(slots=True)
class Opening:
    """What one step opens. `writes` are those that its object still gets: 2 before the step, 1 while it
    stands; `mark` changes with each."""

    cluster: str
    kind: str
    name: str
    calls: Named
    mark: object
    writes: int = 2


class Naming:
    """Follows the steps that open access through the writes of a run, and of the run after it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.openings: list[Opening] = []

    def plan(self, plan: Plan) -> None:
        """A plan is about to be done. What an earlier run left at an interim step stays until it is done."""
        changes = {(c.address.cluster, _kind(c), _name(c)): c for c in plan.actions}
        self.openings = [opening for opening in self.openings if opening.writes == 1]
        for opening in self.openings:
            change = changes.get((opening.cluster, opening.kind, opening.name))
            opening.writes = 2 if change is not None and change.interim is not None else 1
        self.openings += [self._opening(change) for change in plan.actions if _opens(change)]

    def _opening(self, change: Change) -> Opening:
        cluster, name, kind = change.address.cluster, _name(change), _kind(change)
        assert change.interim is not None
        callers, named = set(self._callers(cluster, name)), ends(change.interim.meanwhile, space(name))
        calls = {(caller, end, cluster) for caller in callers for end in named}
        return Opening(cluster, kind, name, frozenset(calls), self._mark(cluster, kind, name))

    def _callers(self, cluster: str, name: str) -> Iterator[str]:
        """The clusters whose services get as far as a name now."""
        place = self.access.place(cluster)
        for (peer, partition), caller in self.access.callers()[cluster].items():
            if any(name in place.passed(start) for start in place.exported(peer, partition)):
                yield caller

    def _mark(self, cluster: str, kind: str, name: str) -> object:
        store = self.access.store(cluster)
        store = store.family[store.partition, space(name)]
        entry = store.entries.get(kind, {}).get(name.rpartition("/")[2].lower())
        return None if entry is None else entry.modify

    def wrote(self) -> None:
        """Some write was done."""
        for opening in self.openings:
            mark = self._mark(opening.cluster, opening.kind, opening.name)
            if mark != opening.mark:
                opening.mark, opening.writes = mark, opening.writes - 1

    def now(self) -> Named:
        """The calls that steps which stand now say they open."""
        return frozenset().union(*(opening.calls for opening in self.openings if opening.writes == 1))


def ends(meanwhile: str, namespace: str = DEFAULT) -> set[str]:
    """The services of its own cluster that a step of an object in this namespace says requests go to."""
    said = _SAID.search(meanwhile)
    if said is None:
        return set()
    words = re.split(r", | and ", said["ends"])
    away = (" of peer ", " of partition ", " in ")
    here = (word for word in words if not any(mark in word for mark in away))
    found = (word.partition(" of namespace ") for word in here)
    return {within(word.partition(" ")[0], other or namespace) for word, _, other in found}


def _opens(change: Change) -> bool:
    return change.interim is not None and change.interim.opens


def _name(change: Change) -> str:
    return within(change.address.name, change.address.namespace or DEFAULT)


def _kind(change: Change) -> str:
    return change.address.type.replace("_", "-")
