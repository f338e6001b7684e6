"""Verifying finds one line that was altered, removed, moved, added or cut off, and names it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.model.auditing.entry import Anchor, Begun, Counts, Ended
from reconciler.statestore.audit.lines import line_text, parse
from reconciler.statestore.audit.reading import AuditLog, breaks, entries
from reconciler.statestore.factory import open_store
from reconciler.statestore.memory import MemoryStore
from tests.unit.statestore.audit.test_log import die, run
from tests.unit.statestore.samples import recorded


@pytest.fixture
async def log() -> AuditLog:
    """Four runs: eight lines."""
    store = MemoryStore()
    for version in range(1, 5):
        await run(store, version)
    return await store.audit()


def problems(log: AuditLog, lines: Sequence[str], kept: dict[str, Anchor] | None = None) -> list[str]:
    found = breaks(AuditLog(tuple(lines), log.last), kept or {})
    return [f"{one.line}: {one.problem}" for one in found]


def test_a_log_as_it_was_written_has_no_problem(log: AuditLog) -> None:
    assert len(log.lines) == 8
    assert problems(log, log.lines) == []


def test_any_character_that_is_another_is_found(log: AuditLog) -> None:
    for place, line in enumerate(log.lines):
        for at in range(len(line)):
            other = "0" if line[at] != "0" else "1"
            altered = [*log.lines[:place], line[:at] + other + line[at + 1 :], *log.lines[place + 1 :]]
            found = problems(log, altered)
            assert any(one.startswith(f"{place + 1}: ") for one in found), (place, at, found)


def test_a_line_that_is_spaced_otherwise_is_found(log: AuditLog) -> None:
    for place, line in enumerate(log.lines):
        spaced = json.dumps(json.loads(line))
        assert spaced != line
        found = problems(log, [*log.lines[:place], spaced, *log.lines[place + 1 :]])
        assert found == [f"{place + 1}: entry {place + 1} was altered: its hash does not match its content"]


def test_of_a_line_that_is_rubbish_the_next_one_is_not_blamed(log: AuditLog) -> None:
    for place in range(7):
        found = problems(log, [*log.lines[:place], "rubbish", *log.lines[place + 1 :]])
        assert found == [f"{place + 1}: it was altered: it is not JSON"]


def test_a_line_with_an_own_hash_for_what_it_says_now_is_found(log: AuditLog) -> None:
    for place, line in enumerate(log.lines):
        raw = {**json.loads(line), "by": "nobody@nowhere"}
        forged = line_text({k: v for k, v in raw.items() if k != "hash"}, place + 1, raw["previous"])
        found = problems(log, [*log.lines[:place], forged, *log.lines[place + 1 :]])
        assert len(found) == 1, found
        assert "replaced" in found[0]


def test_a_removed_line_is_named(log: AuditLog) -> None:
    for place in range(7):
        found = problems(log, [*log.lines[:place], *log.lines[place + 1 :]])
        assert found == [f"{place + 1}: entry {place + 1} is missing before entry {place + 2}"]
    assert problems(log, log.lines[:-1]) == [
        "None: it is cut off after entry 7: the end of the log names entry 8"
    ]
    assert problems(log, []) == ["None: it is cut off after entry 0: the end of the log names entry 8"]
    assert problems(log, log.lines[3:]) == ["1: entries 1 to 3 are missing before entry 4"]


def test_two_lines_that_changed_places_are_found(log: AuditLog) -> None:
    for one, two in itertools.combinations(range(8), 2):
        lines = list(log.lines)
        lines[one], lines[two] = lines[two], lines[one]
        assert problems(log, lines), (one, two)


def test_a_line_that_is_there_twice_is_found(log: AuditLog) -> None:
    found = problems(log, [*log.lines[:3], log.lines[2], *log.lines[3:]])
    assert found[0] == "4: entry 3 is out of order: it comes after entry 3"


def test_a_line_that_others_added_is_found(log: AuditLog) -> None:
    more = line_text({"event": "ended", "of": 7}, 9, "0" * 64)
    assert problems(log, [*log.lines, more]) == [
        "9: entry 9 does not follow the entry before it: one of them was replaced"
    ]
    assert problems(log, [*log.lines, "{}"])[0].startswith("9: it was altered")


def test_a_log_that_was_written_again_is_found_by_what_snapshots_name(log: AuditLog) -> None:
    """Who can write the log and what says where it ends still has the snapshots against them."""
    lines: list[str] = []
    last = Anchor(0, "")
    for line in log.lines:
        raw = {key: value for key, value in json.loads(line).items() if key != "hash"}
        lines.append(line_text({**raw, "by": "nobody@nowhere"}, last.number + 1, last.hash))
        last = parse(lines[-1]).anchor
    forged = AuditLog(tuple(lines), last)
    assert breaks(forged, {}) == []
    kept = {"the snapshot of serial 2": parse(log.lines[3]).anchor}
    (found,) = breaks(forged, kept)
    assert found.problem == "entry 4 is not the one that the snapshot of serial 2 names: it was replaced"


def test_runs_are_listed_although_lines_are_damaged(log: AuditLog) -> None:
    found = entries(["rubbish", "[]", '{"number":1}', *log.lines[2:]])
    assert [one.outcome for one in found] == ["applied"] * 3


async def test_a_gap_stays_visible_after_later_runs(where: Path) -> None:
    store = open_store(where)
    for version in range(1, 4):
        await run(store, version)
    path = where / "audit.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:4]))  # as if run 3 had not been
    await run(store, 9)
    found = breaks(await store.audit(), {})
    assert [one.problem for one in found] == ["entries 5 to 6 are missing before entry 7"]


async def test_after_a_last_line_that_is_rubbish_the_numbers_go_on(where: Path) -> None:
    store = open_store(where)
    for version in range(1, 3):
        await run(store, version)
    path = where / "audit.jsonl"
    path.write_text("".join([*path.read_text().splitlines(keepends=True)[:3], "rubbish\n"]))
    (where / "audit.last").unlink()
    await run(store, 9)
    log = await store.audit()
    assert [parse(line).number for line in log.lines[4:]] == [5, 6]
    assert [one.problem for one in breaks(log, {})] == ["it was altered: it is not JSON"]


async def test_a_log_that_was_deleted_is_missed(where: Path) -> None:
    store = open_store(where)
    await run(store)
    (where / "audit.jsonl").unlink()
    assert [one.problem for one in breaks(await store.audit(), {})] == [
        "it is cut off after entry 0: the end of the log names entry 2"
    ]
    (where / "audit.last").unlink()
    (kept,) = await store.history()
    assert kept.saved is not None
    assert kept.saved.audit is not None
    assert breaks(await store.audit(), {"the snapshot of serial 1": kept.saved.audit})


@pytest.mark.parametrize("content", [b"", b"[]", b'{"number":"x"}', b"\xff"])
async def test_what_says_where_the_log_ends_is_damaged(where: Path, content: bytes) -> None:
    store = open_store(where)
    await run(store)
    (where / "audit.last").write_bytes(content)
    assert breaks(await store.audit(), {})[0].problem == "audit.last was altered: it names no entry"
    (where / "audit.last").unlink()
    assert breaks(await store.audit(), {})[0].problem == "audit.last is missing"


async def test_a_line_that_a_killed_run_left_half_written_does_not_count(where: Path) -> None:
    store = open_store(where)
    await run(store)
    path = where / "audit.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 3])
    log = await store.audit()
    assert (len(log.lines), len(log.notes), breaks(log, {})) == (2, 1, [])
    await run(store, 9)
    log = await store.audit()
    assert (len(log.lines), log.notes, breaks(log, {})) == (4, (), [])


async def test_two_runs_that_died_are_each_closed(where: Path) -> None:
    store = open_store(where)
    for version in (1, 2):
        session = await store.open("apply")
        await session.began(Begun())
        await session.intent(recorded(version=version, pending="create"))
        await die(session)
    await run(store, 3, ended=Ended("applied", Counts(changed=1)))
    found = entries((await store.audit()).lines)
    assert [one.outcome for one in found] == ["unexpected", "unexpected", "applied"]
