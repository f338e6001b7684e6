"""Whether a plan that was reviewed is still what would be done."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan


def check_expected(plan: Plan, expected: str) -> None:
    """Refuse a plan that has another fingerprint, or digest, than the one that was reviewed; with none given,
    any plan is fine.
    """
    if not expected or expected in (plan.fingerprint, plan.digest):
        return
    raise Failure(
        Cause.STALE_PLAN,
        f"the plan has the fingerprint {plan.fingerprint}, and {expected} was expected",
        detail="Nothing was written.",
        hint="look at what would be done now, and give its fingerprint: reconciler plan",
    )


def check_fresh(saved_plan: Plan, now: Plan) -> None:
    """Refuse a saved plan that planning now would not give."""
    if saved_plan.digest and saved_plan.digest == now.digest:
        return
    raise Failure(
        Cause.STALE_PLAN,
        "Saved plan is stale",
        detail="\n".join(differences(saved_plan, now)),
        hint="create a new plan, have it approved, and apply that one",
    )


def differences(saved_plan: Plan, now: Plan) -> list[str]:
    """Return what differs between a saved plan and one that was made now, a sentence each."""
    out = [f"saved fingerprint {saved_plan.fingerprint}, now {now.fingerprint}"]
    out += _another_past(saved_plan, now)
    if saved_plan.config_digest != now.config_digest and not out[1:]:
        out.append("the configuration changed")
    out += _given_otherwise(saved_plan, now)
    if (saved_plan.lineage, saved_plan.serial) != (now.lineage, now.serial):
        out.append(_moved(saved_plan, now))
    before = {change.address: change for change in saved_plan.actions}
    after = {change.address: change for change in now.actions}
    if saved_plan.safety.confirm != now.safety.confirm and before.keys() == after.keys():
        out.append("what has to be confirmed by address changed (safety.confirm in reconciler.yaml)")
    for address in sorted(before.keys() | after.keys()):
        old, new = before.get(address), after.get(address)
        if old is None or new is None:
            out.append(f"{address}: {'no longer' if new is None else 'now'} part of the plan")
        elif replace(old, origin=None) != replace(new, origin=None):
            out.append(f"{address}: changed since it was planned")
    return out[:20]


def _another_past(saved_plan: Plan, now: Plan) -> list[str]:
    """Return that an undo goes back to another generation now: with it, all that it declares is another."""
    before, after = saved_plan.undo, now.undo
    if before is None or after is None or before == after:
        return []
    back = saved_plan.selection.undo
    return [
        f"the plan goes back to serial {before.serial}; {back} generation{'s' if back != 1 else ''} back "
        f"{'are' if back != 1 else 'is'} serial {after.serial} now: another run recorded something"
    ]


def _moved(saved_plan: Plan, now: Plan) -> str:
    """Return how the state differs from the one that a plan was made on."""
    if saved_plan.serial and not now.serial:
        return f"there is no state here; the plan was created from serial {saved_plan.serial}"
    if saved_plan.serial and saved_plan.lineage != now.lineage:
        return f"this is another state: lineage {now.lineage}, the plan was created from {saved_plan.lineage}"
    if now.serial < saved_plan.serial:
        return (
            f"the state here is older (serial {now.serial}) than the one that the plan was created from "
            f"(serial {saved_plan.serial}): was it restored from a backup?"
        )
    return f"the state moved from serial {saved_plan.serial} to {now.serial}"


def _given_otherwise(saved_plan: Plan, now: Plan) -> list[str]:
    """Return a sentence for each variable whose value differs from the plan's."""
    known = {item.name: item for item in saved_plan.variables}
    out = []
    for item in now.variables:
        if item.name not in known:
            out.append(f'a value is given for the variable "{item.name}"; the plan was created without one')
        elif item != known[item.name]:
            out.append(f'the variable "{item.name}" has a different value than when the plan was created')
    return out
