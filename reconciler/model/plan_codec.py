"""Plan <-> JSON values. `decode(encode(plan))` is `plan`; unknown or missing keys raise `ValueError`.

Digests stand for sensitive values. The key that made them stays in the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Drift, FieldChange, Interim, Op, Reason
from reconciler.model.diagnostic import Position
from reconciler.model.guarding.safety import decode_safety, encode_safety
from reconciler.model.ignoring.codec import decode_ignored, decode_rule, encode_ignored, encode_rule
from reconciler.model.plan import Deferred, Mode, Plan, PlanVariable, SeenCluster, Selection, Undo
from reconciler.model.reaching.codec import decode_access, decode_finding, encode_access, encode_finding
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way
from reconciler.sdk.secrets.sensitive import Seal, sealed, unsealed

FORMAT_VERSION = 7


def encode(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values (objects, lists, text, numbers)."""
    return {
        "format_version": FORMAT_VERSION,
        "mode": plan.mode.value,
        "changes": [encode_change(change, plan.seal) for change in plan.changes],
        "deferred": [
            {"address": str(d.address), "because": d.because, "hint": d.hint, "code": d.code}
            for d in plan.deferred
        ],
        "clusters": {name: _seen(seen) for name, seen in plan.clusters.items()},
        "warnings": list(plan.warnings),
        "selection": {
            "targets": list(plan.selection.targets),
            "excludes": list(plan.selection.excludes),
            "replaces": list(plan.selection.replaces),
            "takes": list(plan.selection.takes),
            "undo": plan.selection.undo,
            "no_delete": plan.selection.no_delete,
            "only_safe": plan.selection.only_safe,
        },
        "config_digest": plan.config_digest,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "requests": plan.requests,
        "fingerprint": plan.fingerprint,
        "digest": plan.digest,
        "looked_at": plan.looked_at,
        "not_recorded": [str(address) for address in plan.not_recorded],
        "peers": {name: dict(others) for name, others in plan.peers.items()},
        "moves": [[str(old), str(new)] for old, new in plan.moves],
        "allow_delete": plan.allow_delete,
        "allow_change": plan.allow_change,
        "safety": encode_safety(plan.safety),
        "variables": {item.name: [item.value, item.digest] for item in plan.variables},
        "undo": asdict(plan.undo) if plan.undo is not None else None,
        "access": encode_access(plan.access),
        "policies": [encode_finding(found) for found in plan.policies],
        "ignores": [encode_rule(rule) for rule in plan.ignores],
    }


def decode(value: Mapping[str, Any]) -> Plan:
    """Return a plan from JSON values. Raises `ValueError` saying what is wrong with them."""
    if value.get("format_version") != FORMAT_VERSION:
        raise ValueError(f"plan format {value.get('format_version')!r} is not {FORMAT_VERSION}")
    try:
        return _plan(value)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a plan: {error}") from None


def _plan(value: Mapping[str, Any]) -> Plan:
    selection = value["selection"]
    globs = {name: tuple(selection[name]) for name in ("targets", "excludes", "replaces", "takes")}
    return Plan(
        Mode(value["mode"]),
        tuple(_read_change(item) for item in value["changes"]),
        tuple(
            Deferred(Address.parse(d["address"]), d["because"], d["hint"], d["code"])
            for d in value["deferred"]
        ),
        {name: SeenCluster(**seen) for name, seen in value["clusters"].items()},
        tuple(value["warnings"]),
        Selection(
            **globs,
            undo=selection["undo"],
            no_delete=selection["no_delete"],
            only_safe=selection["only_safe"],
        ),
        value["config_digest"],
        value["lineage"],
        value["serial"],
        value["requests"],
        value["fingerprint"],
        value["digest"],
        tuple(PlanVariable(name, *given) for name, given in value["variables"].items()),
        value["looked_at"],
        tuple(Address.parse(text) for text in value["not_recorded"]),
        value["allow_delete"],
        peers={str(name): dict(others) for name, others in value["peers"].items()},
        undo=Undo(**value["undo"]) if value["undo"] is not None else None,
        moves=tuple((Address.parse(old), Address.parse(new)) for old, new in value["moves"]),
        access=decode_access(value["access"]),
        policies=tuple(decode_finding(found) for found in value["policies"]),
        safety=decode_safety(value["safety"]),
        allow_change=value["allow_change"],
        ignores=tuple(decode_rule(rule) for rule in value["ignores"]),
    )


def _seen(seen: SeenCluster) -> dict[str, str]:
    return {
        "name": seen.name,
        "address": seen.address,
        "version": seen.version,
        "identity": seen.identity,
        "problem": seen.problem,
        "hint": seen.hint,
    }


_PLAIN = (
    "why",
    "provider",
    "unhealthy",
    "adopt",
    "adopted",
    "marked_by",
    "observed_version",
    "remote_ids",
    "shared",
    "protect",
    "index",
)
_BODIES = ("before", "after", "owned")
_ADDRESSES = ("depends_on", "waits_for", "waits_for_interim", "required_by")
_OF_INTERIM = ("index", "why", "meanwhile", "opens", "cuts")


def encode_change(change: Change, seal: Seal | None) -> dict[str, Any]:
    """Return one change as JSON values, with digests under the seal in place of sensitive values."""
    out: dict[str, Any] = {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change.reason.value,
        "fields": [_field(item, seal) for item in change.fields],
        "drift": _drift(change.drift, seal),
        "additions": [_field(item, seal) for item in change.additions],
        "ignores": [list(path) for path in change.ignores],
        "ignored": [encode_ignored(item) for item in change.ignored],
        "origin": _position(change.origin),
        "protected_at": _position(change.protected_at),
        "interim": _interim(change.interim, seal),
        "blocked": {"kind": change.blocked.kind.value, "text": change.blocked.text}
        if change.blocked
        else None,
        "unmanaged": [list(path) for path in change.unmanaged],
        "notes": list(change.notes),
    }
    out.update((name, getattr(change, name)) for name in _PLAIN)
    out.update((name, sealed(getattr(change, name), seal)) for name in _BODIES)
    out.update((name, [str(address) for address in getattr(change, name)]) for name in _ADDRESSES)
    return out


def _drift(drift: Drift, seal: Seal | None) -> dict[str, Any]:
    return {
        "fields": [_field(item, seal) for item in drift.fields],
        "deleted": drift.deleted,
        "broken": drift.broken,
        "stays": drift.stays,
    }


def _read_drift(value: Mapping[str, Any]) -> Drift:
    fields = tuple(_read_field(item) for item in value["fields"])
    return Drift(fields, value["deleted"], value["broken"], value["stays"])


def _interim(interim: Interim | None, seal: Seal | None) -> dict[str, Any] | None:
    if interim is None:
        return None
    return {
        "way": interim.way.value,
        **{name: getattr(interim, name) for name in _OF_INTERIM},
        "after": sealed(interim.after, seal),
        "owned": sealed(interim.owned, seal),
        "was": sealed(interim.was, seal),
        "fields": [_field(item, seal) for item in interim.fields],
        "waits_for": [str(address) for address in interim.waits_for],
        "waits_for_interim": [str(address) for address in interim.waits_for_interim],
    }


def _read_interim(value: Mapping[str, Any] | None) -> Interim | None:
    if value is None:
        return None
    return Interim(
        Way(value["way"]),
        after=unsealed(value["after"], None),
        owned=unsealed(value["owned"], None),
        was=unsealed(value["was"], None),
        fields=tuple(_read_field(item) for item in value["fields"]),
        waits_for=tuple(Address.parse(text) for text in value["waits_for"]),
        waits_for_interim=tuple(Address.parse(text) for text in value["waits_for_interim"]),
        **{name: value[name] for name in _OF_INTERIM},
    )


def _read_change(value: Mapping[str, Any]) -> Change:
    origin, protected_at, blocked = value["origin"], value["protected_at"], value["blocked"]
    more: dict[str, Any] = {name: value[name] for name in _PLAIN}
    more.update((name, unsealed(value[name], None)) for name in _BODIES)
    more.update((name, tuple(Address.parse(text) for text in value[name])) for name in _ADDRESSES)
    return Change(
        Address.parse(value["address"]),
        Action(value["action"]),
        Reason(value["reason"]),
        fields=tuple(_read_field(item) for item in value["fields"]),
        drift=_read_drift(value["drift"]),
        origin=Position(**origin) if origin else None,
        protected_at=Position(**protected_at) if protected_at else None,
        interim=_read_interim(value["interim"]),
        blocked=Block(BlockKind(blocked["kind"]), blocked["text"]) if blocked is not None else None,
        unmanaged=tuple(tuple(path) for path in value["unmanaged"]),
        notes=tuple(value["notes"]),
        additions=tuple(_read_field(item) for item in value["additions"]),
        ignores=tuple(tuple(path) for path in value["ignores"]),
        ignored=tuple(decode_ignored(item) for item in value["ignored"]),
        **more,
    )


def _position(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return {"file": position.file, "line": position.line, "column": position.column}


def _field(item: FieldChange, seal: Seal | None) -> dict[str, Any]:
    return {
        "path": list(item.path),
        "op": item.op.value,
        "old": sealed(item.old, seal),
        "new": sealed(item.new, seal),
        "forces_replacement": item.forces_replacement,
    }


def _read_field(value: Mapping[str, Any]) -> FieldChange:
    old, new = unsealed(value["old"], None), unsealed(value["new"], None)
    return FieldChange(tuple(value["path"]), Op(value["op"]), old, new, value["forces_replacement"])
