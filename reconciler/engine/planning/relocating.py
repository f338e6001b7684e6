"""Relocating: recorded objects get other addresses, in one state or in another. Pure; no cluster is asked.

Pairs of patterns say which (`Rewrite`): those of `state mv`, and those of the section `moved`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.planning.clusters import held_clusters
from reconciler.engine.planning.renames import named
from reconciler.model.relocation import BadMove, Rewrite
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.globs import exactly
from reconciler.sdk.kinds import Kind

Moves = Mapping[Address, Address]
Kinds = Mapping[tuple[str, str], Kind]


def pairs(source: str, destination: str, recorded: Collection[Address]) -> dict[Address, Address]:
    """Return recorded address -> address after the move, for all that `source` matches; empty where it
    matches nothing. Raises `BadMove`.
    """
    rewrite = Rewrite(source, destination)
    rewrite.check()
    found = {address: rewrite.of(address) for address in sorted(recorded)}
    out = {address: new for address, new in found.items() if new is not None}
    one = doubled(out)
    if one is not None:
        raise BadMove(f"{source} matches several resources that would all become {one}")
    return out


def asked(rewrites: Sequence[Rewrite], recorded: Mapping[Address, Recorded]) -> dict[Address, Address]:
    """Return recorded address -> address after all these moves, one after the other where they form a chain.
    What is not recorded is not moved. Raises `BadMove` where two would become one.
    """
    found = {address: _followed(rewrites, address) for address in recorded} if rewrites else {}
    moves = {old: new for old, new in found.items() if old != new}
    if not moves:
        return moves
    one = doubled({**{address: address for address in recorded}, **moves})
    if one is not None:
        both = " and ".join(str(old) for old, new in found.items() if new == one)
        raise BadMove(
            f"{both} are in the state, and all of them would be {one} (moved)",
            "remove what is not that object: reconciler state rm ADDRESS",
        )
    return moves


def _followed(rewrites: Sequence[Rewrite], address: Address) -> Address:
    """Return where the moves lead from an address, each taken once at most."""
    left = list(rewrites)
    while True:
        for number, rewrite in enumerate(left):
            new = rewrite.of(address)
            if new is not None:
                del left[number]
                address = new
                break
        else:
            return address


def doubled(moves: Moves) -> Address | None:
    """Return an address that two objects would have."""
    seen: set[Address] = set()
    for new in moves.values():
        if new in seen:
            return new
        seen.add(new)
    return None


def free(moves: Moves, taken: Collection[Address]) -> None:
    """Raise `BadMove` where an address that something is moved to is taken by what stays there."""
    for old, new in moves.items():
        if new in taken:
            raise BadMove(
                f"{new} is in the state already, so {old} cannot be moved there",
                f"move or remove that one first: reconciler state rm '{exactly(new)}'",
            )


def relocated(state: State, moves: Moves, kinds: Kinds) -> State:
    """Return the state with these objects under their new addresses, and with the clusters that they are on.

    Names of clusters in bodies follow. A cluster that is not recorded under its new name is recorded as the
    old one was; the old one goes where nothing is left on it.
    """
    if not moves:
        return state
    resources = dict(_entry(entry, moves, kinds) for entry in state.resources.values())
    moved = replace(state, resources=resources)
    return replace(moved, clusters=_clusters(state, moved, moves, kinds))


def handed_over(source: State, target: State, moves: Moves, kinds: Kinds) -> tuple[State, State]:
    """Return both states after these objects went from one to the other, `source` first.

    Where the target has no seal of its own it takes the source's, so that digests stay what they are.
    """
    there = relocated(source, moves, kinds)
    gone = {address: entry for address, entry in source.resources.items() if address not in moves}
    came = {new: there.resources[new] for new in moves.values()}
    rest = replace(source, resources=gone)
    held = held_clusters(source) - held_clusters(rest)
    rest = replace(rest, clusters={name: one for name, one in source.clusters.items() if name not in held})
    grown = replace(target, resources={**target.resources, **came}, seal=target.seal or source.seal)
    needed = held_clusters(replace(grown, clusters=there.clusters))
    seen = {name: there.clusters[name] for name in needed if name not in target.clusters}
    return rest, replace(grown, clusters={**target.clusters, **seen})


def _entry(entry: Recorded, moves: Moves, kinds: Kinds) -> tuple[Address, Recorded]:
    old, new = entry.address, moves.get(entry.address, entry.address)
    needs = tuple(moves.get(needed, needed) for needed in entry.depends_on)
    entry = replace(entry, address=new, depends_on=needs)
    kind = kinds.get((entry.provider, old.type))
    if kind is None or old == new:
        return new, entry
    names = _names(old, new, symmetric=kind.symmetric)
    fields = kind.cluster_fields
    body = {key: named(value, names) if key in fields else value for key, value in entry.body.items()}
    ids = {names.get(key, key): value for key, value in entry.remote_ids.items()}
    return new, replace(entry, body=body, remote_ids=ids if kind.symmetric else entry.remote_ids)


def _names(old: Address, new: Address, *, symmetric: bool) -> dict[str, str]:
    """Return the names of clusters that change with an address: old name -> new name."""
    if not symmetric:
        return {old.cluster: new.cluster} if old.cluster != new.cluster else {}
    before, after = (old.cluster, old.name), (new.cluster, new.name)
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    return dict(zip(gone, come, strict=False))


def _clusters(state: State, moved: State, moves: Moves, kinds: Kinds) -> dict[str, RecordedCluster]:
    clusters, out = state.clusters, dict(state.clusters)
    for old, new in moves.items():
        kind = kinds.get((moved.resources[new].provider, old.type))
        for before, after in _names(old, new, symmetric=kind is not None and kind.symmetric).items():
            if before in clusters and after not in out:
                out[after] = replace(clusters[before], name=after)
    left = held_clusters(state) - held_clusters(replace(moved, clusters=out))
    return {name: one for name, one in out.items() if name not in left or not _has_another_name(one, out)}


def _has_another_name(cluster: RecordedCluster, clusters: Mapping[str, RecordedCluster]) -> bool:
    others = (one for name, one in clusters.items() if name != cluster.name)
    return any(replace(one, name=cluster.name) == cluster for one in others)
