"""The documents of `validate` and of the state, and the lines of an apply."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from reconciler.render.documents.parts import Body, Diagnostic, Interim, Verdict


class Ignored(TypedDict):
    """A problem that a comment ignores, and why."""

    code: str
    summary: str
    at: str | None
    reason: str


class Validation(TypedDict):
    """What `validate --json` prints."""

    format_version: Literal["1.0"]
    reconciler_version: str
    valid: bool
    error_count: int
    warning_count: int
    diagnostics: list[Diagnostic]
    ignored: list[Ignored]
    verdict: Verdict


class Resource(TypedDict):
    """A resource of a line, with Terraform's keys."""

    addr: str
    module: str
    resource: str
    resource_type: str
    resource_name: str
    resource_key: None


class Planned(TypedDict):
    """What is planned, or drifted."""

    resource: Resource
    action: str
    reason: NotRequired[str]
    interim: NotRequired[Interim]


class NotDecided(TypedDict):
    """A resource that is not decided."""

    resource: Resource
    reason: str
    because: str
    hint: str


class StepError(TypedDict):
    """Why a step failed."""

    code: str
    message: str
    hint: str


class Hook(TypedDict):
    """A step of an apply."""

    resource: Resource
    action: str
    elapsed_seconds: NotRequired[float]
    interim: NotRequired[str]
    error: NotRequired[StepError]
    skip_reason: NotRequired[str]
    because: NotRequired[str]
    left: NotRequired[str]


Counts = TypedDict(
    "Counts",
    {
        "add": int,
        "change": int,
        "import": int,
        "remove": int,
        "operation": Literal["plan", "apply", "destroy"],
        "interim": NotRequired[int],
        "failed": NotRequired[int],
        "skipped": NotRequired[int],
        "unconfirmed": NotRequired[int],
        "move": NotRequired[int],
        "forget": NotRequired[int],
    },
)


class Signer(TypedDict):
    """Who approved a plan, and the fingerprint of the key."""

    name: str
    key: str


class PlanFacts(TypedDict):
    """The plan that an apply carries out."""

    mode: str
    fingerprint: str
    serial: int


Event = TypedDict(
    "Event",
    {
        "@level": Literal["info", "warn", "error"],
        "@message": str,
        "@module": Literal["reconciler.ui"],
        "@timestamp": str,
        "type": Literal[
            "version", "diagnostic", "resource_drift", "planned_change", "planned_interim", "deferred_change",
            "apply_start", "apply_progress", "apply_complete", "apply_errored",
            "apply_unconfirmed", "apply_skipped", "log", "change_summary",
        ],
        "reconciler": NotRequired[str],
        "ui": NotRequired[Literal["1.3"]],
        "diagnostic": NotRequired[Diagnostic],
        "change": NotRequired[Planned],
        "deferred": NotRequired[NotDecided],
        "hook": NotRequired[Hook],
        "changes": NotRequired[Counts],
        "plan": NotRequired[PlanFacts],
        "approvals": NotRequired[list[Signer]],
        "verdict": NotRequired[Verdict],
    },
)  # fmt: skip
"""One line of what `apply`, `destroy` and `rotate` print with --json or --format jsonl."""


class RecordedCluster(TypedDict):
    """A cluster as it was last seen."""

    address: str
    provider: str
    identity: str
    version: str
    partition: str | None
    namespace: str | None
    options: Body


class RecordedResource(TypedDict):
    """A resource as it was applied."""

    body: Body
    provider: str
    version: int | None
    remote_ids: dict[str, str]
    depends_on: list[str]
    shared: bool
    protect: bool
    pending: str | None
    adopted: NotRequired[bool]


class Owner(TypedDict):
    """The configuration that the state belongs to."""

    name: NotRequired[str | None]
    files: Any
    former: NotRequired[Any]


class Saved(TypedDict):
    """When, by whom and by which operation it was saved."""

    at: str
    by: str
    operation: str
    revision: NotRequired[Body]
    audit: NotRequired[Body]


class State(TypedDict):
    """The state as it is stored, and as `state pull` prints it."""

    format_version: int
    lineage: str
    serial: int
    clusters: dict[str, RecordedCluster]
    resources: dict[str, RecordedResource]
    checksum: str
    owner: NotRequired[Owner]
    sensitive_key: NotRequired[str]
    saved: NotRequired[Saved]
