"""The section `freeze` of `reconciler.yaml`: times, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.guarding.cron import parse_cron
from reconciler.model.guarding.freezes import Freeze, Recurring, Window

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_DURATION = re.compile(r"(\d+w)?(\d+d)?(\d+h)?(\d+m)?\Z")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_LONGEST = timedelta(days=366)
_Limit = Callable[[Mapping[str, Any], str], datetime]
_EXAMPLE = "write one such as 2026-12-20, 2026-12-20T18:00, or with its offset: 2026-12-20T18:00:00+01:00"


def read(section: list[Mapping[str, Any]]) -> tuple[Freeze, ...]:
    """Return the freezes of a section without problems."""
    return tuple(_freeze(entry) for entry in section)


def _freeze(entry: Mapping[str, Any]) -> Freeze:
    reason, name = entry["reason"], entry.get("time_zone") or "UTC"
    if entry.get("cron"):
        return Recurring(reason, parse_cron(entry["cron"]), _duration(entry["for"]), name)
    return Window(
        reason,
        _begin(entry, name) if entry.get("from") else None,
        _end(entry, name) if entry.get("until") else None,
    )


def _time(text: str, name: str, choose: Callable[[datetime, datetime], datetime]) -> datetime:
    """Return a time; of a local one that the clocks skip or have twice, the chosen instant.

    Raises `ValueError` for a text that is no time.
    """
    if not _TIME.match(text):
        raise ValueError(text)
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None:
        return found
    zone = ZoneInfo(name)
    one, other = (found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return choose(one, other).astimezone(zone)


def _duration(text: str) -> timedelta:
    """Return a time span such as `60h` or `2d12h`, up to a year. Raises `ValueError` for others."""
    found = _DURATION.match(text)
    parts = [part for part in found.groups() if part] if found else []
    total = timedelta(**{_UNITS[part[-1]]: min(int(part[:-1]), 1_000_000) for part in parts})
    if not timedelta() < total <= _LONGEST:
        raise ValueError(text)
    return total


def problems(doc: SourceDoc) -> Iterator[Diagnostic]:
    """Yield what is wrong with values of `freeze` whose form is right, each at its place."""
    for number, entry in enumerate(doc.value.get("freeze") or ()):
        place = Place(doc, doc.marks).inner("freeze", number)
        summary, hint = _mixture(entry)
        if summary:
            yield place.problem("bad-value", summary, hint)
            continue
        for key, text, hint in _wrong(entry):
            yield place.inner(key).problem("bad-value", text, hint)


def _mixture(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is wrong with the keys of an entry, and what to do; two empty texts where nothing is."""
    once = [key for key in ("from", "until") if entry.get(key)]
    again = [key for key in ("cron", "for") if entry.get(key)]
    if once and again:
        return f"{once[0]} and {again[0]} are of two kinds of freezes", "write two entries"
    if len(again) == 1:
        missing = "for" if again == ["cron"] else "cron"
        return f"{again[0]} without {missing}", 'write for example: cron: "0 18 * * FRI", for: 60h'
    if not once and not again:
        return "a freeze has no time", "write from and until, or cron and for"
    return "", ""


def _wrong(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each key with a wrong value, what is wrong with it, and what to do."""
    name = entry.get("time_zone") or "UTC"
    if not _is_zone(name):
        yield "time_zone", f'there is no time zone "{name}"', _nearest(name)
        return
    for key, limit in (("from", _begin), ("until", _end)):
        if entry.get(key) and not _is_time(limit, entry, name):
            yield key, f'"{entry[key]}" is no time', _EXAMPLE
            return
    if entry.get("cron"):
        try:
            parse_cron(entry["cron"])
        except ValueError as error:
            yield "cron", str(error), "minute hour day month weekday, as in: 0 18 * * FRI"
        try:
            _duration(entry["for"])
        except ValueError:
            yield "for", f'"{entry["for"]}" is no time span', "write one such as 60h or 2d12h, up to a year"
    elif entry.get("from") and entry.get("until") and _begin(entry, name) >= _end(entry, name):
        yield "until", "it ends before it begins", "exchange from and until"


def _begin(entry: Mapping[str, Any], name: str) -> datetime:
    text = entry["from"]
    return _time(f"{text}T00:00" if _DAY.match(text) else text, name, min)


def _end(entry: Mapping[str, Any], name: str) -> datetime:
    """Return the end; a day ends where the next one begins."""
    text = entry["until"]
    if _DAY.match(text):
        text = f"{date.fromisoformat(text) + timedelta(days=1)}T00:00"
    return _time(text, name, max)


def _is_time(
    limit: Callable[[Mapping[str, Any], str], datetime], entry: Mapping[str, Any], name: str
) -> bool:
    try:
        limit(entry, name)
    except (ValueError, OverflowError):  # no such day; too early or too late for UTC
        return False
    return True


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a directory, a path that leads elsewhere, no such zone
        return False
    return True


def _nearest(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    found = get_close_matches(name, available_timezones(), n=1)
    return f"did you mean {found[0]}?" if found else "write one such as Europe/Berlin"
