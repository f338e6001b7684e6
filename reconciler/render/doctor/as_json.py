"""Findings as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model.reaching.checkup import Checkup
from reconciler.sdk.access.diagnosis import Diagnosis, Severity

FORMAT_VERSION = 1


def checkup_value(checkup: Checkup) -> dict[str, Any]:
    """Return the JSON document of `doctor --json`."""
    return {
        "format_version": FORMAT_VERSION,
        "source": checkup.source.value,
        "clusters": list(checkup.clusters),
        "selected": list(checkup.selected),
        "findings": [_finding(checkup, one) for one in checkup.findings],
        "error_count": checkup.count(Severity.ERROR),
        "warning_count": checkup.count(Severity.WARNING),
        "unknown": dict(checkup.unknown),
    }


def _finding(checkup: Checkup, one: Diagnosis) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "severity": one.severity.value,
        "message": one.message,
        "evidence": list(one.evidence),
        "cause": one.cause,
        "next": one.next,
        "at": checkup.at(one),
        "clusters": sorted(one.clusters),
        "services": sorted(one.services),
        "consequences": [_consequence(checkup, other) for other in one.consequences],
    }


def _consequence(checkup: Checkup, one: Diagnosis) -> dict[str, Any]:
    return {"rule": one.rule, "message": one.message, "at": checkup.at(one)}
