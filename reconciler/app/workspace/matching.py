"""Matching: what is desired and what is recorded, under the same names.

A configuration may have moved, removed and renamed what the state has under other names.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.app.workspace.directing import moves_asked, to_forget, without
from reconciler.app.workspace.past import Past, all_clusters, as_it_was, directed, undoing_of, with_past
from reconciler.app.workspace.veils import veiled_desired, veiled_state
from reconciler.engine.deciding.moves import composed, moved, moves
from reconciler.engine.planning.relocating import relocated
from reconciler.engine.planning.renames import renamed_clusters, under_new_names
from reconciler.engine.planning.undoing import Undoing
from reconciler.model.desired import Cluster, DesiredState
from reconciler.model.state import Recorded, State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Kind

Kinds = Mapping[tuple[str, str], Kind]


@dataclass(frozen=True, slots=True)
class Sides:
    """What is declared and what is recorded, as far as they are known without the kinds of resources.

    `asked_for` are the moves of the configuration, recorded address -> declared address; `names` the recorded
    name -> declared name of clusters that were renamed; `clusters` those that are declared and those that
    the state still needs; `in_play` is everything recorded, of the past too, under declared addresses.
    """

    declared: DesiredState
    recorded: State
    past: Past | None
    asked_for: Mapping[Address, Address]
    names: Mapping[str, str]
    clusters: Mapping[str, Cluster]
    in_play: State


@dataclass(frozen=True, slots=True)
class Matched:
    """What is desired, and what is recorded under the same addresses, with what is sensitive wrapped.

    `renamed` are the recorded address -> address in `state` of what followed another name; `exposed` the
    records that are kept in clear although something in them is sensitive; `undoing` is the generation that
    the run goes back to.
    """

    desired: DesiredState
    state: State
    renamed: Mapping[Address, Address]
    exposed: tuple[Recorded, ...]
    undoing: Undoing | None


def both_sides(declared: DesiredState, recorded: State, past: Past | None) -> Sides:
    """Return what is declared and what is recorded. With a `past`, what that recorded is to be desired."""
    asked_for = moves_asked(declared, recorded)
    state = relocated(recorded, asked_for, {})
    names = renamed_clusters(declared.clusters, state)
    seen = directed(past, declared, {}) if past is not None else None
    needed = without(state, to_forget(declared, state))
    clusters = all_clusters(declared, needed, seen, names)
    return Sides(declared, recorded, past, asked_for, names, clusters, with_past(state, seen))


def matched(sides: Sides, kinds: Kinds) -> Matched:
    """Return both sides under the same addresses."""
    state = relocated(sides.recorded, sides.asked_for, kinds)
    undoing = _undoing(sides, kinds)
    desired = as_it_was(undoing, sides.clusters, state) if undoing is not None else sides.declared
    state, followed = under_new_names(state, sides.names, kinds)
    turned = moves(desired.resources, state, kinds)
    desired = veiled_desired(desired, kinds, state)
    state, exposed = veiled_state(moved(state, turned), kinds, desired)
    return Matched(desired, state, composed(followed, turned), exposed, undoing)


def _undoing(sides: Sides, kinds: Kinds) -> Undoing | None:
    if sides.past is None:
        return None
    return undoing_of(directed(sides.past, sides.declared, kinds), sides.declared, kinds)
