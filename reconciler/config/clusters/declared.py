"""The declared clusters and groups, and what a selector chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.config.clusters.addresses import origin, problem
from reconciler.config.clusters.names import CLUSTER, did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.fields.known import Version, version_of
from reconciler.config.text.document import Place
from reconciler.model.desired import Cluster
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.scope import DEFAULT

# The keys of every cluster, and those that the language has for clusters of Consul alone.
_COMMON = ("address", "provider", "labels", "partition", "namespace")
_OF_CONSUL = ("edition", "version", "default_intention")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A cluster that a selector chose. `named`: by its own name, not through a group or labels."""

    name: str
    place: Place
    named: bool


class ClusterSet:
    """Clusters by name and the groups of them. Problems found while building or selecting collect here."""

    def __init__(self, spec: Spec, problems: list[Diagnostic]) -> None:
        self.problems = problems
        self.items = spec.clusters
        self.clusters = {name: _cluster(item) for name, item in spec.clusters.items()}
        self.groups = spec.groups
        self.unusable = spec.unusable
        # While a file cannot be read, an unknown name may well be in it.
        self.sure = not spec.blind
        self._members: dict[str, list[str]] = {}
        self._resolving: list[str] = []
        self._unknown: set[tuple[str, int, str]] = set()
        self._servers: dict[tuple[str, str, int], dict[str, str]] | None = None

    def check(self) -> None:
        """Check names, addresses, and names that a group and a cluster share."""
        seen: dict[tuple[object, ...], Item[Any]] = {}
        for name, item in self.items.items():
            self._check_name(name, item)
            self._check_address(self.clusters[name], item, seen)
            self._check_edition(self.clusters[name], item)
        for name, item in self.groups.items():
            if name in self.items:
                first = ((self.items[name].key.position, "the cluster is declared here"),)
                summary = f'"{name}" is both a cluster and a group'
                self.problems.append(
                    item.key.problem("name-collision", summary, "rename the group", related=first)
                )
            self.members(name)

    def _check_name(self, name: str, item: Item[Any]) -> None:
        if not CLUSTER.match(name):
            summary = f"{name!a} is not a cluster name: letters, digits, - and _"
            self.problems.append(item.key.problem("bad-name", summary, "rename the cluster"))

    def _check_address(
        self, cluster: Cluster, item: Item[Any], seen: dict[tuple[object, ...], Item[Any]]
    ) -> None:
        if cluster.provider != CONSUL:
            return
        place = item.place.inner("address")
        found = problem(cluster.address)
        if found is not None:
            # The line is not shown: it may hold a password.
            shown = place.problem("bad-address", *found)
            self.problems.append(replace(shown, source=None) if "@" in cluster.address else shown)
            return
        # Partitions of one Enterprise cluster are reached at the same address.
        first = seen.setdefault((*origin(cluster.address), cluster.partition or DEFAULT), item)
        if first is not item:
            summary = f'"{cluster.name}" and "{first.name}" have the same address'
            related = ((first.place.inner("address").position, f"{first.name} is here"),)
            hint = "each cluster has its own; a peering of a cluster with itself is not possible"
            self.problems.append(place.problem("same-address", summary, hint, related=related))

    def _check_edition(self, cluster: Cluster, item: Item[Any]) -> None:
        for what in ("partition", "namespace"):
            if getattr(cluster, what) is not None and cluster.edition == "community":
                summary = f'a {what} needs Consul Enterprise, and "{cluster.name}" is declared as Community'
                hint = f"remove {what}, or the edition"
                self.problems.append(item.place.inner(what).problem("needs-enterprise", summary, hint))

    def edition(self, name: str) -> str:
        """Return `enterprise` or `community` where that is known without a request, else empty."""
        cluster = self.clusters[name]
        scoped = cluster.partition is not None or cluster.namespace is not None
        return cluster.edition or ("enterprise" if scoped else "")

    def version(self, name: str) -> Version | None:
        """Return the version that is declared for a cluster's servers."""
        return version_of(self.clusters[name].version or "")

    def partition_of(self, here: str, there: str) -> str | None:
        """Return the partition of `there`, where it is another one on the servers of `here`."""
        return self._beside(here).get(there)

    def clusters_at(self, here: str, partition: str) -> list[str]:
        """Return the declared clusters that are this partition on the servers of `here`."""
        found = {here: self.clusters[here].partition or DEFAULT} | self._beside(here)
        return [name for name, own in found.items() if own == partition]

    def _beside(self, here: str) -> dict[str, str]:
        if self._servers is None:
            self._servers = {}
            for name, cluster in self.clusters.items():
                if cluster.provider == CONSUL and problem(cluster.address) is None:
                    partitions = self._servers.setdefault(origin(cluster.address), {})
                    partitions[name] = cluster.partition or DEFAULT
        address = self.clusters[here].address
        found = self._servers.get(origin(address), {}) if problem(address) is None else {}
        own = found.get(here)
        return {name: partition for name, partition in found.items() if partition != own}

    def partitions_beside(self, here: str) -> list[str]:
        """Return the declared clusters that are other partitions on the servers of `here`."""
        return sorted(self._beside(here))

    def select(self, value: Any, place: Place, hint: str = "") -> list[Chosen]:
        """Return the clusters that a selector chooses, each once: a name, a list, or labels that must all
        match. `hint` says what to write where a name is not known; without it that is the nearest known name.
        """
        out: dict[str, Chosen] = {}
        for chosen in self._select(value, place, hint):
            out.setdefault(chosen.name, chosen)
        return list(out.values())

    def above(self, item: Item[Any]) -> list[Chosen]:
        """Return the clusters that a declared thing is for: those that the key above it chooses."""
        if item.cluster in self.clusters:
            return [Chosen(item.cluster, item.cluster_place, True)]
        swapped = not self.knows(item.cluster) and item.name in self.clusters
        hint = f"first the cluster: write {item.name}: {{{item.cluster}: …}}" if swapped else ""
        return self.select(item.cluster, item.cluster_place, hint)

    def _select(self, value: Any, place: Place, hint: str) -> Iterator[Chosen]:
        if isinstance(value, str):
            yield from self._by_name(value, place, hint)
        elif isinstance(value, list):
            for number, part in enumerate(value):
                yield from self._select(part, place.inner(number), hint)
        else:
            yield from (Chosen(name, place, False) for name in self._by_labels(value, place))

    def _by_name(self, name: str, place: Place, hint: str) -> Iterator[Chosen]:
        if name in self.clusters:
            yield Chosen(name, place, True)
        elif name in self.groups:
            yield from (Chosen(member, place, False) for member in self.members(name))
        else:
            self.unknown(name, place, hint)

    def _meant(self, labels: Mapping[str, Any]) -> str:
        """Return a hint for `{peer: dc2}`, Consul's form of a consumer, where the labels are that."""
        peer = next((value for key, value in labels.items() if key.lower() in ("peer", "peer_name")), None)
        return f"write the cluster alone: {peer}" if isinstance(peer, str) and peer in self.clusters else ""

    def _by_labels(self, labels: Mapping[str, Any], place: Place) -> list[str]:
        found = [name for name, cluster in self.clusters.items() if _matches(cluster.labels, labels)]
        if not labels:
            self.problems.append(place.problem("bad-value", "an empty selector", "name labels or clusters"))
            return []
        if not found and self.sure:
            hint = self._meant(labels) or did_you_mean(
                "", {f"{k}: {v}" for c in self.clusters.values() for k, v in c.labels.items()}
            )
            self.problems.append(
                place.problem("empty-selector", "no cluster has these labels", hint, warning=True)
            )
        return sorted(found)

    def members(self, group: str) -> list[str]:
        """Return the clusters of a group. Groups may name groups; one that contains itself is a problem."""
        if group in self._members:
            return self._members[group]
        item = self.groups[group]
        if group in self._resolving:
            path = " -> ".join([*self._resolving[self._resolving.index(group) :], group])
            self.problems.append(item.key.problem("group-cycle", f"the group contains itself: {path}"))
            return []
        self._resolving.append(group)
        found = [chosen.name for chosen in self.select(item.value, item.place)]
        self._resolving.pop()
        self._members[group] = found
        return found

    def memberships(self) -> dict[str, tuple[str, ...]]:
        """Return the clusters of each group."""
        return {name: tuple(self.members(name)) for name in self.groups}

    def knows(self, name: str) -> bool:
        """Say whether a cluster or group of that name is declared, usable or not."""
        return name in self.clusters or name in self.groups or name in self.unusable

    def unknown(self, name: str, place: Place, hint: str = "") -> None:
        """Note an unknown name, once per place; silent where it may be in something unreadable."""
        key = (place.doc.file, place.position.line << 32 | place.position.column, name)
        if name in self.unusable or not self.sure or key in self._unknown:
            return
        self._unknown.add(key)
        hint = hint or self._by_address(name) or did_you_mean(name, [*self.clusters, *self.groups])
        self.problems.append(place.problem("unknown-cluster", f'unknown cluster "{name}"', hint))

    def _by_address(self, text: str) -> str:
        """Return a hint for an address, or a `service@cluster`, where the name of a cluster is expected."""
        cluster = text.partition("@")[2]
        if cluster in self.clusters:
            return f"write the cluster alone: {cluster}"
        if "://" not in text or problem(text) is not None:
            return ""
        for name, known in self.clusters.items():
            if problem(known.address) is None and origin(known.address) == origin(text):
                return f"write the cluster's name: {name}"
        return f"declare the cluster, and write its name: clusters: {{dc9: {{address: {text}}}}}"


def _matches(labels: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    return all(
        labels.get(key) in (value if isinstance(value, list) else [value]) for key, value in wanted.items()
    )


def _cluster(item: Item[Any]) -> Cluster:
    value: Mapping[str, Any] = item.value
    provider = value.get("provider", CONSUL)
    ours = {key: value.get(key) for key in _OF_CONSUL} if provider == CONSUL else {}
    options = {key: entry for key, entry in value.items() if key not in (*_COMMON, "options", *ours)}
    return Cluster(
        item.name,
        str(value.get("address", "")).rstrip("/"),
        provider,
        dict(value.get("labels") or {}),
        value.get("partition"),
        value.get("namespace"),
        **ours,
        options={**options, **(value.get("options") or {})},
        origin=item.key.position,
    )
