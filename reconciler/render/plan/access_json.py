"""What a plan does to access, as JSON: the keys are explained in docs/json.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.model.reaching.diff import AccessDiff, Effect, Path, Radius
from reconciler.model.reaching.policy import Finding


def access_value(diff: AccessDiff | None) -> dict[str, Any] | None:
    """Return the paths that a plan opens, closes and changes; `None` where nothing was asked."""
    if diff is None:
        return None
    return {
        "opened": [_path(path) for path in diff.of(Effect.OPENS)],
        "closed": [_path(path) for path in diff.of(Effect.CLOSES)],
        "changed": [_path(path) for path in diff.of(Effect.CHANGES)],
        "unchanged": diff.unchanged,
        "between": [
            {"from": p.caller, "to": p.to, "opens": p.opens, "closes": p.closes, "changes": p.changes}
            for p in diff.between
        ],
        "unknown": dict(diff.unknown),
        "risk": diff.risk.value,
    }


def _path(path: Path) -> dict[str, Any]:
    return {
        "from": str(path.caller),
        "to": str(path.to),
        "before": path.before.value,
        "after": path.after.value,
        "was": list(path.was),
        "conditions": list(path.conditions),
        "because": path.why,
        "breaks": path.breaks,
        "objects": [str(address) for address in path.objects],
    }


def risk_value(radius: Radius | None) -> dict[str, Any]:
    """Return what an action does to access; all zero where it does not matter to it."""
    if radius is None:
        counts = dict.fromkeys(("opens", "closes", "breaks", "changes", "meanwhile"), 0)
        return {"risk": "none", "because": "", **counts, "paths": [], "would": False}
    counts = {name: getattr(radius, name) for name in ("opens", "closes", "breaks", "changes", "meanwhile")}
    return {
        "risk": radius.risk.value,
        "because": radius.why,
        **counts,
        "paths": list(radius.paths),
        "would": radius.would,
    }


def policies_value(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return the paths that break a policy, or of which that cannot be decided."""
    return [
        {
            "policy": found.policy,
            "at": str(found.origin) if found.origin else "",
            "result": found.held.value,
            "path": found.path,
            "because": found.why,
            "because_at": found.at,
            "reason": found.reason,
            "objects": [str(address) for address in found.by],
            "blocks": found.blocks,
        }
        for found in findings
    ]
