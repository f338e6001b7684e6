"""Digest: one hash for what a configuration asks for, whatever its files look like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.model.desired import Cluster, Resource
from reconciler.sdk.address import Address


def digest(clusters: Mapping[str, Cluster], resources: Mapping[Address, Resource]) -> str:
    """SHA-256 (hex) over clusters and resources in canonical form; places and file order do not count."""
    value = {
        "clusters": {name: _cluster(cluster) for name, cluster in clusters.items()},
        "resources": {str(address): _resource(resource) for address, resource in resources.items()},
    }
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _cluster(cluster: Cluster) -> list[Any]:
    return [
        cluster.address,
        cluster.provider,
        cluster.labels,
        cluster.partition,
        cluster.namespace,
        cluster.options,
    ]


def _resource(resource: Resource) -> list[Any]:
    return [resource.body, resource.provider, resource.shared, resource.protect]
