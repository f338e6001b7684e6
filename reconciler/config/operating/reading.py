"""Read `reconciler.yaml`: its text -> the operator's settings, or every problem."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.config.language import check as schema_check
from reconciler.config.operating import approvals, credentials, freezes, notify, safety, state_place
from reconciler.config.operating.settings import LintSettings, OperatorSettings
from reconciler.config.text import files
from reconciler.config.text.building import Limits
from reconciler.config.text.document import SourceDoc
from reconciler.config.text.source import parse
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import Cause, Failure


def load_operator(root: Path) -> OperatorSettings:
    """Return the operator's settings; defaults where there is no file. Raises `Failure` with every
    problem.
    """
    settings, problems, _ = read_operator(root)
    _refuse(files.OPERATOR_FILE, problems)
    return settings


def parse_operator(text: str, name: str) -> OperatorSettings:
    """Return the settings in YAML text, which problems call `name`. Raises `Failure` with every problem."""
    doc, problems = parse(text, name)
    settings, more = _checked(doc) if not problems else (OperatorSettings(), [])
    _refuse(name, [*problems, *more])
    return settings


def read_operator(root: Path) -> tuple[OperatorSettings, list[Diagnostic], SourceDoc | None]:
    """Return the operator's settings, the problems of the file, and the file. With problems, the defaults."""
    path = root / files.OPERATOR_FILE
    if not os.path.lexists(path):
        return OperatorSettings(), [], None
    doc, problems = files.read(path, Limits())
    if doc is None or problems:
        return OperatorSettings(), problems, doc
    return *_checked(doc), doc


def _checked(doc: SourceDoc) -> tuple[OperatorSettings, list[Diagnostic]]:
    from reconciler.config.language.operating.file import OperatorFile

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


def _refuse(name: str, problems: Sequence[Diagnostic]) -> None:
    if any(problem.is_error for problem in problems):
        count = f"{len(problems)} error{'s' if len(problems) != 1 else ''}"
        raise Failure(Cause.CONFIGURATION, f"{name} has {count}", diagnostics=tuple(problems))


def _settings(value: Mapping[str, Any]) -> OperatorSettings:
    from reconciler.model.plan import TakeDown

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
