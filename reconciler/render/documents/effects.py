"""The parts of a plan's document that are about access and policies."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from reconciler.render.documents.access import Between

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
