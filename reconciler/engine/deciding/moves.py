"""Moves: a recorded object whose address is now written the other way round, or in another case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.desired import Resource
from reconciler.model.state import Recorded, State
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind


def mirrored(address: Address) -> Address:
    """Return `peering.b/a` for `peering.a/b`."""
    return replace(address, cluster=address.name, name=address.cluster)


def moves(
    declared: Mapping[Address, Resource], state: State, kinds: Mapping[tuple[str, str], Kind]
) -> dict[Address, Address]:
    """Return recorded address -> declared address, for one object under two addresses."""
    out = {}
    spelled: dict[Address, Address] = {}
    for address, entry in state.resources.items():
        kind = kinds.get((entry.provider, address.type))
        if kind is None or address in declared:
            continue
        if kind.symmetric and mirrored(address) in declared:
            out[address] = mirrored(address)
        elif kind.folds:
            spelled = spelled or {folded(known): known for known in declared}
            if folded(address) in spelled:
                out[address] = spelled[folded(address)]
    return out


def folded(address: Address) -> Address:
    """Return what all spellings of an address have in common where letter case means nothing."""
    return replace(address, name=address.name.lower())


def moved(state: State, renamed: Mapping[Address, Address]) -> State:
    """Return the state under the declared addresses."""
    if not renamed:
        return state
    return replace(state, resources=dict(_entry(entry, renamed) for entry in state.resources.values()))


def _entry(entry: Recorded, renamed: Mapping[Address, Address]) -> tuple[Address, Recorded]:
    address = renamed.get(entry.address, entry.address)
    needs = tuple(renamed.get(needed, needed) for needed in entry.depends_on)
    return address, replace(entry, address=address, depends_on=needs)


def composed(first: Mapping[Address, Address], then: Mapping[Address, Address]) -> dict[Address, Address]:
    """Return old address -> newest address, of two moves one after the other."""
    out = {old: then.get(new, new) for old, new in first.items()}
    return out | {old: new for old, new in then.items() if old not in set(first.values())}
