"""The document of a plan and of drift."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from reconciler.render.documents.changes import (
    Blocked,
    Deferred,
    Move,
    Notes,
    PlannedAction,
    ResourceChange,
    Unhealthy,
    Unmanaged,
)
from reconciler.render.documents.drifts import Drift, Ignored
from reconciler.render.documents.effects import Access, PolicyFinding
from reconciler.render.documents.parts import Diagnostic, Verdict
from reconciler.render.documents.safety import Breach, Confirmation, Freeze, LeftOut


class Commit(TypedDict):
    """A revision in git."""

    commit: str
    branch: str
    dirty: bool


class Undo(TypedDict):
    """The generation that the plan goes back to."""

    serial: int
    at: str
    by: str
    operation: str


class Variable(TypedDict):
    """The value of a variable."""

    value: str


class Summary(TypedDict):
    """The numbers of a plan."""

    add: int
    change: int
    destroy: int
    adopt: int
    forget: int
    blocked: int
    deferred: int
    drifted: int
    destroy_adopted: int
    interim: int
    move: int


class Cluster(TypedDict):
    """A cluster as it answered."""

    name: str
    address: str
    version: str
    identity: str
    problem: str
    hint: str


class Plan(TypedDict):
    """What `plan --json`, `drift --json` and `show PLANFILE --json` print. Where `errored`, only the keys
    that are required, and `diagnostics`.
    """

    format_version: Literal["1.2"]
    reconciler_version: str
    resource_changes: list[ResourceChange]
    applyable: bool
    complete: bool
    errored: bool
    verdict: Verdict
    diagnostics: NotRequired[list[Diagnostic]]
    revision: NotRequired[Commit | None]
    timestamp: NotRequired[str]
    resource_drift: NotRequired[list[ResourceChange]]
    deferred_changes: NotRequired[list[Deferred]]
    mode: NotRequired[Literal["normal", "destroy", "refresh-only", "rotate"]]
    fingerprint: NotRequired[str]
    serial: NotRequired[int]
    undo: NotRequired[Undo | None]
    lineage: NotRequired[str]
    requests: NotRequired[int]
    held_back: NotRequired[str]
    safety: NotRequired[list[Breach]]
    confirm: NotRequired[list[str]]
    confirmations: NotRequired[list[Confirmation]]
    freeze: NotRequired[Freeze | None]
    left_out: NotRequired[list[LeftOut]]
    looked_at: NotRequired[int]
    not_recorded: NotRequired[list[str]]
    variables: NotRequired[dict[str, Variable]]
    summary: NotRequired[Summary]
    clusters: NotRequired[dict[str, Cluster]]
    peers: NotRequired[dict[str, dict[str, str]]]
    actions_order: NotRequired[list[PlannedAction]]
    origins: NotRequired[dict[str, str]]
    adopted: NotRequired[list[str]]
    moved: NotRequired[list[Move]]
    blocked: NotRequired[list[Blocked]]
    unhealthy: NotRequired[list[Unhealthy]]
    unmanaged: NotRequired[list[Unmanaged]]
    notes: NotRequired[list[Notes]]
    drift: NotRequired[Drift]
    ignored: NotRequired[list[Ignored]]
    access: NotRequired[Access | None]
    policies: NotRequired[list[PolicyFinding]]
    warnings: NotRequired[list[str]]
    next_step: NotRequired[str]
