"""Times as cron writes them: five fields, minute, hour, day of the month, month, day of the week.

`*`, `5`, `1-5`, `*/15`, `0-30/10`, lists of these, and the names JAN to DEC and SUN to SAT. Sunday is 0 and
7. As in cron, where both days are restricted, a day counts that is either.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from reconciler.sdk.dataclass import dataclass

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Cron:
    """When something begins. `text` is as it was written; days of the week count from 0, Sunday."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def is_on(self, day: date) -> bool:
        """Say whether it begins on a day."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday

    def latest_first(self) -> Iterator[time]:
        """Yield its times of a day, the latest first."""
        for hour in sorted(self.hours, reverse=True):
            for minute in sorted(self.minutes, reverse=True):
                yield time(hour, minute)


def parse_cron(text: str) -> Cron:
    """Return the times that a text names. Raises `ValueError` with what is wrong."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"a cron has five fields, and this has {len(fields)}")
    found = [_field(*known, field) for known, field in zip(_FIELDS, fields, strict=True)]
    minutes, hours, days, months, weekdays = found
    weekdays = frozenset(day % _SUNDAY for day in weekdays)
    return Cron(text, minutes, hours, days, months, weekdays, fields[2][0] == "*", fields[4][0] == "*")


def _field(name: str, first: int, last: int, names: dict[str, int], text: str) -> frozenset[int]:
    out: set[int] = set()
    for part in text.split(","):
        numbers, _, step = part.partition("/")
        low, dash, high = numbers.partition("-")
        try:
            begin = first if low == "*" else _number(low, names)
            end = _number(high, names) if dash else last if low == "*" or step else begin
            stride = int(step) if step else 1
        except ValueError:
            raise ValueError(f"{part!r} is no {name}") from None
        if not (first <= begin <= end <= last and stride > 0) or (low == "*" and dash):
            raise ValueError(f"{part!r} is no {name}: {first} to {last}")
        out |= set(range(begin, end + 1, stride))
    return frozenset(out)


def _number(text: str, names: dict[str, int]) -> int:
    if not (text.isascii() and text.isalnum()):
        raise ValueError(text)
    return names[text.upper()] if text.upper() in names else int(text)
