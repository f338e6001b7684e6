"""What a run was given to pass safety checks."""

from __future__ import annotations

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Permits:
    """What the options of a run say to safety checks.

    broken_freeze  the reason for applying during a freeze (empty: that is refused)
    confirmed      the addresses that were confirmed
    approvals      how many approvals a saved plan needs at least
    expected       the fingerprint, or the digest, that the plan must have (empty: any)
    """

    broken_freeze: str = ""
    confirmed: tuple[Address, ...] = ()
    approvals: int = 0
    expected: str = ""
