"""Relocating: recorded objects get other addresses, in one state or in another. Pure; no cluster is asked.

A pair of patterns says which: `service_resolver.dc1/*` to `service_resolver.us/*`. Each `*` of the second is
what the `*` at the same place in the first stands for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.engine.planning.clusters import held_clusters
from reconciler.engine.planning.renames import named
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.globs import exactly
from reconciler.sdk.kinds import Kind

Moves = Mapping[Address, Address]
Kinds = Mapping[tuple[str, str], Kind]

_PART = re.compile(r"\[\*\]|\*|[^*\[]+|.")
_OTHER_GLOB = re.compile(r"\[(?!\*\])|\?")


class BadMove(ValueError):
    """A pair of patterns, or what it comes to, is not possible; the message says why. `hint`: what to do."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


def pairs(source: str, destination: str, recorded: Collection[Address]) -> dict[Address, Address]:
    """Return recorded address -> address after the move, for all that `source` matches; empty where it
    matches nothing. Raises `BadMove`.
    """
    pattern, template = _pattern(source), _template(source, destination)
    out = {}
    for address in sorted(recorded):
        match = pattern.fullmatch(str(address))
        if match is not None:
            out[address] = _address(_filled(template, match.groups()))
    doubled = [new for new in out.values() if [*out.values()].count(new) > 1]
    if doubled:
        raise BadMove(f"{source} matches several resources that would all become {doubled[0]}")
    return out


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


def _pattern(source: str) -> re.Pattern[str]:
    """Return a glob with `*` as its only special character as an expression with a group for each."""
    if _OTHER_GLOB.search(source):
        raise BadMove(f"{source!r} has another wildcard than *", "use * alone; [*] is a star itself")
    parts = ("(.*?)" if part == "*" else re.escape(_literal(part)) for part in _PART.findall(source))
    return re.compile("".join(parts))


def _template(source: str, destination: str) -> list[str | None]:
    """Return the parts of a destination; `None` for what a `*` stands for. Raises `BadMove`."""
    if _OTHER_GLOB.search(destination):
        raise BadMove(f"{destination!r} has another wildcard than *", "use * alone; [*] is a star itself")
    parts = [None if part == "*" else _literal(part) for part in _PART.findall(destination)]
    asked = sum(part == "*" for part in _PART.findall(source))
    if parts.count(None) != asked:
        raise BadMove(
            f"{source!r} has {asked} * and {destination!r} has {parts.count(None)}",
            "write as many in both: each stands for the same text; [*] is a star itself",
        )
    return parts


def _filled(template: list[str | None], texts: tuple[str, ...]) -> str:
    given = iter(texts)
    return "".join(next(given) if part is None else part for part in template)


def _literal(part: str) -> str:
    return "*" if part == "[*]" else part


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise BadMove(str(error)) from None
