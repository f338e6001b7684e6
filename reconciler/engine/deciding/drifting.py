"""Drift: what was changed outside since it was applied, on what we own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.bodies.ignoring import as_live
from reconciler.engine.bodies.merge import merge, project
from reconciler.engine.deciding.case import Case, unchanged, with_health
from reconciler.engine.deciding.ignoring import set_aside
from reconciler.model.change import Action, Change, Drift, FieldChange, Op, Reason
from reconciler.model.plan import Deferred
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Condition, Present, Unknown


def decide_refresh(case: Case) -> Change | Deferred:
    """Decide what was changed outside, with nothing planned against it: for `--refresh-only` and `drift`."""
    if isinstance(case.live, Unknown):
        return Deferred(case.address, case.live.error.message, case.live.error.hint, case.live.error.code)
    base = unchanged(case)
    if case.recorded is None:
        return base
    if case.live is None:
        gone = case.recorded.was_complete  # else it never came to be, or we removed it ourselves
        return replace(base, action=Action.FORGET, reason=Reason.ALREADY_GONE, drift=Drift(deleted=gone))
    base, why = with_health(base, case.live), broken(case, case.live)
    if not case.recorded.was_complete and case.live.condition is not Condition.READY:
        return base  # what the record says of it stays: that it is not finished
    if why:
        return replace(base, drift=Drift(broken=why, stays=True))
    found = since_recorded(case, case.live)
    drift = Drift(found.fields, stays=_stays(case, case.live, found))
    change = replace(base, before=found.live, after=found.live, owned=found.owned_now, drift=drift)
    return replace(change, additions=additions(case, found))


def _stays(case: Case, live: Present, found: SinceRecorded) -> bool:
    """Say whether there would still be drift if our part of the object were recorded as it is now: something
    was added that is not ours to record.
    """
    if not found.fields or case.recorded is None:
        return False
    recorded = replace(case.recorded, body=found.owned_now)
    return bool(since_recorded(replace(case, recorded=recorded), live).fields)


def broken(case: Case, live: Present) -> str:
    """Return why an object that was created here no longer works; empty where it does, or never did."""
    made = case.recorded is not None and case.recorded.was_complete
    return live.why if made and live.condition not in (Condition.READY, Condition.UNHEALTHY) else ""


@dataclass(frozen=True, slots=True)
class SinceRecorded:
    """The whole `live` body, our part of it as `owned_now`, `fields` from the record to what is live, and the
    paths and values of what only the live body has and apply leaves there (`foreign`).
    """

    live: dict[str, Any]
    owned_now: dict[str, Any]
    fields: tuple[FieldChange, ...]
    foreign: tuple[tuple[tuple[str, ...], Any], ...] = ()


def additions(case: Case, found: SinceRecorded) -> tuple[FieldChange, ...]:
    """Return what is neither recorded nor declared in an object that is recorded."""
    if not found.foreign:
        return ()
    rule, resource = case.kind.rule, case.resource
    wanted = canonical(rule, resource.body, declared=True) if resource is not None else {}
    undeclared = set(merge(rule, wanted, None, found.live, shared=True).unmanaged)
    return tuple(
        FieldChange(path, Op.ADD, None, value)
        for path, value in found.foreign
        if any(path[:length] in undeclared for length in range(1, len(path) + 1))
    )


def since_recorded(case: Case, live: Present) -> SinceRecorded:
    """Return how the live object differs from what was recorded, on what was recorded."""
    rule, recorded = case.kind.rule, case.recorded
    body = canonical(rule, live.body, declared=False)
    if recorded is None or not recorded.body:
        return SinceRecorded(body, {}, ())
    before = canonical(rule, recorded.body, declared=True)
    mine = set_aside(case, before, body)
    merged = merge(rule, mine, mine, body, shared=recorded.shared)
    foreign = tuple(merged.foreign)
    if merged.target == body:
        return SinceRecorded(body, before, (), foreign)
    now = as_live(rule, project(rule, mine, body), before, case.ignored_paths)  # that was not applied
    return SinceRecorded(body, now, diff(rule, merged.target, body), foreign)
