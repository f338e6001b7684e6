"""References: `service`, `service@cluster` or `service@group`, bound to the local names of peers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.config.document import Place
from reconciler.config.drafts import Drafts
from reconciler.config.links import Links
from reconciler.config.names import service_problem

ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Ref:
    """A service as one cluster sees it. `peer` is `None` for a local one; `cluster` is where it runs.

    `rank` says how precisely it was written: 0 by name, 1 through a group, 2 through `@*`.
    """

    service: str
    peer: str | None
    cluster: str
    place: Place
    rank: int = 0

    @property
    def is_local(self) -> bool:
        """Whether the service runs in the cluster that refers to it."""
        return self.peer is None


class Binder:
    """Binds references on one estate. Problems go to the drafts' list."""

    def __init__(self, drafts: Drafts, links: Links) -> None:
        self.drafts = drafts
        self.links = links

    def bind(self, text: str, here: str, place: Place) -> list[Ref]:
        """All services that a reference means on the cluster `here`."""
        service, at, where = text.partition("@")
        problem = service_problem(service)
        if problem is None and (("@" in where) or (at and not where)):
            problem = f'"{text}" is not a reference'
        if problem is not None:
            hint = "write service or service@cluster"
            self.drafts.problem(place, "bad-reference", problem, hint)
            return []
        if not at:
            return [Ref(service, None, here, place)]
        return list(self._remote(service, where, here, place))

    def _remote(self, service: str, where: str, here: str, place: Place) -> Iterator[Ref]:
        if where == ANYWHERE:
            yield Ref(service, None, here, place, 2)
            for there in self.links.peers(here):
                yield Ref(service, self.links.alias(here, there), there, place, 2)
            return
        for chosen in self.drafts.estate.select(where, place):
            rank = 0 if chosen.named else 1
            if chosen.name == here:
                yield Ref(service, None, here, place, rank)
                continue
            alias = self.links.alias(here, chosen.name)
            if alias is None:
                self.not_peered(here, chosen.name, place)
            else:
                yield Ref(service, alias, chosen.name, place, rank)

    def one(self, text: str, here: str, place: Place) -> Ref | None:
        """The one service that a reference means; several are a problem."""
        found = self.bind(text, here, place)
        if len(found) > 1:
            names = ", ".join(ref.cluster for ref in found)
            self.drafts.problem(place, "bad-reference", f'"{text}" means {len(found)} clusters: {names}')
        return found[0] if len(found) == 1 else None

    def consumer(self, there: str, here: str, place: Place) -> str | None:
        """What `here` calls the cluster `there`, noting it where they are not peered."""
        alias = self.links.alias(here, there)
        if alias is None:
            self.not_peered(here, there, place)
        return alias

    def not_peered(self, here: str, there: str, place: Place) -> None:
        """Note that two clusters have no peering, unless one may be in something unreadable."""
        if self.links.sure:
            hint = f"add to peerings:  - between: [{here}, {there}]"
            self.drafts.problem(place, "not-peered", f'no peering between "{here}" and "{there}"', hint)
