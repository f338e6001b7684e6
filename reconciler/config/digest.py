"""Digest: one hash for what a configuration asks for, independent of the layout of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.model.desired import Cluster, Resource
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import Seal, sealed


def digest(
    clusters: Mapping[str, Cluster], resources: Mapping[Address, Resource], seal: Seal | None = None
) -> str:
    """Return SHA-256 (hex) over clusters and resources in canonical form; places and file order do not count.

    A sensitive value counts with its digest under `seal`; without a seal, only that it exists.
    """
    value = {
        "clusters": {name: _cluster(cluster) for name, cluster in clusters.items()},
        "resources": {str(address): _resource(resource, seal) for address, resource in resources.items()},
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
        cluster.edition,
        cluster.version,
        cluster.default_intention,
        cluster.options,
    ]


def _resource(resource: Resource, seal: Seal | None) -> list[Any]:
    return [sealed(resource.body, seal), resource.provider, resource.shared, resource.protect]
