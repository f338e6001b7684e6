"""The plan as JSON with the keys of `terraform show -json PLAN`, and our own keys beside them.

Tools that read Terraform's plans find `resource_changes[].change.actions` and the rest where they look.
No key of ours is inside an object of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.block import Block
from reconciler.model.change import Action, Change, FieldChange, Interim, Op
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.drifting.items import items_of
from reconciler.model.drifting.report import DriftReport
from reconciler.model.failure import Failure
from reconciler.model.plan import Deferred, Plan
from reconciler.model.verdict.plans import plan_verdict
from reconciler.model.verdict.value import Verdict, failure_verdict
from reconciler.render.plan.access_json import access_value, policies_value, risk_value
from reconciler.render.plan.drift_json import drift_value
from reconciler.render.plan.ignored import ignored_value
from reconciler.render.plan.safety import freeze_value, safety_values
from reconciler.render.problems import problem_values, verdict_value
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import has_sensitive, marks, masked

FORMAT_VERSION = "1.2"

_ACTIONS = {
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.DELETE: ["delete"],
    Action.REPLACE: ["delete", "create"],
    Action.ROTATE: ["update"],
    Action.NO_OP: ["no-op"],
    Action.FORGET: ["forget"],
}


def plan_value(
    plan: Plan,
    version: str,
    *,
    warnings: Iterable[Diagnostic] = (),
    timestamp: str = "",
    verdict: Verdict | None = None,
    drift: DriftReport | None = None,
    next_step: str = "",
) -> dict[str, Any]:
    """Return the plan as JSON values. `timestamp` (RFC 3339) is left out where it is empty; `verdict` is the
    run's, if it is not just that of the plan, `drift` what a look for drift found, if that is more than the
    plan has; `next_step` says what to run next.
    """
    narrowed = bool(plan.selection.targets or plan.selection.excludes)
    before = {new: old for old, new in plan.moves}
    out: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "reconciler_version": version,
        "resource_changes": [_resource_change(change, before) for change in plan.changes],
        "resource_drift": [_drift(change) for change in plan.drifted],
        "deferred_changes": [_deferred(item) for item in plan.deferred],
        "applyable": plan.is_applyable,
        "complete": not plan.deferred and not narrowed and not plan.safety.left_out,
        "errored": False,
    }
    if timestamp:
        out["timestamp"] = timestamp
    out["verdict"] = verdict_value(verdict or plan_verdict(plan))
    more = {"warnings": _warnings(plan, warnings), "next_step": next_step}
    return out | _own(plan, drift) | more


def errored_value(failure: Failure, version: str) -> dict[str, Any]:
    """Return what replaces a plan where none could be made."""
    return {
        "format_version": FORMAT_VERSION,
        "reconciler_version": version,
        "resource_changes": [],
        "applyable": False,
        "complete": False,
        "errored": True,
        "verdict": verdict_value(failure_verdict(failure)),
        "diagnostics": problem_values(failure),
    }


def _own(plan: Plan, drift: DriftReport | None) -> dict[str, Any]:
    return {
        "mode": plan.mode.value,
        "fingerprint": plan.fingerprint,
        "serial": plan.serial,
        "undo": asdict(plan.undo) if plan.undo is not None else None,
        "lineage": plan.lineage,
        "requests": plan.requests,
        "held_back": plan.held_back,
        **safety_values(plan.safety),
        "freeze": freeze_value(plan.frozen),
        "looked_at": plan.looked_at,
        "not_recorded": [str(address) for address in plan.not_recorded],
        "variables": {item.name: {"value": item.value} for item in plan.variables if item.value is not None},
        "summary": asdict(plan.summary()),
        "clusters": {name: asdict(seen) for name, seen in plan.clusters.items()},
        "peers": {name: dict(others) for name, others in plan.peers.items()},
        "actions_order": _actions(plan),
        "origins": {str(change.address): str(change.origin) for change in plan.changes if change.origin},
        "adopted": [str(change.address) for change in plan.changes if change.adopt],
        "moved": [{"from": str(old), "to": str(new)} for old, new in plan.moves],
        "blocked": [_blocked(change.address, change.blocked) for change in plan.changes if change.blocked],
        "unhealthy": [{"address": str(c.address), "because": c.unhealthy} for c in plan.unhealthy],
        "unmanaged": [{"address": str(c.address), "paths": _paths(c)} for c in plan.changes if c.unmanaged],
        "notes": [{"address": str(c.address), "notes": list(c.notes)} for c in plan.changes if c.notes],
        "ignored": ignored_value((*plan.ignored, *(drift.ignored if drift is not None else ()))),
        "drift": drift_value(drift or DriftReport(items_of(plan))),
        "access": access_value(plan.access),
        "policies": policies_value(plan.policies),
    }


def _blocked(address: Address, block: Block) -> dict[str, Any]:
    return {"address": str(address), "kind": block.kind.value, "because": block.text}


def _paths(change: Change) -> list[list[str]]:
    return [list(path) for path in change.unmanaged]


def _named(address: Address) -> dict[str, Any]:
    return {"address": str(address), "mode": "managed", "type": address.type, "name": address.name}


def _resource_change(change: Change, before: Mapping[Address, Address]) -> dict[str, Any]:
    # Giving up our part of a shared object is a delete, and a delete leaves nothing of ours.
    after = None if change.action is Action.DELETE else change.after
    paths = [list(item.path) for item in change.fields if item.forces_replacement]
    action = Action.REPLACE if change.is_remade else change.action
    out = _named(change.address) | {
        "provider_name": change.provider,
        "change": _change(_ACTIONS[action], change.before, after, paths),
    }
    if change.address in before:
        out["previous_address"] = str(before[change.address])
    if change.reason.value:
        out["action_reason"] = change.reason.value
    return out


def _change(
    actions: list[str],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    replace_paths: list[list[str | int]],
) -> dict[str, Any]:
    out: dict[str, Any] = {
        "actions": actions,
        "before": masked(before),
        "after": masked(after),
        "after_unknown": {},
        "before_sensitive": marks(before),
        "after_sensitive": marks(after),
    }
    if replace_paths:
        out["replace_paths"] = replace_paths
    return out


def _drift(change: Change) -> dict[str, Any]:
    """Return what changed outside. `before` and `after` hold the changed parts only, list items under their
    keys.
    """
    after = None if change.drift.deleted else nested(change.drift.fields, new=True)
    actions = ["delete"] if change.drift.deleted else ["update"]
    return _named(change.address) | {
        "provider_name": change.provider,
        "change": _change(actions, nested(change.drift.fields, new=False), after, []),
    }


def nested(fields: Iterable[FieldChange], *, new: bool) -> dict[str, Any]:
    """Return field changes as one object by their paths, with the old or the new values."""
    out: dict[str, Any] = {}
    for item in fields:
        if item.op is (Op.REMOVE if new else Op.ADD) or not item.path:
            continue
        *parents, last = map(str, item.path)
        place = out
        for name in parents:
            place = place.setdefault(name, {})
        place[last] = item.new if new else item.old
    return out


def _deferred(item: Deferred) -> dict[str, Any]:
    return {
        "reason": item.code or "unknown",
        "resource_change": _named(item.address),
        "because": item.because,
        "hint": item.hint,
    }


def _actions(plan: Plan) -> list[dict[str, Any]]:
    radii = {radius.address: radius for radius in plan.access.radii} if plan.access else {}
    return [_action(change) | {"access": risk_value(radii.get(change.address))} for change in plan.actions]


def _action(change: Change) -> dict[str, Any]:
    return {
        "index": change.index,
        "address": str(change.address),
        "action": change.action.value,
        "reason": change.reason.value,
        "why": change.why,
        "required_by": [str(address) for address in change.required_by],
        "waits_for": [str(address) for address in change.waits_for],
        "waits_for_interim": [str(address) for address in change.waits_for_interim],
        "interim": interim_value(change.interim) if change.interim else None,
        "fields": [field_value(item) for item in change.fields],
        "unmanaged": _paths(change),
        "blocked": change.blocked.text if change.blocked else "",
        "blocked_kind": change.blocked.kind.value if change.blocked else "",
        "adopted": change.adopted,
        "origin": str(change.origin) if change.origin else "",
    }


def interim_value(interim: Interim) -> dict[str, Any]:
    """Return an interim step: where it is in the order, what it leaves of the object, and what that does."""
    return {
        "index": interim.index,
        "way": interim.way.value,
        "why": interim.why,
        "meanwhile": interim.meanwhile,
        "opens": interim.opens,
        "cuts": interim.cuts,
        "after": masked(interim.after),
        "after_sensitive": marks(interim.after),
        "waits_for": [str(address) for address in interim.waits_for],
        "waits_for_interim": [str(address) for address in interim.waits_for_interim],
        "fields": [field_value(item) for item in interim.fields],
    }


def field_value(item: FieldChange) -> dict[str, Any]:
    """Return one field change."""
    out = {
        "path": list(item.path),
        "op": item.op.value,
        "old": masked(item.old),
        "new": masked(item.new),
    }
    return out | ({"sensitive": True} if has_sensitive((item.old, item.new)) else {})


def _warnings(plan: Plan, warnings: Iterable[Diagnostic]) -> list[str]:
    found = [f"{item.position}: {item.summary}" if item.position else item.summary for item in warnings]
    return [*plan.warnings, *plan.remarks, *found]
