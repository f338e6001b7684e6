"""Which freeze is on at a time. Pure: the time is given.

Where the clocks of a time zone skip a time or have it twice, the freeze is the longer one: it begins at the
earlier instant and ends at the later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.model.guarding.freezes import Freeze, Frozen, Recurring, Window
from reconciler.sdk.dataclass import dataclass

_FOLLOWED = 500  # freezes that follow each other without a gap, after which no end is known


@dataclass(frozen=True, slots=True)
class _Span:
    reason: str
    end: datetime | None


def frozen(freezes: Sequence[Freeze], now: datetime) -> Frozen | None:
    """Return the freeze that is on, with the end of all that follow each other; `None` where none is on.

    Of several that are on, the one that ends last gives the reason.
    """
    on = _longest(freezes, now)
    if on is None:
        return None
    end, zone = on.end, on.end.tzinfo if on.end else UTC
    for _ in range(_FOLLOWED):
        following = _longest(freezes, end) if end is not None else None
        if end is None or following is None:
            return Frozen(on.reason, end.astimezone(zone) if end else None)
        end = following.end
    return Frozen(on.reason)


def _longest(freezes: Iterable[Freeze], now: datetime) -> _Span | None:
    found = [span for freeze in freezes if (span := _span(freeze, now)) is not None]
    if not found:
        return None
    endless = [span for span in found if span.end is None]
    return endless[0] if endless else max(found, key=lambda span: span.end or now)


def _span(freeze: Freeze, now: datetime) -> _Span | None:
    """Return the freeze with its end where it is on."""
    if isinstance(freeze, Window):
        begun = freeze.begins is None or freeze.begins <= now
        return _Span(freeze.reason, freeze.ends) if begun and not _over(freeze.ends, now) else None
    zone = ZoneInfo(freeze.time_zone)
    start = _last_start(freeze, zone, now)
    end = start + freeze.lasts if start is not None else None
    return _Span(freeze.reason, end.astimezone(zone)) if end is not None and now < end else None


def _over(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now


def _last_start(freeze: Recurring, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return when it began last, in UTC; `None` where that is too long ago to count."""
    today = now.astimezone(zone).date()
    for back in range(-1, freeze.lasts.days + 3):
        day = today - timedelta(days=back)
        if not freeze.cron.is_on(day):
            continue
        for time in freeze.cron.latest_first():
            start = earliest(datetime.combine(day, time), zone)
            if start <= now:
                return start
    return None


def earliest(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) that a local time stands for: before or after the clocks change."""
    return min(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
