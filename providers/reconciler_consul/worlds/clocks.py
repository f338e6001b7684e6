"""How far a server's clock is from that of this machine, by the `Date` of an answer. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def offset(date: str, now: datetime, began: datetime | None = None) -> int | None:
    """Return how many seconds a server is ahead (negative: behind); `None` where it does not say.

    `date` has whole seconds: 1 or 2 say nothing. It is from between `began`, when the request was sent, and
    `now`: a slow answer is no clock that is behind.
    """
    try:
        found = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    there = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    if began is not None and there < now:
        return min(0, round((there - began).total_seconds()))
    return round((there - now).total_seconds())
