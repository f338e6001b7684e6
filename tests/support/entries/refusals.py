"""What an edition refuses: the refusal arrives as it is, nothing is recorded, the next plan asks again."""

from __future__ import annotations

from reconciler.model.change import Action
from reconciler.model.plan import Plan
from reconciler.sdk.errors import Invalid, NotSupported
from tests.support.entries.corpus import Sample
from tests.support.entries.lab import EntryLab


async def is_refused(lab: EntryLab, sample: Sample) -> None:
    """One sample on a server that cannot take it. A kind that it does not know is not even read."""
    bodies = {sample.address: sample.entry}
    plan = await lab.plan(bodies)
    if plan.deferred:
        assert f"invalid config entry kind: {sample.key[0]}" in plan.deferred[0].because
        return
    assert _actions(plan) == [Action.CREATE]
    failed = await lab.apply(plan)
    assert isinstance(failed.get(sample.address), Invalid | NotSupported), f"{sample.name}: {failed}"
    assert lab.memory.resources == {}
    assert _actions(await lab.plan(bodies)) == [Action.CREATE]


def _actions(plan: Plan) -> list[Action]:
    return [change.action for change in plan.changes]
