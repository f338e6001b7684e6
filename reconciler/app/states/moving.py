"""Recorded objects under other addresses, or in another state. No cluster is asked; nothing is destroyed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from reconciler.app.options import Options
from reconciler.app.recorded import known_kinds
from reconciler.app.states.places import other_store, own_store
from reconciler.app.workspace.locking import locked
from reconciler.engine.planning.relocating import Kinds, free, handed_over, pairs, relocated
from reconciler.model.failure import Cause, Failure
from reconciler.model.relocation import BadMove
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.sensitive import leaves
from reconciler.statestore.ports import Session


@dataclass(frozen=True, slots=True)
class Moving:
    """Old address -> new address of each resource; `to` is the other state they go to, if they do.

    `notes` are sentences for the reader.
    """

    moves: Mapping[Address, Address]
    to: str = ""
    notes: tuple[str, ...] = ()


async def move_in_state(
    options: Options,
    source: str,
    destination: str,
    *,
    state_out: Path | None = None,
    approve: Callable[[Moving], bool],
) -> Moving | None:
    """Give matching resources other addresses in the state, and put them into another one where `state_out`
    names it; `None` where that was declined. Raises `Failure`.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(locked(own_store(options), "state mv"))
        other = other_store(options, state_out) if state_out is not None else None
        target = await stack.enter_async_context(locked(other, "state mv")) if other is not None else None
        kinds = await known_kinds(session.state)
        moves = _asked(session.state, target.state if target else None, source, destination, kinds)
        moving = Moving(moves, other.place if other else "", tuple(_notes(session.state, target, moves)))
        if not approve(moving):
            return None
        if target is None:
            await session.replace(relocated(session.state, moving.moves, kinds))
        else:
            await _hand_over(session, target, moving.moves, kinds)
        return moving


async def _hand_over(
    session: Session, target: Session, moves: Mapping[Address, Address], kinds: Kinds
) -> None:
    """Record the objects in the new state before they leave the old one. A run that dies in between is
    repeated: what the new state has already is written there again.
    """
    rest, grown = handed_over(session.state, target.state, moves, kinds)
    await target.replace(grown)
    await session.replace(rest)


def _asked(
    state: State, target: State | None, source: str, destination: str, kinds: Kinds
) -> dict[Address, Address]:
    """Return what is moved where. Raises `Failure` where nothing is, or it is not possible."""
    try:
        found = pairs(source, destination, state.resources)
        moves = {old: new for old, new in found.items() if target is not None or old != new}
        free(moves, _taken(state, target, moves, kinds))
    except BadMove as error:
        raise Failure(Cause.USAGE, str(error), hint=error.hint) from None
    if not found:
        raise Failure(Cause.USAGE, f"no resource matches {source!r}", hint="see `reconciler state list`")
    if not moves:
        raise Failure(Cause.USAGE, f"{source} and {destination} are the same")
    return moves


def _taken(
    state: State, target: State | None, moves: Mapping[Address, Address], kinds: Kinds
) -> set[Address]:
    """Return the addresses that are no longer free. What a run that died has moved to the other state already
    is there as it would be now, and does not count.
    """
    if target is None:
        return set(state.resources.keys() - moves.keys())
    there = relocated(state, moves, kinds).resources
    return {address for address, entry in target.resources.items() if there.get(address) != entry}


def _notes(state: State, target: Session | None, moves: Mapping[Address, Address]) -> list[str]:
    seals = _other_seals(state, target, moves)
    return [*_other_servers(state, target, moves), *seals, *_other_owner(state, target)]


def _other_servers(state: State, target: Session | None, moves: Mapping[Address, Address]) -> list[str]:
    """Return a sentence for each pair of clusters that are recorded as two different servers."""
    known = {**state.clusters, **(target.state.clusters if target is not None else {})}
    out = {}
    for old, new in moves.items():
        before, after = state.clusters.get(old.cluster), known.get(new.cluster)
        if before is None or after is None or before.identity == after.identity:
            continue
        if old.cluster != new.cluster or target is not None:
            out[old.cluster, new.cluster] = (
                f"{old.cluster} ({before.address}) and {new.cluster} ({after.address}) are different "
                "servers: the next plan looks for these objects on the second, and leaves those on the first"
            )
    return list(out.values())


def _other_owner(state: State, target: Session | None) -> list[str]:
    """Return that the objects carry the name of the configuration that they come from."""
    ours = state.owner.name if state.owner is not None else None
    theirs = target.state.owner if target is not None else None
    if ours is None or theirs is None or theirs.name == ours:
        return []
    return [
        f"what the configuration {ours} created carries its name, and others do not destroy it. Declare "
        "these objects in the other configuration, and give them its name there: "
        "reconciler apply --take ADDRESS"
    ]


def _other_seals(state: State, target: Session | None, moves: Mapping[Address, Address]) -> list[str]:
    if target is None or target.state.seal in (None, state.seal):
        return []
    kept = [old for old in moves if any(leaves(state.resources[old].body))]
    if not kept:
        return []
    return [
        f"the sensitive values of {', '.join(map(str, kept[:3]))}{' and others' if len(kept) > 3 else ''} "
        "cannot be compared in the other state, which has a key of its own: "
        "the next apply there writes them again"
    ]
