"""What a plan does to access, and how policies hold <-> JSON values, for plan files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.diagnostic import Position
from reconciler.model.reaching.diff import AccessDiff, Between, Effect, Path, Radius, Risk
from reconciler.model.reaching.policy import Finding, Held
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address


def encode_access(diff: AccessDiff | None) -> dict[str, Any] | None:
    """Return a diff as JSON values; of clusters that are not known, only which they are."""
    if diff is None:
        return None
    return {
        "paths": [_path(path) for path in diff.paths],
        "unchanged": diff.unchanged,
        "between": [asdict(pair) for pair in diff.between],
        "radii": [_radius(radius) for radius in diff.radii],
        "unknown": dict(diff.unknown),
    }


def decode_access(value: Mapping[str, Any] | None) -> AccessDiff | None:
    """Return a diff from JSON values. Raises `KeyError`, `TypeError` or `ValueError` for others."""
    if value is None:
        return None
    return AccessDiff(
        tuple(_read_path(item) for item in value["paths"]),
        value["unchanged"],
        tuple(Between(**item) for item in value["between"]),
        tuple(_read_radius(item) for item in value["radii"]),
        {str(name): str(why) for name, why in value["unknown"].items()},
    )


def _path(path: Path) -> dict[str, Any]:
    return {
        "from": str(path.caller),
        "to": str(path.to),
        "effect": path.effect.value,
        "before": path.before.value,
        "after": path.after.value,
        "was": list(path.was),
        "conditions": list(path.conditions),
        "why": path.why,
        "breaks": path.breaks,
        "objects": [str(address) for address in path.objects],
    }


def _read_path(value: Mapping[str, Any]) -> Path:
    return Path(
        Service.parse(value["from"]),
        Service.parse(value["to"]),
        Effect(value["effect"]),
        Decision(value["before"]),
        Decision(value["after"]),
        tuple(value["was"]),
        tuple(value["conditions"]),
        value["why"],
        value["breaks"],
        tuple(Address.parse(text) for text in value["objects"]),
    )


_COUNTS = ("why", "opens", "closes", "breaks", "changes", "meanwhile", "would")


def _radius(radius: Radius) -> dict[str, Any]:
    counts = {name: getattr(radius, name) for name in _COUNTS}
    told = {"address": str(radius.address), "risk": radius.risk.value, "paths": list(radius.paths)}
    return told | counts


def _read_radius(value: Mapping[str, Any]) -> Radius:
    counts = {name: value[name] for name in _COUNTS}
    return Radius(Address.parse(value["address"]), Risk(value["risk"]), paths=tuple(value["paths"]), **counts)


def encode_finding(found: Finding) -> dict[str, Any]:
    """Return what breaks a policy as JSON values."""
    return {
        **{name: getattr(found, name) for name in ("policy", "path", "why", "at", "reason", "blocks")},
        "origin": asdict(found.origin) if found.origin is not None else None,
        "held": found.held.value,
        "by": [str(address) for address in found.by],
    }


def decode_finding(value: Mapping[str, Any]) -> Finding:
    """Return what breaks a policy from JSON values. Raises as `decode_access` does."""
    return Finding(
        value["policy"],
        Position(**value["origin"]) if value["origin"] is not None else None,
        Held(value["held"]),
        value["path"],
        value["why"],
        value["at"],
        value["reason"],
        tuple(Address.parse(text) for text in value["by"]),
        value["blocks"],
    )
