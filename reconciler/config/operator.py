"""The operator's file, `reconciler.yaml`: what a change to the configuration must not steer by accident.

It names where the state is, how hard to work, how much to read, and where each cluster's credentials come
from. It never holds a secret, and nothing here reads one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.config import state_place
from reconciler.config.clusters import addresses
from reconciler.config.language import check as schema_check
from reconciler.config.text import files
from reconciler.config.text.building import Limits
from reconciler.config.text.document import Place, SourceDoc
from reconciler.config.text.source import parse
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.model.plan import TakeDown
    from reconciler.model.state_place import StatePlace


@dataclass(frozen=True, slots=True)
class Credential:
    """Where one cluster's token and TLS files come from. `address`: the only one the token is sent to."""

    address: str | None = None
    token_env: str | None = None
    token_file: str | None = None
    token_command: tuple[str, ...] | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None
    allow_plaintext: bool = False


@dataclass(frozen=True, slots=True)
class LintSettings:
    """The section `lint`. `rules`: by id `off`, `warning` or `error`. `fail_on_warning`: a warning stops a
    run as an error does; `None` where it says nothing.
    """

    rules: Mapping[str, str] = field(default_factory=dict)
    fail_on_warning: bool | None = None


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """What `reconciler.yaml` says; `None` where it says nothing.

    `state`: where the state is kept.
    `strict_credentials`: whether a token needs an address of the operator's wherever it is sent.
    `take_down`: which objects may be taken down for a while to make room for other changes.
    `mark_clusters`: whether each cluster is to keep the serial of the newest state that it has seen.
    `mark_objects`: whether every object is to carry the configuration's name in its Meta.
    `lint`: which rules are turned off or have another severity, and what stops a run.
    """

    state: StatePlace | None = None
    parallelism: int | None = None
    limits: Limits = field(default_factory=Limits)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    strict_credentials: bool | None = None
    take_down: TakeDown | None = None
    mark_objects: bool = False
    mark_clusters: bool = False
    lint: LintSettings = field(default_factory=LintSettings)


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
    from reconciler.config.language.operator import OperatorFile

    problems = [*schema_check.check(doc, OperatorFile).problems]
    if not problems and isinstance(doc.value, dict):
        problems = [*state_place.problems(doc), *_credential_problems(doc)]
        if not problems:
            return _settings(doc.value), []
    return OperatorSettings(), problems


def _refuse(name: str, problems: Sequence[Diagnostic]) -> None:
    if any(problem.is_error for problem in problems):
        count = f"{len(problems)} error{'s' if len(problems) != 1 else ''}"
        raise Failure(Cause.CONFIGURATION, f"{name} has {count}", diagnostics=tuple(problems))


def _settings(value: Mapping[str, Any]) -> OperatorSettings:
    from reconciler.model.plan import TakeDown

    credentials = value.get("credentials") or {}
    return OperatorSettings(
        state_place.read(value["state"]) if value.get("state") else None,
        value.get("parallelism"),
        Limits(**(value.get("limits") or {})),
        {name: _credential(entry or {}) for name, entry in credentials.items()},
        value.get("strict_credentials"),
        TakeDown(value["take_down"]) if value.get("take_down") else None,
        bool(value.get("mark_objects")),
        bool(value.get("mark_clusters")),
        _lint(value.get("lint") or {}),
    )


def _lint(value: Mapping[str, Any]) -> LintSettings:
    fail_on = value.get("fail_on")
    return LintSettings(value.get("rules") or {}, None if fail_on is None else fail_on == "warning")


def _credential(entry: Mapping[str, Any]) -> Credential:
    command = entry.get("token_command")
    rest = {key: value for key, value in entry.items() if key != "token_command"}
    return Credential(**rest, token_command=tuple(command) if command else None)


def _credential_problems(doc: SourceDoc) -> list[Diagnostic]:
    out = []
    for name, entry in (doc.value.get("credentials") or {}).items():
        place = Place(doc, doc.marks).inner("credentials", name)
        sources = [key for key in ("token_env", "token_file", "token_command") if (entry or {}).get(key)]
        if len(sources) > 1:
            summary = f"the token of {name} has {len(sources)} sources: {', '.join(sources)}"
            out.append(place.key(sources[1]).problem("bad-value", summary, "keep one"))
        address = (entry or {}).get("address")
        found = addresses.problem(address) if address is not None else None
        if found is not None:
            out.append(place.inner("address").problem("bad-address", *found))
    return out
