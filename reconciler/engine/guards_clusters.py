"""Guards of clusters: what stops a run because a cluster is not the one that it was. Pure, as `guards`."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.refresh import ObservedState
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.kinds import Kind
from reconciler.sdk.scope import DEFAULT

Kinds = Mapping[tuple[str, str], Kind]


def check_identities(state: State, kinds: Kinds, observed: ObservedState) -> None:
    """Stop where an address leads to another cluster than the one that the state was made on."""
    for name, seen in observed.clusters.items():
        known = state.clusters.get(name)
        if isinstance(seen, ProviderError) or known is None or not known.identity:
            continue
        if seen.identity == known.identity:
            continue
        held = _held(state, kinds, name)
        if held:
            globs = dict.fromkeys(_glob(address, name) for address in sorted(held))
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{seen.address} is not the {name} that the state knows",
                detail=f"recorded identity {known.identity}, now {seen.identity or _NO_IDENTITY}; "
                f"recorded on it: {_and_more(held)}",
                hint=f"correct the address; if {name} was rebuilt, forget what was on it: "
                f"reconciler state rm {' '.join(globs)}",
            )


_NO_IDENTITY = "none: it names no trust domain (Connect is off) or no datacenter"


def _and_more(held: list[Address]) -> str:
    """Return the first address, and how many there are besides."""
    return f"{min(held)}{f' and {len(held) - 1} more' if len(held) > 1 else ''}"


def check_partitions(desired: DesiredState, state: State) -> None:
    """Stop where a cluster became another partition: an address that shows none would be one in there."""
    for name in sorted(desired.clusters.keys() & state.clusters.keys()):
        old, new = (which.clusters[name].partition or DEFAULT for which in (state, desired))
        ends = (address for address in state.resources if name in (address.cluster, address.name))
        held = [address for address in ends if address.partition is None]
        if held and old != new:
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{name} is declared as the partition {new}, and the state knows it as {old}",
                detail=f"recorded in {old}: {_and_more(held)}",
                hint=f"declare {new} as a cluster of its own, under another name, and keep {name} until "
                "nothing is left in it",
            )


def _held(state: State, kinds: Kinds, cluster: str) -> list[Address]:
    """Return what is recorded on a cluster, or with it as the second end."""
    return [
        address
        for address, entry in state.resources.items()
        if address.cluster == cluster
        or (address.name == cluster and kinds[entry.provider, address.type].symmetric)
    ]


def _glob(address: Address, cluster: str) -> str:
    """Return a glob for all of a cluster that this address is one of, quoted for a shell."""
    if address.cluster != cluster:
        return f"'{address.type}.*/{cluster}'"
    return f"'*.{cluster}/*'" if address.partition is None else f"'*.{cluster}:*'"


def check_not_renamed(
    desired: DesiredState, all_: Mapping[str, Cluster], state: State, kinds: Kinds, observed: ObservedState
) -> None:
    """Stop where a cluster that is no longer declared is declared under another name and address: what is
    recorded would be removed, and it is the same that is declared. `all_` are the clusters of the run."""
    clusters = desired.clusters
    declared = {
        (seen.identity, clusters[name].partition or DEFAULT): name
        for name, seen in observed.clusters.items()
        if name in clusters and not isinstance(seen, ProviderError) and seen.identity
    }
    for name in sorted(all_.keys() - desired.clusters.keys()):
        known = state.clusters[name]
        again = declared.get((known.identity, known.partition or DEFAULT))
        if again is not None and _held(state, kinds, name):
            now = clusters[again].address
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{again} is the cluster that the state knows as {name}",
                detail=f"{name} is no longer declared, and {again} at {now} answers as {known.identity}, "
                f"as {name} did at {known.address}",
                hint=f"to rename it, declare {again} at {known.address} and apply; then change the address",
            )


def check_distinct(desired: DesiredState, observed: ObservedState) -> None:
    """Stop where two declared clusters turn out to be one: each would undo what the other does."""
    first: dict[tuple[str, str], Cluster] = {}
    for name, cluster in sorted(desired.clusters.items()):
        seen = observed.clusters.get(name)
        if seen is None or isinstance(seen, ProviderError) or not seen.identity:
            continue
        # Partitions of one Enterprise cluster are clusters of their own.
        other = first.setdefault((seen.identity, cluster.partition or DEFAULT), cluster)
        if other is not cluster:
            raise Failure(
                Cause.WRONG_CLUSTER,
                f"{other.name} and {name} are the same cluster",
                detail=f"{other.address} ({other.origin}) and {cluster.address} ({cluster.origin}) "
                f"both answer as {seen.identity}",
                hint="correct one of the addresses, or declare the cluster once",
            )
