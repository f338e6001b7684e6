"""GitLab's code quality report: findings that a merge request shows beside its changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reconciler.render.report.scanning.findings import NO_MESSAGE, Finding, findings, place_of_finding
from reconciler.render.report.value import Level, Report
from reconciler.sdk.text import escaped

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "major", Level.NOTE: "info"}


def gitlab(reports: Sequence[Report]) -> str:
    """Return the findings of all reports; it ends with a newline."""
    found = [_value(one, report) for report in reports for one in findings(report)]
    return json.dumps(found, ensure_ascii=True, indent=1) + "\n"


def _value(found: Finding, report: Report) -> dict[str, Any]:
    place = place_of_finding(found, report)
    text = " ".join(". ".join(filter(None, (found.text, found.hint))).split())
    return {
        "description": escaped(text or NO_MESSAGE),
        "check_name": found.rule,
        "fingerprint": found.digest,
        "severity": _SEVERITIES[found.level],
        "location": {"path": place.file.removeprefix("./"), "lines": {"begin": max(place.line, 1)}},
    }
