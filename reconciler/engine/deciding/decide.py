"""Decide what one object needs: declared, recorded and live give one Change, or a reason to wait.

One pure function, `decide`, over one object's `Case`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.merge import merge
from reconciler.engine.bodies.same import same
from reconciler.engine.deciding.case import Case, unchanged, with_health
from reconciler.engine.deciding.drifting import additions, broken, since_recorded
from reconciler.engine.deciding.ignoring import set_aside, to_record
from reconciler.engine.deciding.removal import removal
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Drift, Reason
from reconciler.model.desired import Resource
from reconciler.model.plan import Deferred
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Condition, Present, Unknown


def decide(case: Case) -> Change | Deferred:
    """Decide what to do with one object. Unknown is never absent: nothing is planned from a read that
    failed.
    """
    if isinstance(case.live, Unknown):
        error = case.live.error
        return Deferred(case.address, error.message, error.hint, error.code)
    if case.resource is None or case.destroying:
        return removal(case)
    if case.live is None:
        return _creation(case, case.resource)
    return _declared(case, case.resource, case.live)


def _creation(case: Case, resource: Resource) -> Change:
    body = canonical(case.kind.rule, resource.body, declared=True)
    gone = case.recorded is not None and case.recorded.was_complete
    reason = Reason.DELETED_OUTSIDE if gone else Reason.RESUME if case.recorded else Reason.DECLARED
    change = replace(unchanged(case), action=Action.CREATE, reason=reason, after=body, owned=body)
    return replace(change, drift=Drift(deleted=gone))


def _declared(case: Case, resource: Resource, live: Present) -> Change:
    match live.condition:
        case Condition.CONFLICT:
            blocked, drift = Block(BlockKind.CONFLICT, live.why), Drift(broken=broken(case, live))
            notes = (live.hint,) if live.hint else ()
            return replace(_creation(case, resource), blocked=blocked, drift=drift, notes=notes)
        case Condition.INCOMPLETE:
            return _restart(case, resource, live, Action.CREATE, Reason.RESUME)
        case Condition.LEAVING:
            return _restart(case, resource, live, Action.CREATE, Reason.LEAVING)
        case Condition.BROKEN:
            return _restart(case, resource, live, Action.REPLACE, Reason.BROKEN)
        case Condition.UNHEALTHY if case.recorded and case.recorded.comes_up_as(live.remote_ids):
            return _restart(case, resource, live, Action.CREATE, Reason.RESUME)
        case Condition.READY | Condition.UNHEALTHY:
            return with_health(_compared(case, resource, live), live)


def _restart(case: Case, resource: Resource, live: Present, action: Action, reason: Reason) -> Change:
    before = canonical(case.kind.rule, live.body, declared=False)
    change = _creation(case, resource)
    change = replace(change, drift=Drift(broken=broken(case, live)))
    return replace(change, action=action, reason=reason, why=live.why, before=before)


def _compared(case: Case, resource: Resource, live: Present) -> Change:
    rule, recorded = case.kind.rule, case.recorded
    wanted = canonical(rule, resource.body, declared=True)
    body = canonical(rule, live.body, declared=False)
    as_recorded = recorded is not None and recorded.body == wanted
    # What is recorded already is not kept a second time: of thousands of objects most are.
    kept = recorded.body if recorded and as_recorded and case.kept is None and not case.ignores else None
    owned, target = kept or to_record(case, wanted, body), set_aside(case, wanted, body)
    base = unchanged(case, before=body, after=body, owned=owned, adopt=recorded is None)
    if case.forced:
        return replace(base, action=Action.REPLACE, reason=Reason.BY_REQUEST, after=target)
    if target == body and (recorded is None or as_recorded):
        return base
    return _merged(case, base, wanted, body)


def _merged(case: Case, base: Change, declared: dict[str, Any], body: dict[str, Any]) -> Change:
    kind, recorded, own = case.kind, case.recorded, _without_frozen(case.kind, declared, body)[0]
    declared = set_aside(case, declared, body)
    wanted, notes = _without_frozen(kind, declared, body)
    mine = canonical(kind.rule, recorded.body, declared=True) if recorded else None
    mine = set_aside(case, mine, body) if mine is not None else None
    merged = merge(kind.rule, wanted, mine, body, shared=base.shared)
    change = replace(base, owned=to_record(case, own, body), unmanaged=tuple(merged.unmanaged), notes=notes)
    finished = recorded is not None and recorded.was_complete  # else the record is not what was there last
    if finished and isinstance(case.live, Present):
        found = since_recorded(case, case.live)
        change = replace(change, drift=Drift(found.fields), additions=additions(case, found))
    if merged.target == body:
        return change
    fields = diff(kind.rule, body, merged.target, replaces=kind.replaces)
    if any(item.forces_replacement for item in fields):
        return _replacement(case, replace(change, owned=base.owned), declared, mine)
    reason = _reason(change, mine, declared, case)
    return replace(change, action=Action.UPDATE, reason=reason, after=merged.target, fields=fields)


def _replacement(
    case: Case, change: Change, declared: dict[str, Any], mine: Mapping[str, Any] | None
) -> Change:
    """Return a replacement, which takes all that is declared, including the fields for creation only."""
    kind, body = case.kind, change.before or {}
    target = merge(kind.rule, declared, mine, body, shared=change.shared).target
    fields = diff(kind.rule, body, target, replaces=kind.replaces)
    forcing = sorted({str(item.path[0]) for item in fields if item.forces_replacement})
    return replace(
        change,
        action=Action.REPLACE,
        reason=Reason.CANNOT_UPDATE,
        why=f"{', '.join(forcing)} cannot change in place",
        after=target,
        fields=fields,
        notes=(),
    )


def _reason(change: Change, mine: Mapping[str, Any] | None, wanted: Mapping[str, Any], case: Case) -> Reason:
    if change.adopt:
        return Reason.ADOPT
    no_longer_shared = case.recorded is not None and case.recorded.shared and not change.shared
    if mine is not None and mine == wanted and not no_longer_shared:
        return Reason.DRIFTED
    return Reason.CHANGED_AND_DRIFTED if change.drift else Reason.CHANGED


def _without_frozen(
    kind: Kind, wanted: dict[str, Any], live: dict[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Set aside the fields that the server takes at creation only, with a note of those that differ.

    What is recorded of them stays as it is live: the declared value never came to be.
    """
    fields = kind.rule.fields
    names = sorted(kind.frozen & (wanted.keys() | live.keys()))
    differ = [name for name in names if not same(fields[name], wanted.get(name), live.get(name))]
    out = {name: value for name, value in wanted.items() if name not in names}
    out.update((name, live[name]) for name in names if name in live)
    if not differ:
        return out, ()
    verb = "differs" if len(differ) == 1 else "differ"
    note = f"{', '.join(differ)} {verb} and can only be set when the object is made: plan with --replace"
    return out, (note,)
