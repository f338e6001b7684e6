"""SARIF 2.1.0, for code scanning: rules with help, places in files, digests that stay over commits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from reconciler.render.report.scanning.findings import NO_MESSAGE, Finding, findings, place_of_finding
from reconciler.render.report.scanning.rules import HOME, RuleText, rule_text
from reconciler.render.report.value import Place, Report
from reconciler.sdk.text import escaped

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DIGEST = "reconciler/v1"  # the name of our digests; another number where they are made otherwise


def sarif(reports: Sequence[Report]) -> str:
    """Return the log: one run for each report. It ends with a newline."""
    value = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report) for report in reports]}
    return json.dumps(value, ensure_ascii=True, indent=1) + "\n"


def _run(report: Report) -> dict[str, Any]:
    found = findings(report)
    ids = list(dict.fromkeys(one.rule for one in found))
    numbers = {rule_id: number for number, rule_id in enumerate(ids)}
    driver: dict[str, Any] = {
        "name": "reconciler",
        "informationUri": HOME,
        "rules": [_rule(rule_text(rule_id)) for rule_id in ids],
    }
    if report.version:
        driver["version"] = report.version
    said = report.verdict
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"reconciler/{report.kind.value}/"},
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The directory the command ran in."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": said.exit_code in (0, 2),
                "exitCode": said.exit_code,
                "exitCodeDescription": escaped(said.text),
                "properties": {"word": said.word.value},
            }
        ],
        "results": [_result(one, report, numbers) for one in found],
    }


def _rule(rule: RuleText) -> dict[str, Any]:
    name = "".join(part.capitalize() for part in rule.id.split("-"))
    return {
        "id": rule.id,
        **({"name": name} if "-" in rule.id else {}),  # a name that repeats the id says nothing
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": _sentence(rule.text.replace("`", ""))},
        "help": {
            "text": f"{rule.text}\n\nWhat to do: {rule.fix}",
            "markdown": f"{rule.text}\n\n**What to do:** {rule.fix}",
        },
        "helpUri": f"{HOME}:rule:{rule.id}",
        "properties": {"tags": ["consul", "reconciler"]},
    }


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _result(found: Finding, report: Report, numbers: Mapping[str, int]) -> dict[str, Any]:
    hint = f"\n{found.hint}" if found.hint else ""
    location: dict[str, Any] = {"physicalLocation": _physical(place_of_finding(found, report))}
    if found.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": escaped(found.subject), "kind": "resource"}]
    out: dict[str, Any] = {
        "ruleId": found.rule,
        "ruleIndex": numbers[found.rule],
        "level": found.level.value,
        "message": {"text": _lines(f"{found.text}{hint}")},
        "locations": [location],
        "partialFingerprints": {DIGEST: found.digest},
    }
    if found.related:
        out["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(place), "message": {"text": _lines(text)}}
            for number, (place, text) in enumerate(found.related, 1)
        ]
    if found.is_new is not None:
        out["baselineState"] = "new" if found.is_new else "unchanged"
    return out


def _lines(text: str) -> str:
    """Return a text whose lines cannot steer a reader; a message must not be empty."""
    return "\n".join(map(escaped, text.split("\n"))) or NO_MESSAGE


def _physical(place: Place) -> dict[str, Any]:
    region: dict[str, int] = {"startLine": max(place.line, 1)}
    if place.column:
        region["startColumn"] = place.column
        if place.end > place.column:
            region["endColumn"] = place.end
    return {"artifactLocation": _artifact(place.file), "region": region}


def _artifact(file: str) -> dict[str, str]:
    """Return a file: relative to the directory of the run where it is below it, else absolute."""
    path = PurePosixPath(file.replace("\\", "/"))
    if path.is_absolute():
        return {"uri": f"file://{quote(str(path))}"}
    return {"uri": quote(str(path)), "uriBaseId": "SRCROOT"}
