"""The document of `access`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

Between = TypedDict("Between", {"from": str, "to": str, "opens": int, "closes": int, "changes": int})


class Reason(TypedDict):
    """A step of a request."""

    step: str
    verdict: Literal["ok", "stop", "unknown", "not-reached"]
    text: str
    at: str | None


class Share(TypedDict):
    """A branch of a split."""

    percent: float
    decision: str
    answered_by: str | None
    denied_at: str | None
    because: list[Reason]


Answer = TypedDict(
    "Answer",
    {
        "from": str,
        "to": str | None,
        "upstream": str | None,
        "decision": Literal["allowed", "denied", "unreachable", "depends", "mixed"],
        "answered_by": str | None,
        "denied_at": str | None,
        "because": list[Reason],
        "conditions": list[str],
        "shares": list[Share],
        "gateways": list[str],
    },
)


class Answers(TypedDict):
    """What `access --json` prints."""

    format_version: Literal[1]
    source: Literal["declared", "live", "plan", "snapshot"]
    access: list[Answer]
    unknown: dict[str, str]
