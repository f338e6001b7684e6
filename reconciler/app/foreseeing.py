"""Foreseeing: providers that know how their servers judge a write by what else they hold are asked for that
before a plan is put in order."""

from __future__ import annotations

from reconciler.app.workspace import Open
from reconciler.model.change import Change
from reconciler.model.plan import Plan
from reconciler.sdk.foresight import Foresees, Standing, Write


async def standings(world: Open, plan: Plan) -> dict[str, Standing]:
    """What stands on the servers, by provider; nothing where none of the plan's writes is judged by it.

    Bodies keep their covers: what is sensitive decides nothing, and steps in between are made from them.
    """
    by_provider: dict[str, list[Change]] = {}
    for change in plan.changes:
        by_provider.setdefault(change.provider, []).append(change)
    out: dict[str, Standing] = {}
    for name, changes in by_provider.items():
        provider = world.providers.get(name)
        writes = [Write(change.address, change.after) for change in changes if change.is_action]
        if writes and isinstance(provider, Foresees):
            live = {change.address: change.before for change in changes if change.before is not None}
            standing = await provider.foresee(live, writes)
            if standing is not None:
                out[name] = standing
    return out
