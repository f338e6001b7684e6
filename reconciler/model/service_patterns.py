"""Patterns for services of clusters: `web@dc1`, `api@*`, `pay*@us`, `*@{env: prod}`.

Before the `@` is a glob over names, `NAMESPACE/NAME` in a namespace. Behind it is a cluster, a group, a glob
over clusters, or labels that must all match; without an `@`, every cluster is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field

from reconciler.model.desired import Cluster
from reconciler.sdk.access.question import Service
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.globs import matches

_GLOB = re.compile(r"[*?\[]")
_LABEL = re.compile(
    r"\s*(?P<key>[^\s:,{}\[\]]+)\s*:\s*(?:\[(?P<several>[^\[\]]*)\]|(?P<one>[^,{}\[\]]+?))\s*(?:,|$)"
)
FORM = "expected NAME@CLUSTER, for example web@dc1, api@* or *@{env: prod}"


@dataclass(frozen=True, slots=True)
class Selectable:
    """What the part behind the `@` is looked up in: clusters with their labels, and groups of clusters.

    `named` are clusters that are known by their name alone, such as those of a snapshot.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """All clusters, in order."""
        return sorted({*self.clusters, *self.named})


@dataclass(frozen=True, slots=True)
class ServicePattern:
    """One pattern. `cluster` is the text behind the `@`, `labels` what must match where it is a selector."""

    text: str
    service: str
    cluster: str = "*"
    labels: Mapping[str, tuple[str, ...]] | None = None

    @classmethod
    def parse(cls, text: str) -> ServicePattern:
        """Read a pattern. Raises `ValueError` that shows the form."""
        service, at, cluster = text.strip().partition("@")
        if not service or (at and not cluster) or not service.isprintable() or " " in service:
            raise ValueError(f"not a pattern for services: {text!r} ({FORM})")
        labels = _labels(cluster, text) if cluster.startswith("{") else None
        return cls(text.strip(), service, cluster if at else "*", labels)

    @property
    def exact(self) -> bool:
        """Whether the part before the `@` is one name."""
        return not _GLOB.search(self.service)

    def clusters(self, known: Selectable) -> tuple[str, ...]:
        """Return the clusters that it selects, in order; none where its cluster or group does not exist."""
        if self.labels is not None:
            return tuple(name for name in sorted(known.clusters) if self._has_labels(known.clusters[name]))
        if self.cluster in known.names:
            return (self.cluster,)
        if self.cluster in known.groups:
            return tuple(sorted(known.groups[self.cluster]))
        return tuple(name for name in known.names if matches(self.cluster, name))

    def _has_labels(self, cluster: Cluster) -> bool:
        return all(cluster.labels.get(key) in values for key, values in (self.labels or {}).items())

    def selects(self, service: Service, clusters: Iterable[str]) -> bool:
        """Say whether it selects a service, where these are the clusters that it selects."""
        return service.cluster in clusters and matches(self.service, _scoped(service))


def _scoped(service: Service) -> str:
    return service.name if service.namespace is None else f"{service.namespace}/{service.name}"


def _labels(text: str, whole: str) -> dict[str, tuple[str, ...]]:
    """Return the labels of `{env: prod, region: [eu, us]}`, each with the values that match."""
    inner, found, at = text[1:-1].strip(), {}, 0
    while at < len(inner):
        match = _LABEL.match(inner, at)
        if match is None:
            break
        values = match["several"].split(",") if match["several"] is not None else [match["one"]]
        found[_plain(match["key"])] = tuple(_plain(value) for value in values)
        at = match.end()
    if not text.endswith("}") or not found or at < len(inner):
        raise ValueError(
            f"not labels: {text!r} in {whole!r} (expected {{KEY: VALUE}}, for example {{env: prod}})"
        )
    return found


def _plain(text: str) -> str:
    return text.strip().strip("'\"")
