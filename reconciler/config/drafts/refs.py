"""References: `service`, `service@cluster` or `service@group`, bound to the local names of peers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.config.clusters.names import service_problem
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.text.document import Place
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.scope import DEFAULT

ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Ref:
    """A service as one cluster sees it. `peer` is `None` for a local one; `cluster` is where it runs.

    `partition` and `namespace` are set where they are not those of the cluster that refers to it.
    `rank` says how precisely it was written: 0 by name, 1 through a group, 2 through `@*`.
    """

    service: str
    peer: str | None
    cluster: str
    place: Place
    rank: int = 0
    partition: str | None = None
    namespace: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether the service runs in the cluster that refers to it."""
        return self.peer is None and self.partition is None

    def scope(self) -> dict[str, str]:
        """Return the fields that say where it is, in Consul's form."""
        if self.is_local and self.namespace is None:
            return {}
        named = {"Peer": self.peer, "Partition": self.partition, "Namespace": self.namespace}
        return {name: value for name, value in named.items() if value is not None}


class Binder:
    """Binds references on one set of clusters. Problems go to the drafts' list."""

    def __init__(self, drafts: Drafts, links: Links) -> None:
        self.drafts = drafts
        self.links = links

    def bind(self, text: str, here: str, place: Place) -> list[Ref]:
        """Return all services that a reference means on the cluster `here`."""
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
            yield from self._everywhere(service, here, place)
            return
        swapped = self.drafts.cluster_set.knows(service)
        hint = f'the service comes first: did you mean "{where}@{service}"?' if swapped else ""
        for chosen in self.drafts.cluster_set.select(where, place, hint):
            rank = 0 if chosen.named else 1
            if chosen.name == here:
                yield Ref(service, None, here, place, rank)
                continue
            ref = self._at(service, chosen.name, here, place, rank)
            if ref.is_local:
                self.not_peered(here, chosen.name, place)
            else:
                yield ref

    def _everywhere(self, service: str, here: str, place: Place) -> Iterator[Ref]:
        """Yield the service in this cluster, at every peer, and in the declared partitions on the same
        servers.

        A source counts in one namespace: where there may be several, it is written for all namespaces.
        """
        cluster_set = self.drafts.cluster_set
        every = ANYWHERE if service == ANYWHERE and cluster_set.edition(here) == "enterprise" else None
        yield Ref(service, None, here, place, 2, namespace=every)
        for there in (*self.links.peers(here), *cluster_set.partitions_beside(here)):
            ref = self._at(service, there, here, place, 2)
            yield replace(ref, namespace=every or ref.namespace)

    def _at(self, service: str, there: str, here: str, place: Place, rank: int) -> Ref:
        """Return a service of another cluster: at a peer, or in another partition on the same servers."""
        cluster_set = self.drafts.cluster_set
        alias, partition = self.links.alias(here, there), cluster_set.partition_of(here, there)
        own = DEFAULT if alias is not None else cluster_set.clusters[here].namespace or DEFAULT
        namespace = cluster_set.clusters[there].namespace or DEFAULT
        named = namespace if namespace != own else None
        return Ref(service, alias, there, place, rank, None if alias else partition, named)

    def one(self, text: str, here: str, place: Place) -> Ref | None:
        """Return the one service that a reference means; several are a problem."""
        found = self.bind(text, here, place)
        if len(found) > 1:
            names = ", ".join(ref.cluster for ref in found)
            self.drafts.problem(place, "bad-reference", f'"{text}" means {len(found)} clusters: {names}')
        return found[0] if len(found) == 1 else None

    def consumer(self, there: str, here: str, place: Place) -> dict[str, str] | None:
        """Return the cluster `there` as a consumer of exports of `here`; report a problem where they are not
        peered.
        """
        alias, partition = self.links.alias(here, there), self.drafts.cluster_set.partition_of(here, there)
        if alias is not None:
            return {"Peer": alias}
        if partition is not None:
            return {"Partition": partition}
        self.not_peered(here, there, place)
        return None

    def not_peered(self, here: str, there: str, place: Place) -> None:
        """Note that two clusters have no peering, unless one may be in something unreadable."""
        if self.links.sure:
            hint = f"add to peerings:  - between: [{here}, {there}]"
            self.drafts.problem(place, "not-peered", f'no peering between "{here}" and "{there}"', hint)
