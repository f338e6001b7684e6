"""Recalling: a plan remembers the values that its variables were given, and applying it uses them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.app.options import VARIABLE_PREFIX, Options
from reconciler.config.text.declarations import Given
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan, PlanVariable
from reconciler.model.plan_digest import sealed
from reconciler.sdk.secrets.sensitive import Seal


def remembering(plan: Plan, given: Sequence[Given]) -> Plan:
    """Return the plan as it is shown and saved: with the given values of variables, without those of
    sensitive ones, and with its digest.
    """
    return sealed(replace(plan, variables=tuple(_kept(item, plan.seal) for item in given)))


def _kept(item: Given, seal: Seal | None) -> PlanVariable:
    if not item.sensitive:
        return PlanVariable(item.name, item.text)
    return PlanVariable(item.name, None, seal.digest(item.text) if seal is not None else "")


def recalled(options: Options, plan: Plan) -> Options:
    """Return the options with the values that a saved plan was made with.

    Raises `Failure` for a sensitive value that is not given again, and for a value that is now different.
    """
    now = {**options.ambient, **options.variables}
    _check_complete(plan, now)
    for item in plan.variables:
        if item.value is not None and now.get(item.name, item.value) != item.value:
            raise _changed(item)
    known = {item.name: item.value for item in plan.variables if item.value is not None}
    return replace(options, variables={**options.variables, **known})


def _check_complete(plan: Plan, now: Mapping[str, str]) -> None:
    missing = [item.name for item in plan.variables if item.value is None and item.name not in now]
    if not missing:
        return
    names = ", ".join(f'"{name}"' for name in missing)
    several = len(missing) > 1
    raise Failure(
        Cause.USAGE,
        f"the plan was created with values for the sensitive variable{'s' if several else ''} {names}",
        detail=f"A plan file never holds {'them' if several else 'it'}.",
        hint=f"give the same values again: -var-file FILE, or {VARIABLE_PREFIX}{missing[0]}",
    )


def _changed(item: PlanVariable) -> Failure:
    """Return the failure without the value that is given now: the variable may be sensitive by now."""
    return Failure(
        Cause.STALE_PLAN,
        f'the variable "{item.name}" has a different value than when the plan was created',
        detail=f'its value in the plan is "{item.value}"',
        hint="leave it out to use the value of the plan, or create a new plan",
    )
