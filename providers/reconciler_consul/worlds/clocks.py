"""How far a server's clock is from that of this machine, by the `Date` of an answer. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def offset(date: str, now: datetime) -> int | None:
    """Return how many seconds a server is ahead (negative: behind); `None` where it does not say.

    `date` has whole seconds, and is from before `now` by what the answer took: 1 or 2 say nothing.
    """
    try:
        found = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    there = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return round((there - now).total_seconds())
