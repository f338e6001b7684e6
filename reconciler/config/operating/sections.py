"""The sections of `reconciler.yaml`, each read by its own module. Imported where there is such a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.config.language import check as schema_check
from reconciler.config.language.operating.file import OperatorFile
from reconciler.config.operating import approvals, credentials, freezes, notify, safety, state_place
from reconciler.config.operating.settings import LintSettings, OperatorSettings
from reconciler.config.text.building import Limits
from reconciler.config.text.document import SourceDoc
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import TakeDown


def checked(doc: SourceDoc) -> tuple[OperatorSettings, list[Diagnostic]]:
    """Return the settings of the file, and its problems. With problems, the defaults."""
    problems = [*schema_check.check(doc, OperatorFile).problems]
    if not problems and isinstance(doc.value, dict):
        problems = [
            *state_place.problems(doc),
            *credentials.problems(doc),
            *safety.problems(doc),
            *approvals.problems(doc),
        ]
        problems += [*freezes.problems(doc)] if doc.value.get("freeze") else []
        problems += notify.problems(doc)
        if not problems:
            return _settings(doc.value), []
    return OperatorSettings(), problems


def _settings(value: Mapping[str, Any]) -> OperatorSettings:
    found = value.get("credentials") or {}
    return OperatorSettings(
        state_place.read(value["state"]) if value.get("state") else None,
        value.get("parallelism"),
        Limits(**(value.get("limits") or {})),
        {name: credentials.read(entry or {}) for name, entry in found.items()},
        value.get("strict_credentials"),
        TakeDown(value["take_down"]) if value.get("take_down") else None,
        bool(value.get("mark_objects")),
        bool(value.get("mark_clusters")),
        _lint(value.get("lint") or {}),
        safety.read(value.get("safety") or {}),
        freezes.read(value["freeze"]) if value.get("freeze") else (),
        notify.read(value.get("notify") or ()),
        approvals.read(value.get("approvals") or {}),
    )


def _lint(value: Mapping[str, Any]) -> LintSettings:
    fail_on = value.get("fail_on")
    return LintSettings(value.get("rules") or {}, None if fail_on is None else fail_on == "warning")
