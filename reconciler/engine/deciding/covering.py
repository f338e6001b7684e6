"""Covering a case: declared, recorded and live body of one object are veiled alike before it is decided.

A place that is sensitive in one of them is so in all, so that neither its old nor its new value is shown.
What is recorded afterwards is veiled only where it is still called sensitive.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.bodies.veiling import joined, marks_at, marks_of, reaches_sensitive, unveil, veil
from reconciler.engine.deciding.case import Case
from reconciler.model.change import Change
from reconciler.model.desired import Resource
from reconciler.model.plan import Deferred
from reconciler.sdk.provider import Present
from reconciler.sdk.secrets.sensitive import has_sensitive


def covered(case: Case) -> Case:
    """Return the case with all of its sensitive values wrapped, and `kept` saying what stays so in the
    record.
    """
    rule, resource, recorded, live = case.kind.rule, case.resource, case.recorded, case.live
    if not (reaches_sensitive(rule) or _says_so(resource) or (recorded and has_sensitive(recorded.body))):
        return case
    named = joined(*(marks_at(rule, path) for path in resource.sensitive)) if resource else {}
    declared = veil(rule, resource.body, named) if resource else None
    before = veil(rule, recorded.body, named) if recorded else None
    there = veil(rule, live.body, named) if isinstance(live, Present) else None
    own = joined(named, marks_of(rule, declared)) if resource else marks_of(rule, before)
    every = joined(own, marks_of(rule, before), marks_of(rule, there))
    if not every:
        return case
    return replace(
        case,
        resource=replace(resource, body=veil(rule, declared, every)) if resource else None,
        recorded=replace(recorded, body=veil(rule, before, every)) if recorded else None,
        live=replace(live, body=veil(rule, there, every)) if isinstance(live, Present) else live,
        kept=own,
    )


def _says_so(resource: Resource | None) -> bool:
    return resource is not None and (bool(resource.sensitive) or has_sensitive(resource.body))


def uncovered(case: Case, decision: Change | Deferred) -> Change | Deferred:
    """Return the decision with what will be recorded wrapped only where the declared object is sensitive."""
    if case.kept is None or isinstance(decision, Deferred) or decision.owned is None:
        return decision
    return replace(decision, owned=unveil(case.kind.rule, decision.owned, dict(case.kept)))
