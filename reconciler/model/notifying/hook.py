"""Where notifications go: the section `notify` of `reconciler.yaml`."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.dataclass import dataclass


class Occasion(Enum):
    """What a run can end with that somebody may want to hear of."""

    APPLIED = "applied"
    FAILED = "failed"
    BLOCKED = "blocked"
    DRIFT = "drift"


class HookKind(Enum):
    """The form of what is sent."""

    WEBHOOK = "webhook"
    SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Hook:
    """One receiver: its address, or the variable that has it, as an address may be a secret.

    `secret_env` names the variable with the key of the signature. `number` counts from 1, for people.
    """

    number: int
    url: str | None = None
    url_env: str | None = None
    kind: HookKind = HookKind.WEBHOOK
    on: frozenset[Occasion] = frozenset(Occasion)
    secret_env: str | None = None
    allow_plaintext: bool = False
