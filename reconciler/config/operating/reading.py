"""Read `reconciler.yaml`: its text -> the operator's settings, or every problem."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from reconciler.config.operating.settings import OperatorSettings
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
    from reconciler.config.operating.sections import checked

    doc, problems = parse(text, name)
    settings, more = checked(doc) if not problems else (OperatorSettings(), [])
    _refuse(name, [*problems, *more])
    return settings


def read_operator(root: Path) -> tuple[OperatorSettings, list[Diagnostic], SourceDoc | None]:
    """Return the operator's settings, the problems of the file, and the file. With problems, the defaults."""
    path = root / files.OPERATOR_FILE
    if not os.path.lexists(path):
        return OperatorSettings(), [], None
    from reconciler.config.operating.sections import checked

    doc, problems = files.read(path, Limits())
    if doc is None or problems:
        return OperatorSettings(), problems, doc
    return *checked(doc), doc


def _refuse(name: str, problems: Sequence[Diagnostic]) -> None:
    if any(problem.is_error for problem in problems):
        count = f"{len(problems)} error{'s' if len(problems) != 1 else ''}"
        raise Failure(Cause.CONFIGURATION, f"{name} has {count}", diagnostics=tuple(problems))
