"""The journal: a torn last line is nothing, any other damage is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.statestore.factory import open_store
from reconciler.statestore.text.journal import BrokenLine, scan, seal
from tests.unit.statestore.samples import DC1, INTENTIONS, PEERING, recorded


async def crashed(where: Path) -> tuple[State, list[bytes]]:
    """A store with a snapshot and a journal of three entries; gives the snapshot and the journal's lines."""
    store = open_store(where)
    session = await store.open("apply")
    await session.applied(recorded())
    snapshot = await session.commit()
    await session.intent(recorded(INTENTIONS, pending="create"))
    await session.applied(recorded(INTENTIONS, version=8))
    await session.saw_cluster(DC1)
    await session.close()
    return snapshot, (where / "state.journal").read_bytes().splitlines(keepends=True)


async def refused(where: Path) -> Failure:
    """The failure that readers and writers both get."""
    failures = []
    for use in (open_store(where).read(), open_store(where).open("apply")):
        with pytest.raises(Failure) as caught:
            await use
        failures.append(caught.value)
    assert failures[0].summary == failures[1].summary
    assert failures[0].cause is Cause.STATE_UNREADABLE
    return failures[0]


def shell(command: str) -> None:
    subprocess.run(command, shell=True, check=True)


def rewrite(where: Path, payloads: list[str]) -> None:
    crc, lines = 0, []
    for payload in payloads:
        line, crc = seal(payload, crc)
        lines.append(line)
    (where / "state.journal").write_bytes(b"".join(lines))


async def test_the_header_names_the_snapshot(where: Path) -> None:
    snapshot, lines = await crashed(where)
    assert json.loads(lines[0][9:]) == {
        "journal": 1,
        "lineage": snapshot.lineage,
        "serial": 1,
        "snapshot": json.loads((where / "state.json").read_bytes())["checksum"],
    }
    assert len(lines) == 4


async def test_a_torn_last_line_is_ignored_and_the_run_goes_on_behind_it(where: Path) -> None:
    _, lines = await crashed(where)
    for size in range(len(lines[-1])):
        (where / "state.journal").write_bytes(b"".join(lines[:-1]) + lines[-1][:size])
        assert (await open_store(where).read()).clusters == {}
    session = await open_store(where).open("apply")
    await session.removed(PEERING)
    await session.close()
    state = await open_store(where).read()
    assert (state.clusters, list(state.resources)) == ({}, [INTENTIONS])


async def test_every_flipped_byte_is_refused_with_the_line_and_a_way_out(where: Path) -> None:
    _, lines = await crashed(where)
    good, last_newline = b"".join(lines), sum(map(len, lines)) - 1
    for place in range(0, last_newline, 5):
        bad = bytearray(good)
        bad[place] ^= 0x04
        with pytest.raises(BrokenLine) as caught:
            scan(bytes(bad))
        assert caught.value.line in (good[:place].count(b"\n") + 1, good[:place].count(b"\n") + 2)
    (where / "state.journal").write_bytes(good.replace(b"create", b"CREATE"))
    failure = await refused(where)
    assert "line 2" in failure.summary
    assert "sed -i '2,$d'" in failure.hint


async def test_a_missing_doubled_or_moved_line_is_refused(where: Path) -> None:
    _, (head, one, two, three) = await crashed(where)
    for lines in ([head, two, three], [head, one, one, two, three], [head, two, one, three]):
        (where / "state.journal").write_bytes(b"".join(lines))
        await refused(where)


async def test_the_advice_for_a_broken_line_works(where: Path) -> None:
    _, lines = await crashed(where)
    (where / "state.journal").write_bytes(b"".join(lines).replace(b'"version":8', b'"version":9'))
    failure = await refused(where)
    shell(failure.hint.partition(": ")[2])
    assert (await open_store(where).read()).resources[INTENTIONS].pending == "create"


@pytest.mark.parametrize("content", [b"", b"0000", b"\x00" * 80, b"\n", b'00000000 {"journal":1}\n'])
async def test_a_journal_without_a_sound_header_is_refused(where: Path, content: bytes) -> None:
    await crashed(where)
    (where / "state.journal").write_bytes(content)
    assert "line 1" in (await refused(where)).summary


async def test_a_journal_that_the_snapshot_contains_already_is_dropped(where: Path) -> None:
    """A process killed between replacing the snapshot and removing the journal."""
    _, lines = await crashed(where)
    session = await open_store(where).open("apply")
    committed = await session.commit()
    await session.close()
    (where / "state.journal").write_bytes(b"".join(lines))
    assert await open_store(where).read() == committed
    session = await open_store(where).open("apply")
    assert session.state == committed
    assert (await session.commit()).serial == committed.serial
    await session.close()
    assert not (where / "state.journal").exists()


async def test_a_journal_of_another_state_is_refused_with_both_names(where: Path, tmp_path: Path) -> None:
    snapshot, _ = await crashed(where)
    other, lines = await crashed(tmp_path / "other")
    (where / "state.journal").write_bytes(b"".join(lines))
    failure = await refused(where)
    assert snapshot.lineage in failure.detail
    assert other.lineage in failure.detail
    assert failure.hint.endswith(f"mv {where}/state.journal {where}/state.journal.set-aside")


async def test_a_journal_of_the_same_serial_but_other_content_is_refused(where: Path) -> None:
    snapshot, lines = await crashed(where)
    header = json.loads(lines[0][9:]) | {"snapshot": "0" * 64}
    rewrite(where, [json.dumps(header), *(line[9:-1].decode() for line in lines[1:])])
    assert snapshot.lineage in (await refused(where)).detail


async def test_what_only_a_later_version_understands_is_refused_with_that_advice(where: Path) -> None:
    _, lines = await crashed(where)
    payloads = [line[9:-1].decode() for line in lines]
    for bad in (
        [payloads[0].replace('"journal":1', '"journal":2'), *payloads[1:]],
        [*payloads, '{"op":"renamed","address":"peering.dc1/dc2"}'],
    ):
        rewrite(where, bad)
        assert "later one" in (await refused(where)).hint


async def test_a_malformed_entry_is_refused_by_its_line(where: Path) -> None:
    _, lines = await crashed(where)
    for bad in ('{"op":"removed","address":"nowhere"}', '{"op":"applied","address":"a.b/c","resource":{}}'):
        rewrite(where, [lines[0][9:-1].decode(), bad])
        assert "line 2" in (await refused(where)).summary
