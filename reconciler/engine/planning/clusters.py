"""The clusters of a run: declared, recorded, and as they were read. Pure."""

from __future__ import annotations

from reconciler.engine.refresh import ObservedState
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.plan import SeenCluster
from reconciler.model.state import State
from reconciler.sdk.errors import ProviderError


def seen_clusters(desired: DesiredState, observed: ObservedState) -> dict[str, SeenCluster]:
    """Return each cluster as it was read, or why nothing is known of it."""
    known = {name: cluster.address for name, cluster in desired.clusters.items()}
    out = {}
    for name, seen in sorted(observed.clusters.items()):
        if isinstance(seen, ProviderError):
            out[name] = SeenCluster(name, known.get(name, ""), problem=seen.message, hint=seen.hint)
        else:
            out[name] = SeenCluster(name, seen.address, seen.version, seen.identity)
    return out


def declared_clusters(desired: DesiredState, state: State) -> dict[str, Cluster]:
    """Return the clusters of a run: declared ones, and recorded ones that still hold something of ours."""
    out = dict(desired.clusters)
    held = held_clusters(state)
    for name, seen in state.clusters.items():
        if name not in out and name in held:
            out[name] = Cluster(
                name, seen.address, seen.provider, {}, seen.partition, seen.namespace, options=seen.options
            )
    return out


def held_clusters(state: State) -> set[str]:
    """Return the recorded clusters that hold something of ours, even if only the second end of it."""
    named = {name for address in state.resources for name in (address.cluster, address.name)}
    return named & state.clusters.keys()
