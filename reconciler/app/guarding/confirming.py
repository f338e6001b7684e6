"""Confirmation: what the operator lists is confirmed by its address, also where no question is asked."""

from __future__ import annotations

from collections.abc import Collection
from shlex import quote

from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address


def check_confirmed(plan: Plan, confirmed: Collection[Address]) -> None:
    """Raise `Failure` where something that the operator lists was not confirmed. A saved plan and approvals
    do not confirm it.
    """
    missing = [address for address in plan.safety.confirm if address not in confirmed]
    if not missing:
        return
    some = "1 resource" if len(missing) == 1 else f"{len(missing)} resources"
    raise Failure(
        Cause.REFUSED,
        f"{some} must be confirmed by address: safety.confirm in reconciler.yaml",
        detail="\n".join(f"{address} is destroyed, recreated or takes access away" for address in missing)
        + "\nNothing was written.",
        hint=f"if that is meant, add {' '.join(f'--confirm {quote(str(address))}' for address in missing)}",
    )
