"""Freezes: times in which nothing is applied."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.model.guarding.cron import Cron
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """From one time to another; `None` for an end that is open. Both know their time zone."""

    reason: str
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recurring:
    """From each time of a cron on, in a time zone, for so long as time elapses."""

    reason: str
    cron: Cron
    lasts: timedelta
    time_zone: str


Freeze = Window | Recurring


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze that is on. `until` is when it and all that follow it without a gap end; `None`: not known."""

    reason: str
    until: datetime | None = None

    def __str__(self) -> str:
        end = f"until {self.until.isoformat(timespec='minutes')}" if self.until else "with no end"
        return f"{self.reason} ({end})"
