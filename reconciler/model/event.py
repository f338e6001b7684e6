"""Events of an apply: every step starts, may report, and ends applied, failed or skipped.

Of an interim step, `interim` says how it makes room, and `action` is what that step does; the object's own
change follows it, unless this step fails. `left` says (in a sentence) what such a step leaves where the
object's change does not follow it; it is empty everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from reconciler.model.change import Action
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.foresight import Way


class SkipReason(Enum):
    """Why a step was not tried. The value is what JSON output carries as `skip_reason`."""

    BLOCKED = "blocked"
    DEPENDENCY = "dependency_not_applied"
    INTERRUPTED = "interrupted"
    NOT_RECORDED = "state_not_written"


@dataclass(frozen=True, slots=True)
class Started:
    """A step begins."""

    address: Address
    action: Action
    interim: Way | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A running step says what it did or waits for. `elapsed` is seconds since it started."""

    address: Address
    action: Action
    message: str
    elapsed: float
    interim: Way | None = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """A step is done. `status` is for people ("active on both ends")."""

    address: Address
    action: Action
    elapsed: float
    status: str = ""
    interim: Way | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A step failed with `error`."""

    address: Address
    action: Action
    elapsed: float
    error: ProviderError
    interim: Way | None = None
    left: str = ""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A step succeeded, and what it wrote was not there when it was read back: `error` says how."""

    address: Address
    action: Action
    elapsed: float
    error: ProviderError


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step was not tried. `because` says why in words, and names what it needs or what blocks it."""

    address: Address
    action: Action
    reason: SkipReason
    because: str
    left: str = ""


Event = Started | Progress | Succeeded | Unconfirmed | Failed | Skipped


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an apply ended: counts by Terraform's grammar. What is `unconfirmed` was done, and is counted.

    `interim` are the interim steps that were done, be it that their object's change was not. `moved` and
    `forgotten` are records that got another address, or that went without their object.
    """

    added: int = 0
    changed: int = 0
    destroyed: int = 0
    adopted: int = 0
    failed: tuple[Failed, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    interrupted: bool = False
    serial: int = 0
    elapsed: float = 0.0
    requests: int = 0
    notes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    interim: int = 0
    moved: int = 0
    forgotten: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every step was done, and is as it was written."""
        return not (self.failed or self.unconfirmed or self.skipped)

    @property
    def applied(self) -> int:
        """How many steps were done."""
        return self.added + self.changed + self.destroyed

    @property
    def left(self) -> int:
        """The number of objects left at an interim step: that step was done, and their change was not."""
        short: tuple[Failed | Skipped, ...] = (*self.failed, *self.skipped)
        return sum(bool(event.left) for event in short)
