"""What `--no-delete` and `--only-safe` leave out of a plan: it is handled as excluded, and listed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.selection import closure, turned_round
from reconciler.engine.planning.settling import decided, needs
from reconciler.model.change import Action, Change
from reconciler.model.guarding.safety import LeftOut
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address

NO_DELETE = "--no-delete"
ONLY_SAFE = "--only-safe"


def destroying(changes: Collection[Change]) -> dict[Address, str]:
    """Return the actions that destroy or recreate an object, and what each would do."""
    out = {}
    for change in changes:
        if change.action is Action.DELETE:
            out[change.address] = "it would be destroyed"
        elif change.action is Action.REPLACE or change.is_remade:
            out[change.address] = "it would be recreated"
    return out


def decided_without_deletes(inputs: Inputs) -> tuple[Inputs, tuple[LeftOut, ...]]:
    """Return the inputs without what is decided to be destroyed or recreated, and what is left out."""
    assert inputs.decided is not None
    return leaving(inputs, destroying(inputs.decided.changes.values()), NO_DELETE)


def leaving(inputs: Inputs, causes: Mapping[Address, str], option: str) -> tuple[Inputs, tuple[LeftOut, ...]]:
    """Return the inputs without these objects and all that needs them, and what is left out of it.

    What would not be changed anyway is left out without being listed.
    """
    if inputs.decided is None:
        inputs = decided(inputs)
    known = inputs.decided
    assert known is not None
    above = turned_round(needs(inputs.desired.resources, inputs.state.resources))
    out = closure(set(causes), above) & known.chosen
    listed = [
        LeftOut(a, known.changes[a].action.value, option, causes.get(a) or _needing(a, causes, inputs))
        for a in sorted(out, key=Address.sort_key)
        if a in known.changes and (known.changes[a].has_effect or a in causes)
    ]
    kept = replace(
        known,
        chosen=known.chosen - out,
        changes={a: change for a, change in known.changes.items() if a not in out},
        deferred={a: item for a, item in known.deferred.items() if a not in out},
    )
    return replace(inputs, decided=kept), tuple(listed)


def _needing(address: Address, causes: Mapping[Address, str], inputs: Inputs) -> str:
    """Return why something is left out that would be possible by itself."""
    wanted = closure({address}, needs(inputs.desired.resources, inputs.state.resources))
    first = min(wanted & causes.keys(), key=Address.sort_key)
    return f"it needs {first}, which is left out"


def remaining(plan: Plan) -> dict[Address, str]:
    """Return the actions of a plan in order that destroy or recreate an object all the same: those that
    would make room for others.
    """
    return destroying([change for change in plan.actions if not change.blocked])
