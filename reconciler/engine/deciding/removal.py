"""Removal: what to do about an object that is recorded and no longer declared, or to be destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.merge import merge, remainder
from reconciler.engine.deciding.case import Case, unchanged
from reconciler.engine.deciding.drifting import since_recorded
from reconciler.model.change import Action, Change, Drift, Reason
from reconciler.model.state import Recorded
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Condition, Present

ADOPTED = "reconciler did not create it: it was there before, and was adopted"


def forgotten(recorded: Recorded) -> Change:
    """Let the record go, as the configuration says, regardless of the object."""
    return Change(
        recorded.address,
        Action.FORGET,
        Reason.REMOVED,
        provider=recorded.provider,
        adopted=recorded.adopted,
        depends_on=recorded.depends_on,
        shared=recorded.shared,
        protect=recorded.protect,
    )


def removal(case: Case) -> Change:
    """Remove our part of the object, or only its record where it is gone or is another's now."""
    recorded, live = case.recorded, case.live
    base = unchanged(case)
    if recorded is None:
        return base
    if live is None:
        return replace(
            base, action=Action.FORGET, reason=Reason.ALREADY_GONE, drift=Drift(deleted=recorded.was_complete)
        )
    assert isinstance(live, Present)
    if live.condition is Condition.CONFLICT:
        return replace(base, action=Action.FORGET, reason=Reason.ALREADY_GONE, why=live.why)
    rule = case.kind.rule
    body = canonical(rule, live.body, declared=False)
    mine = canonical(rule, recorded.body, declared=True)
    rest = remainder(rule, _container(case.kind, base.shared), mine, body, shared=base.shared)
    reason = Reason.DESTROY if case.destroying else Reason.NO_CONFIG
    drift = Drift(since_recorded(case, live).fields)
    change = replace(base, action=Action.DELETE, reason=reason, before=body, after=rest, drift=drift)
    if recorded.adopted:
        change = replace(change, notes=(ADOPTED,))
    if rest is None:
        return change
    return replace(change, fields=diff(rule, body, rest), unmanaged=tuple(_others(case.kind, rest)))


def _container(kind: Kind, shared: bool) -> str | None:
    if kind.container is not None:
        return kind.container
    lists = (name for name, rule in kind.rule.fields.items() if rule.keyed and rule.keyed.shareable)
    return next(lists, None) if shared else None


def _others(kind: Kind, rest: Mapping[str, Any]) -> list[tuple[str, ...]]:
    lists: dict[str, Any] = {name: [] for name, rule in kind.rule.fields.items() if rule.keyed is not None}
    return merge(kind.rule, lists, {}, rest, shared=True).unmanaged
