"""Whether a saved plan is still what would be done."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.dataclass import dataclass


class Freshness(Enum):
    """The answer; the value is a stable word for machines."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer, the fingerprints of the saved plan and of the one that was made now (empty: none was), and
    what differs, or why it is not known.
    """

    freshness: Freshness
    saved: str
    now: str = ""
    because: tuple[str, ...] = ()
