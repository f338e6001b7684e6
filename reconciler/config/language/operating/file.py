"""The form of the operator's file, `reconciler.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reconciler.config.language.base import Strict
from reconciler.config.language.operating.approvals import ApprovalsForm
from reconciler.config.language.operating.freeze import FreezeForm
from reconciler.config.language.operating.notify import HookForm
from reconciler.config.language.operating.safety import SafetyForm
from reconciler.config.language.operating.state import StateForm

Text = Annotated[str, StringConstraints(min_length=1)]
Positive = Annotated[int, Field(ge=1)]


class LimitsForm(Strict):
    """How much of one configuration file is read."""

    max_file_bytes: Positive = 32 * 1024 * 1024
    max_events: Positive = 2_000_000
    max_depth: Annotated[int, Field(ge=8, le=64)] = 64


class CredentialForm(Strict):
    """Where one cluster's token and TLS files come from: never a secret itself."""

    address: Text | None = None
    token_env: Text | None = None
    token_file: Text | None = None
    token_command: Annotated[list[str], Field(min_length=1)] | None = None
    ca_file: Text | None = None
    cert_file: Text | None = None
    key_file: Text | None = None
    server_name: Text | None = None
    allow_plaintext: bool = False


class LintForm(Strict):
    """Which rules hold, and what they stop. The ids are checked where the catalogue is known."""

    fail_on: Literal["error", "warning"] | None = None
    rules: dict[str, Literal["off", "warning", "error"]] | None = None


class OperatorFile(Strict):
    """The whole file."""

    state: StateForm | None = None
    parallelism: Positive | None = None
    limits: LimitsForm | None = None
    credentials: dict[str, CredentialForm | None] | None = None
    strict_credentials: bool | None = None
    take_down: Literal["always", "same-access", "never"] | None = None
    mark_objects: bool | None = None
    mark_clusters: bool | None = None
    lint: LintForm | None = None
    safety: SafetyForm | None = None
    freeze: list[FreezeForm] | None = None
    notify: list[HookForm] | None = None
    approvals: ApprovalsForm | None = None
