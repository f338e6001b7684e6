"""Freezes at a time that is given: windows, repetitions, and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.config.operating.reading import load_operator
from reconciler.engine.guarding.freezing import frozen
from reconciler.model.guarding.cron import parse_cron
from reconciler.model.guarding.freezes import Freeze, Frozen, Recurring, Window

MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def freezes(folder: Path, text: str) -> tuple[Freeze, ...]:
    (folder / "reconciler.yaml").write_text(f"freeze:\n  - {{{text}, reason: holidays}}\n")
    return load_operator(folder).freezes


def spans(found: tuple[Freeze, ...], begin: str, hours: int) -> list[tuple[str, str]]:
    """When a freeze is on within so many hours, to the minute, in UTC."""
    out: list[tuple[str, str]] = []
    start, now = None, at(begin)
    for _ in range(hours * 60):
        on = frozen(found, now) is not None
        if on and start is None:
            start = now
        if not on and start is not None:
            out.append((start.strftime("%d %H:%M"), now.strftime("%d %H:%M")))
            start = None
        now += MINUTE
    return out


def test_a_window_is_on_from_its_begin_to_just_before_its_end(tmp_path: Path) -> None:
    found = freezes(tmp_path, "from: 2026-12-20T18:00:00+01:00, until: 2027-01-04 06:00, time_zone: CET")
    assert frozen(found, at("2026-12-20T16:59:59")) is None
    on = frozen(found, at("2026-12-20T17:00:00"))
    assert str(on) == "holidays (until 2027-01-04T06:00+01:00)"
    assert frozen(found, at("2027-01-04T04:59:59"))
    assert frozen(found, at("2027-01-04T05:00:00")) is None


def test_a_window_may_be_open_on_one_side(tmp_path: Path) -> None:
    found = freezes(tmp_path, "from: 2026-12-20T18:00Z")
    assert frozen(found, at("2026-12-20T17:59")) is None
    assert frozen(found, at("2099-01-01T00:00")) == Frozen("holidays", None)
    assert frozen(freezes(tmp_path, "until: 2026-12-20T18:00Z"), at("1999-01-01T00:00"))


def test_a_weekend_is_the_same_time_of_day_in_winter_and_in_summer(tmp_path: Path) -> None:
    found = freezes(tmp_path, 'cron: "0 18 * * FRI", for: 60h, time_zone: Europe/Berlin')
    assert spans(found, "2026-11-25T00:00", 8 * 24) == [("27 17:00", "30 05:00")]
    assert spans(found, "2026-07-08T00:00", 8 * 24) == [("10 16:00", "13 04:00")]


def test_over_a_change_of_clocks_the_time_elapses(tmp_path: Path) -> None:
    """60 hours are 60 hours: on the wall it is Monday 7:00 in spring, and Monday 5:00 in autumn."""
    found = freezes(tmp_path, 'cron: "0 18 * * FRI", for: 60h, time_zone: Europe/Berlin')
    assert spans(found, "2026-03-26T00:00", 6 * 24) == [("27 17:00", "30 05:00")]
    assert str(frozen(found, at("2026-03-28T00:00"))) == "holidays (until 2026-03-30T07:00+02:00)"
    assert spans(found, "2026-10-22T00:00", 6 * 24) == [("23 16:00", "26 04:00")]
    assert str(frozen(found, at("2026-10-24T00:00"))) == "holidays (until 2026-10-26T05:00+01:00)"


@pytest.mark.parametrize(
    ("text", "begin", "span"),
    [
        # 2:30 does not exist on 29 March: from 1:00 to 3:30 in UTC+1 and UTC+2.
        ('cron: "30 2 * * *", for: 1h', "2026-03-28T12:00", ("29 00:30", "29 01:30")),
        # 2:30 is twice on 25 October: the first one begins it.
        ('cron: "30 2 * * *", for: 1h', "2026-10-24T12:00", ("25 00:30", "25 01:30")),
        ("from: 2026-10-25T02:30, until: 2026-10-25T02:45", "2026-10-24T12:00", ("25 00:30", "25 01:45")),
        ("from: 2026-03-29T02:30, until: 2026-03-29T02:45", "2026-03-28T12:00", ("29 00:30", "29 01:45")),
    ],
)
def test_a_time_that_clocks_skip_or_have_twice_makes_it_longer(
    text: str, begin: str, span: tuple[str, str], tmp_path: Path
) -> None:
    found = freezes(tmp_path, f"{text}, time_zone: Europe/Berlin")
    assert spans(found, begin, 20)[0] == span


def test_a_time_that_is_skipped_at_midnight_begins_on_the_day_before(tmp_path: Path) -> None:
    """In Brazil clocks went from 0:00 to 1:00: the 0:30 that is not there is 23:30 or 1:30."""
    found = freezes(tmp_path, 'cron: "30 0 * * *", for: 1h, time_zone: America/Sao_Paulo')
    assert spans(found, "2018-11-03T12:00", 20) == [("04 02:30", "04 03:30")]


def test_of_several_the_one_without_an_end_gives_the_reason() -> None:
    begins = at("2026-12-01T00:00")
    short, endless = Window("inventory", begins, at("2026-12-02T00:00")), Window("closed", begins, None)
    for both in ([short, endless], [endless, short]):
        assert frozen(both, at("2026-12-01T12:00")) == Frozen("closed", None)


def test_freezes_that_follow_each_other_end_together() -> None:
    first = Window("inventory", at("2026-12-01T00:00"), at("2026-12-02T00:00"))
    second = Window("holidays", at("2026-12-02T00:00"), at("2026-12-05T00:00"))
    assert frozen([first, second], at("2026-12-01T12:00")) == Frozen("inventory", at("2026-12-05T00:00"))
    overlapping = Window("audit", at("2026-12-01T00:00"), at("2026-12-03T00:00"))
    assert frozen([first, overlapping], at("2026-12-01T12:00")) == Frozen("audit", at("2026-12-03T00:00"))


def test_what_repeats_without_a_gap_has_no_end() -> None:
    always = Recurring("closed", parse_cron("0 0 * * *"), timedelta(days=1), "UTC")
    assert frozen([always], at("2026-12-01T12:00")) == Frozen("closed", None)


def test_the_time_zone_is_utc_where_none_is_named(tmp_path: Path) -> None:
    found = freezes(tmp_path, "until: 2026-12-20T18:00")
    assert str(frozen(found, at("2026-12-20T17:59"))) == "holidays (until 2026-12-20T18:00+00:00)"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 0 1 * *", [1]),
        ("0 0 * * SUN", [6, 13, 20, 27]),
        ("0 0 * * 7", [6, 13, 20, 27]),
        ("0 0 13 * FRI", [4, 11, 13, 18, 25]),  # as in cron: either day
        ("0 0 */10 dec *", [1, 11, 21, 31]),
        ("0 0 1-5,20-31/5 12 mon-fri",
         [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 20, 21, 22, 23, 24, 25, 28, 29, 30, 31]),
        ("0 0 31 11 *", []),
    ],
)  # fmt: skip
def test_days_of_a_cron(text: str, days: list[int]) -> None:
    cron = parse_cron(text)
    assert [day for day in range(1, 32) if cron.is_on(datetime(2026, 12, day).date())] == days


def test_times_of_a_cron() -> None:
    assert [f"{one:%H:%M}" for one in parse_cron("*/30 8-9,20 * * *").latest_first()] == [
        "20:30", "20:00", "09:30", "09:00", "08:30", "08:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "0 18 * *", "0 18 * * FRI 2026", "60 0 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8",
     "0 0 * * FREITAG", "5-1 0 * * *", "*/0 0 * * *", "*-5 0 * * *", "-1 0 * * *", "1.5 0 * * *", "² 0 * * *",
     "1,,2 0 * * *", "+1 0 * * *", "1_0 0 * * *", "@daily"],
)  # fmt: skip
def test_what_is_no_cron(text: str) -> None:
    with pytest.raises(ValueError, match=r"fields|is no"):
        parse_cron(text)
