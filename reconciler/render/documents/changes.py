"""The parts of a plan's document that are about resources and actions."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from reconciler.render.documents.parts import Body, FieldChange, Interim, Path

Move = TypedDict("Move", {"from": str, "to": str})


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
    required_by: list[str]
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
