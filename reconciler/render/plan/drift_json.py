"""What a look for drift found as JSON: items by class, and how many there are of each."""

from __future__ import annotations

from typing import Any

from reconciler.model.drifting.item import DriftItem
from reconciler.model.drifting.report import DriftReport
from reconciler.sdk.provider import Contact
from reconciler.sdk.secrets.sensitive import masked


def drift_value(report: DriftReport) -> dict[str, Any]:
    """Return the key `drift` of a plan document."""
    baseline = {"known": report.known, "gone": report.gone} if report.choice.baseline is not None else None
    return {
        "counts": {kind.value: number for kind, number in report.counts.items()},
        "counted": report.counted,
        "baseline": baseline,
        "items": [_item(item, report) for item in report.items],
    }


def _item(item: DriftItem, report: DriftReport) -> dict[str, Any]:
    out = {
        "class": item.kind.value,
        "address": str(item.address),
        "cluster": item.address.cluster,
        "type": item.address.type,
        "path": list(item.path),
        "old": masked(item.old),
        "new": masked(item.new),
        "because": item.because,
        "rule": item.rule,
        "at": str(item.at) if item.at is not None else "",
        "who": item.who,
        "version": {"recorded": item.versions[0], "now": item.versions[1]} if item.versions else None,
        "contacts": _contacts(item),
        "counted": report.choice.counts(item),
        "id": item.id,
        "value_digest": item.value_digest,
    }
    return out if item.is_new is None else out | {"new_since_baseline": item.is_new}


def _contacts(item: DriftItem) -> dict[str, dict[str, str | None]] | None:
    if not item.contacts:
        return None
    return {
        cluster: {what.value: times.get(what) for what in Contact} for cluster, times in item.contacts.items()
    }
