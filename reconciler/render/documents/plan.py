"""The document of a plan and of drift."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from reconciler.render.documents.access import Between
from reconciler.render.documents.parts import Body, Diagnostic, FieldChange, Interim, Path, Verdict


class Commit(TypedDict):
    """A revision in git."""

    commit: str
    branch: str
    dirty: bool


Move = TypedDict("Move", {"from": str, "to": str})
AccessPath = TypedDict(
    "AccessPath",
    {
        "from": str,
        "to": str,
        "before": str,
        "after": str,
        "was": list[str],
        "conditions": list[str],
        "because": str,
        "breaks": bool,
        "objects": list[str],
    },
)


class Named(TypedDict):
    """A resource by its address and the parts of it."""

    address: str
    mode: Literal["managed"]
    type: str
    name: str


class Change(TypedDict):
    """What changes of a resource, as in Terraform."""

    actions: list[str]
    before: Body | None
    after: Body | None
    after_unknown: Body
    before_sensitive: Any
    after_sensitive: Any
    replace_paths: NotRequired[list[Path]]


class ResourceChange(Named):
    """A resource with its change."""

    provider_name: str
    change: Change
    action_reason: NotRequired[str]
    previous_address: NotRequired[str]


class Deferred(TypedDict):
    """A resource that is not decided."""

    reason: str
    resource_change: Named
    because: str
    hint: str


class Undo(TypedDict):
    """The generation that the plan goes back to."""

    serial: int
    at: str
    by: str
    operation: str


class Limit(TypedDict, total=False):
    """A limit of the operator."""

    max_delete: str
    max_change: str


class Breach(TypedDict):
    """A limit that the plan does not keep."""

    cluster: str | None
    type: str | None
    limit: Limit
    counted: int
    of: int
    flag: str
    addresses: list[str]
    text: str


class Freeze(TypedDict):
    """The freeze that is on."""

    reason: str
    until: str | None


class LeftOut(TypedDict):
    """A resource that an option leaves alone."""

    address: str
    action: str
    option: str
    because: str


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


class Risk(TypedDict):
    """What an action does to access."""

    risk: Literal["none", "opens", "closes", "breaks"]
    because: str
    opens: int
    closes: int
    breaks: int
    changes: int
    meanwhile: int
    paths: list[str]
    would: bool


class PlannedAction(TypedDict):
    """An action, in the order of execution."""

    index: int
    address: str
    action: str
    reason: str
    why: str
    waits_for: list[str]
    waits_for_interim: list[str]
    interim: Interim | None
    fields: list[FieldChange]
    unmanaged: list[Path]
    blocked: str
    blocked_kind: str
    adopted: bool
    origin: str
    access: Risk


class Blocked(TypedDict):
    """What is blocked, and why."""

    address: str
    kind: str
    because: str


class Unhealthy(TypedDict):
    """What exists and does not work."""

    address: str
    because: str


class Unmanaged(TypedDict):
    """What others own of a resource."""

    address: str
    paths: list[Path]


class Notes(TypedDict):
    """What a plan notes of a resource."""

    address: str
    notes: list[str]


class Versions(TypedDict):
    """The version that was recorded, and the one now."""

    recorded: int | None
    now: int | None


DriftItem = TypedDict(
    "DriftItem",
    {
        "class": str,
        "address": str,
        "cluster": str,
        "type": str,
        "path": Path,
        "old": Any,
        "new": Any,
        "because": str,
        "rule": str,
        "at": str,
        "who": str,
        "version": Versions | None,
        "counted": bool,
        "id": str,
        "value_digest": str,
        "new_since_baseline": NotRequired[bool],
    },
)


class Baseline(TypedDict):
    """How many differences a baseline knows, and how many of those are gone."""

    known: int
    gone: int


class Drift(TypedDict):
    """What differs from what was applied, by class."""

    counts: dict[str, int]
    counted: int
    baseline: Baseline | None
    items: list[DriftItem]


Ignored = TypedDict(
    "Ignored",
    {"address": str, "path": Path, "class": str, "rule": str, "reason": str, "until": str | None, "at": str},
)


class Access(TypedDict):
    """What a plan does to access."""

    opened: list[AccessPath]
    closed: list[AccessPath]
    changed: list[AccessPath]
    unchanged: int
    between: list[Between]
    unknown: dict[str, str]
    risk: str


class PolicyFinding(TypedDict):
    """A path that breaks a policy, or of which that is not decided."""

    policy: str
    at: str
    result: Literal["broken", "undecided"]
    path: str
    because: str
    because_at: str
    reason: str
    objects: list[str]
    blocks: bool


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
    freeze: NotRequired[Freeze | None]
    left_out: NotRequired[list[LeftOut]]
    looked_at: NotRequired[int]
    not_recorded: NotRequired[list[str]]
    variables: NotRequired[dict[str, Variable]]
    summary: NotRequired[Summary]
    clusters: NotRequired[dict[str, Cluster]]
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
