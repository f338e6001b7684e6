"""The chains as they are with one write, while that is tried out, and what is read of them."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler_consul.graph.body import INGRESS, INTENTIONS
from reconciler_consul.graph.chains.cache import Chains, Tried, tried
from reconciler_consul.graph.holdings import Holdings
from reconciler_consul.graph.where import Key, Place


class Written:
    """The chains of a place with the entry at `key` written, which `name` is the spelling of. `read` is what
    an answer that is made of them rests on."""

    def __init__(
        self, holdings: Holdings, chains: Chains, key: Key, name: str, place: Place, *, alone: bool
    ) -> None:
        """Take what exists now as the state before the write: create this before the entry is tried out."""
        self.holdings, self.chains, self.place, self.alone = holdings, chains, place, alone
        self.key, self.name = key, name
        self.before = holdings.get(key)
        self.read: set[Key] = set()
        self._tried: dict[str, Tried] = {}
        self._asked: set[str] = set()  # the services whose protocol decides something

    def of(self, service: str) -> Tried:
        """Return a service's chain with what is written. A chain without the entry is taken as it is."""
        found = self._tried.get(service)
        if found is None:
            found = None if service == self.name else self.standing(service)
            if found is None or found.has(self.key):
                found = tried(self.holdings, self.place, service, alone=self.alone)
            self._tried[service] = found
        return found

    def standing(self, service: str) -> Tried:
        """Return a service's chain as it is now, without what is written."""
        with self.holdings.over(self.key, self.before):
            return self.chains.of(self.place, service, alone=self.alone)

    def protocol(self, service: str) -> str:
        """Return the protocol of a chain, where it decides something."""
        self._asked.add(service)
        return self.of(service).protocol

    def blame(self, service: str) -> None:
        """Record that a refusal depends on a chain, even if the written entry is not part of it."""
        found = self.of(service)
        self.read |= found.read | found.needs

    def note(self, services: Iterable[str]) -> None:
        """Count as read what is in the chains that the written entry is part of."""
        itself = self.key.kind in (INTENTIONS, INGRESS)
        for service in services:
            found = self.of(service)
            if itself or found.has(self.key):
                self.read |= found.read
                self.read |= found.needs if service in self._asked else frozenset()
