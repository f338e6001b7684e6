"""Which secrets to renew: a plan with one action for each object chosen, where it is fit for it.

Only what works can take a new secret: everything else that an object needs is left to plan and apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.veiling import veil_like
from reconciler.engine.planning.clusters import seen_clusters
from reconciler.engine.planning.inputs import Inputs
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Reason
from reconciler.model.plan import Deferred, Plan
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Condition, Observation, Present, Unknown


def rotation_plan(inputs: Inputs, chosen: Iterable[Address]) -> Plan:
    """Plan the rotation of recorded objects. What is not `READY` or is refused is blocked, what is unknown
    deferred."""
    changes: list[Change] = []
    deferred: list[Deferred] = []
    for address in sorted(chosen):
        entry, live = inputs.state.resources[address], inputs.observed.objects.get(address)
        if isinstance(live, Unknown):
            error = live.error
            deferred.append(Deferred(address, error.message, error.hint, error.code))
        else:
            change = _rotation(inputs.kind(address), entry, live, len(changes) + 1)
            paths = tuple(path for rule in inputs.ignores_of(address) for path in rule.fields)
            blocked = change.blocked or inputs.blocks.get(address)
            changes.append(replace(change, blocked=blocked, ignores=paths))
    return Plan(
        inputs.mode,
        tuple(changes),
        tuple(deferred),
        seen_clusters(inputs.desired, inputs.observed),
        selection=inputs.selection,
        config_digest=inputs.desired.digest,
        lineage=inputs.state.lineage,
        serial=inputs.state.serial,
        requests=inputs.observed.requests,
        seal=inputs.state.seal,
        ignores=inputs.ignores,
    )


def _rotation(kind: Kind, entry: Recorded, live: Observation, index: int) -> Change:
    change = Change(
        entry.address,
        Action.ROTATE,
        Reason.ROTATION,
        provider=entry.provider,
        owned=entry.body,
        depends_on=entry.depends_on,
        shared=entry.shared,
        protect=entry.protect,
        adopted=entry.adopted,
        index=index,
    )
    if not isinstance(live, Present):
        return replace(change, blocked=Block(BlockKind.NOT_READY, "it does not exist: apply creates it"))
    body = canonical(kind.rule, veil_like(kind.rule, live.body, entry.body), declared=False)
    unfit = None if live.condition is Condition.READY else Block(BlockKind.NOT_READY, live.why)
    return replace(
        change,
        why=live.status,
        before=body,
        after=body,
        blocked=unfit,
        observed_version=live.version,
        remote_ids=live.remote_ids,
    )
