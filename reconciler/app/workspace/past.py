"""The past of a state: the generation that an undo goes back to, as what is desired on clusters of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.app.workspace.directing import moves_asked, to_forget, without
from reconciler.config.digest import digest
from reconciler.engine.deciding.moves import moved, moves
from reconciler.engine.planning.clusters import declared_clusters
from reconciler.engine.planning.relocating import relocated
from reconciler.engine.planning.renames import renamed_clusters, under_new_names
from reconciler.engine.planning.undoing import Undoing, gone_clusters, past_resources
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Undo
from reconciler.model.state import Generation, State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind
from reconciler.sdk.secrets.sensitive import has_sensitive
from reconciler.statestore.ports import StateStore


@dataclass(frozen=True, slots=True)
class Past:
    """A kept generation, and what it recorded. `left_out`: what today's configuration says not to manage."""

    to: Undo
    state: State
    left_out: frozenset[Address] = frozenset()


async def look_back(states: StateStore, recorded: State, count: int) -> Past | None:
    """Return what was applied `count` generations before what is `recorded`; `None` for 0.

    A run that died before its end counts as a generation: the last snapshot is then what was before it.
    Raises `Failure` where that generation is not kept, or cannot be read.
    """
    if not count:
        return None
    kept = [item for item in await states.history() if item.serial <= recorded.serial]
    unfinished = bool(kept) and await _is_unfinished(states, recorded)
    place = count - 1 if unfinished else count
    if place >= len(kept):
        raise _too_far(count, kept)
    found = kept[place]
    saved = found.saved
    undo = Undo(found.serial, saved.at, saved.by, saved.operation) if saved else Undo(found.serial)
    return Past(undo, await states.generation(found.serial))


async def _is_unfinished(states: StateStore, recorded: State) -> bool:
    snapshot = await states.generation(recorded.serial)
    return snapshot.resources != recorded.resources


def _too_far(count: int, kept: Sequence[Generation]) -> Failure:
    back = f"{count} generation{'s' if count != 1 else ''}"
    if len(kept) <= 1:
        return Failure(
            Cause.USAGE,
            f"cannot go back {back}: nothing was applied before what is recorded now",
            hint="to remove everything that is recorded, run: reconciler destroy",
        )
    oldest, newest = kept[-1].serial, kept[0].serial
    return Failure(
        Cause.USAGE,
        f"cannot go back {back}: the oldest generation that is kept is serial {oldest}, and the state is at "
        f"serial {newest}",
        hint=f"to go back as far as possible: reconciler plan --undo {len(kept) - 1}; all of them: "
        "reconciler state history",
    )


def directed(past: Past, desired: DesiredState, kinds: Mapping[tuple[str, str], Kind]) -> Past:
    """Return the past with what today's configuration says of records: under the addresses to which it moved
    them, and without what it removed.
    """
    state = relocated(past.state, moves_asked(desired, past.state), kinds)
    gone = to_forget(desired, state)
    return replace(past, state=without(state, gone), left_out=gone)


def all_clusters(
    desired: DesiredState, state: State, past: Past | None, names: Mapping[str, str]
) -> dict[str, Cluster]:
    """Return the clusters of a run, under their names of today."""
    out = {n: c for n, c in declared_clusters(desired, state).items() if n not in names}
    if past is not None:
        then = renamed_clusters(desired.clusters, past.state)
        more = declared_clusters(desired, past.state)
        out.update((name, one) for name, one in more.items() if name not in {*then, *out})
    return out


def with_past(state: State, past: Past | None) -> State:
    """Return the state with what only the past has: its clusters, and resources of kinds that no other is
    of.
    """
    if past is None:
        return state
    return replace(
        state,
        clusters={**past.state.clusters, **state.clusters},
        resources={**past.state.resources, **state.resources},
    )


def undoing_of(past: Past, declared: DesiredState, kinds: Mapping[tuple[str, str], Kind]) -> Undoing:
    """Return the past under the names and addresses of today."""
    names = renamed_clusters(declared.clusters, past.state)
    then, _ = under_new_names(past.state, names, kinds)
    then = moved(then, moves(declared.resources, then, kinds))
    return Undoing(past.to, then, declared, gone_clusters(then, declared), past.left_out)


def as_it_was(
    undoing: Undoing,
    clusters: Mapping[str, Cluster],
    state: State,
) -> DesiredState:
    """Return what was recorded then as what is desired, on the clusters of today."""
    resources = past_resources(undoing)
    declared = undoing.declared
    again = {**declared.clusters, **{name: clusters[name] for name in undoing.gone}}
    veiled = declared.veiled or any(has_sensitive(one.body) for one in resources.values())
    key = state.seal if state.serial else None
    whole = digest(again, resources, key)
    return replace(declared, clusters=again, resources=resources, digest=whole, veiled=veiled)
