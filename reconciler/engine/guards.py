"""Guards: what stops a run before anything is written. Pure: they look at values and raise, or do nothing.

A guard is about a run as a whole. What stops a single action is decided with the action: see `planner`.
"""

from __future__ import annotations

from collections.abc import Collection

from reconciler.model.change import Action
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan
from reconciler.model.state import Owner, State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


def check_not_empty(declared: Collection[Address], state: State, mode: Mode) -> None:
    """Refuse an empty configuration: it is more often a wrong directory than a wish to delete everything."""
    held = len(state.resources)
    if mode is Mode.NORMAL and held and not declared:
        raise Failure(
            Cause.REFUSED,
            f"the configuration declares no resource, and the state records {held}",
            detail="planning this would remove every one of them",
            hint="check -C and -f; if everything is to go, run: reconciler destroy",
        )


def check_something_recorded(plan: Plan) -> None:
    """Raise `Failure` where nothing is recorded: drift from nothing cannot be detected."""
    if plan.mode is not Mode.REFRESH_ONLY or plan.looked_at or not plan.not_recorded:
        return
    declared = len(plan.not_recorded)
    which = "the resource that is" if declared == 1 else f"any of the {declared} resources that are"
    narrowed = " and selected" if plan.selection.targets or plan.selection.excludes else ""
    raise Failure(
        Cause.NOTHING_RECORDED,
        f"the state records nothing of {which} declared{narrowed}, so drift cannot be detected",
        detail="Drift is the difference between what was applied and what is there now.",
        hint="give the state that the configuration was applied with (--state DIR); where there is none yet, "
        "run: reconciler plan, and then: reconciler apply",
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks for a state: the configuration of this run.

    `left_out` are files of its last apply that are still there and were not read; `place` is the state's.
    Names of files are relative to `seen_from`, or to the state where that is empty.
    """

    owner: Owner
    left_out: tuple[str, ...] = ()
    place: str = "state"
    seen_from: str = ""


def check_owner(claim: Claim, declared: Collection[Address], state: State) -> None:
    """Stop where the state belongs to another configuration: what that one applied would be destroyed.

    A named configuration is known by its name. Without one, a configuration is another one if none of its
    files was part of the last apply, and it does not declare half of what is recorded: files may be renamed
    or moved, and resources may be removed, but not both at once.
    """
    if not state.resources:
        return
    recorded = state.owner or Owner()
    if recorded.name is not None:
        if recorded.name != claim.owner.name:
            raise _foreign(claim, f'the configuration "{recorded.name}"', state)
        return
    shared = sum(address in declared for address in state.resources)
    if set(recorded.files).isdisjoint(claim.owner.files) and 2 * shared < len(state.resources):
        raise _foreign(claim, "another configuration", state, f", of which {shared} are declared here")


def _foreign(claim: Claim, owner: str, state: State, more: str = "") -> Failure:
    ours = f'this is the configuration "{claim.owner.name}"' if claim.owner.name else "this one has no name"
    files = state.owner.files if state.owner is not None else ()
    last = (
        f"\nlast applied from: {_some(files)} (as seen from {claim.seen_from or 'the state'})"
        if files
        else ""
    )
    count = len(state.resources)
    return Failure(
        Cause.FOREIGN_STATE,
        f"the state in {claim.place} belongs to {owner}; {ours}",
        detail=f"it records {count} resource{'s' if count != 1 else ''}{more}{last}",
        hint="use a state of its own: --state DIR, or state: {path: DIR} in reconciler.yaml; "
        "if it is the same configuration, renamed or moved on purpose, run: reconciler state claim",
    )


def check_nothing_left_out(claim: Claim, plan: Plan) -> None:
    """Stop where files of the last apply are there and were not read, and resources would go."""
    going = _removals(plan)
    if not claim.left_out or not going or plan.mode is not Mode.NORMAL:
        return
    raise Failure(
        Cause.REFUSED,
        f"{_some(claim.left_out)} {'were' if len(claim.left_out) > 1 else 'was'} part of the last apply and "
        f"{'are' if len(claim.left_out) > 1 else 'is'} not read now "
        f"(as seen from {claim.seen_from or claim.place})",
        detail=f"{len(going)} recorded resources are not declared in what is read, and would be destroyed"
        if len(going) > 1
        else f"{going[0]} is not declared in what is read, and would be destroyed",
        hint="give all files of the configuration (-f), or only its directory; "
        "if the others are no longer part of it, run: reconciler state claim",
    )


def check_not_held_back(plan: Plan) -> None:
    """Raise `Failure` for a plan that is held back."""
    if plan.held_back:
        raise Failure(
            Cause.REFUSED,
            plan.held_back,
            detail="Nothing was written.",
            hint=f"check -C and -f, and look at: reconciler plan; if all of this is to go, "
            f"add {next(breach.flag for breach in plan.safety.breaches if breach.is_of_everything)}",
        )


def _removals(plan: Plan) -> list[Address]:
    return [c.address for c in plan.changes if c.action is Action.DELETE and not c.blocked]


def _some(names: Collection[str], most: int = 3) -> str:
    shown = [*names][:most]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")
