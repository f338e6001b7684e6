"""What a plan would leave behind: the bodies of all objects that it writes or removes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.change import Action
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import masked

_WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE, Action.REPLACE})


def planned_bodies(plan: Plan, provider: str) -> dict[Address, Mapping[str, Any] | None]:
    """Return what a plan writes on the clusters of a provider (`None`: removes), without what is blocked."""
    return {
        change.address: masked(change.after) if change.after is not None else None
        for change in plan.actions
        if change.provider == provider and change.action in _WRITES and change.blocked is None
    }
