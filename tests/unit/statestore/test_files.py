"""The state directory against full disks, broken disks, other users, and links that somebody planted."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.statestore.factory import open_store
from reconciler.statestore.local.files import Files
from reconciler.statestore.local.lock import LOCK
from reconciler.statestore.local.medium import _SYNC_EVERY
from reconciler.statestore.local.store import LocalStore
from reconciler.statestore.ports import Session
from reconciler.statestore.text.codec import decode, encode
from tests.unit.statestore.failing_files import READING, WRITING, FailingFiles
from tests.unit.statestore.samples import DC1, INTENTIONS, PEERING, Model, recorded

STEPS = (
    ("saw_cluster", DC1),
    ("intent", recorded(INTENTIONS, pending="create")),
    ("applied", recorded(INTENTIONS)),
    ("commit", None),
    ("removed", PEERING),
    ("applied", recorded(INTENTIONS, version=9)),
    ("commit", None),
)


async def prepare(where: Path) -> Model:
    """A directory as a killed run leaves it: a snapshot, a journal with a torn line, a temporary file."""
    model = Model()
    session = await open_store(where).open("apply")
    await model.step("applied", recorded())(session)
    await session.commit()
    await model.step("applied", recorded(version=8))(session)
    await session.close()
    with (where / "state.journal").open("ab") as journal:
        journal.write(b'0000 {"op":"app')
    (where / "state.json.tmp").write_bytes(b"{")
    return model


async def save(where: Path, *versions: int) -> State:
    session = await open_store(where).open("apply")
    for version in versions:
        await session.applied(recorded(version=version))
        await session.commit()
    await session.close()
    return session.state


class Run:
    """One apply that meets a failing call: what was acknowledged, what may have happened, what was raised."""

    def __init__(self, model: Model) -> None:
        self.acknowledged = model
        self.possible = model
        self.failure: Failure | None = None
        self.committed = 0

    async def go(self, store: LocalStore) -> None:
        try:
            session = await store.open("apply")
        except Failure as failure:
            self.failure = failure
            return
        try:
            await self._steps(session)
        except Failure as failure:
            self.failure = failure
            await self._every_further_call_raises(session)
        try:
            await session.close()
        except Failure as failure:
            self.failure = self.failure or failure

    async def _steps(self, session: Session) -> None:
        for name, argument in STEPS:
            if name == "commit":
                self.committed = (await session.commit()).serial
            else:
                self.possible = self.acknowledged.copy()
                await self.possible.step(name, argument)(session)
                self.acknowledged = self.possible

    async def _every_further_call_raises(self, session: Session) -> None:
        for call in (session.applied(recorded()), session.removed(PEERING), session.commit()):
            with pytest.raises(Failure):
                await call


async def count_calls(where: Path, methods: frozenset[str]) -> list[str]:
    files = FailingFiles(methods)
    run = Run(await prepare(where))
    await run.go(LocalStore(where, files=files))
    assert run.failure is None
    assert run.acknowledged.holds(await open_store(where).read())
    return files.calls


@pytest.mark.long
@pytest.mark.parametrize("stays", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
async def test_each_writing_call_that_fails_is_a_failure_and_loses_nothing(
    tmp_path: Path, code: int, stays: bool
) -> None:
    calls = await count_calls(tmp_path / "count", WRITING)
    assert calls.count("write") > 10
    for number, name in enumerate(calls):
        where = tmp_path / f"{number}"
        run = Run(await prepare(where))
        await run.go(LocalStore(where, files=FailingFiles(WRITING, number, code, stays=stays)))
        context = f"call {number} ({name})"
        assert run.failure is not None, context
        assert run.failure.cause in (Cause.STATE_UNWRITABLE, Cause.STATE_UNREADABLE), context
        assert str(where) in run.failure.summary, context
        assert os.strerror(code) in run.failure.summary, context
        assert run.failure.hint, context
        await sound(where, run, context)
        shutil.rmtree(where)


async def test_each_reading_call_that_fails_is_a_failure_and_loses_nothing(tmp_path: Path) -> None:
    calls = await count_calls(tmp_path / "count", READING)
    for number, name in enumerate(calls):
        where = tmp_path / f"{number}"
        run = Run(await prepare(where))
        await run.go(LocalStore(where, files=FailingFiles(READING, number)))
        context = f"call {number} ({name})"
        assert run.failure is not None, context
        assert str(where) in run.failure.summary, context
        await sound(where, run, context)
        shutil.rmtree(where)


async def sound(where: Path, run: Run, context: str) -> None:
    """A healthy process finds all that was acknowledged, can open the store, and can save."""
    state = await open_store(where).read()
    assert run.acknowledged.holds(state) or run.possible.holds(state), context
    assert state.serial >= run.committed, context
    session = await open_store(where).open("apply")
    assert session.state.resources == state.resources, context
    await session.applied(recorded(version=99))
    await session.commit()
    await session.close()
    assert (await open_store(where).read()).resources[PEERING].version == 99, context


async def test_a_snapshot_that_cannot_be_written_leaves_the_journal_and_says_so(where: Path) -> None:
    await save(where, 1)
    files = FailingFiles(frozenset({"replace"}), 3, errno.ENOSPC)  # journal, audit.last, generation, snapshot
    session = await LocalStore(where, files=files).open("apply")
    await session.applied(recorded(version=2))
    with pytest.raises(Failure, match=r"state\.json: No space left on device") as caught:
        await session.commit()
    assert "Nothing is lost: the snapshot of serial 1 is whole" in caught.value.detail
    assert "state.journal" in caught.value.detail
    await session.close()
    assert (await open_store(where).read()).resources[PEERING].version == 2


async def test_bytes_are_on_disk_before_anything_rests_on_them(where: Path) -> None:
    """What only a power cut would show: data before the rename, the rename before what follows it."""
    files = FailingFiles(WRITING - {"close"})
    session = await LocalStore(where, files=files).open("apply")

    files.log.clear()
    await session.intent(recorded(pending="create"))
    assert files.log == [("write",), ("fsync",)]

    files.log.clear()
    await session.applied(recorded())
    assert files.log == [("write",), ("fsync",)]  # the outcome of a call that cannot be repeated

    files.log.clear()
    await session.applied(recorded())
    assert files.log == [("write",)]

    files.log.clear()
    await session.commit()
    assert files.log == [
        ("write",),  # the audit log
        ("fsync",),
        ("write",),
        ("fsync",),
        ("replace", "audit.last.tmp", "audit.last"),
        ("fsync",),
        ("fsync",),  # the journal: whatever happens now, it is complete
        ("mkdir", "generations"),
        ("write",),
        ("fsync",),
        ("replace", "000001.json.tmp", "000001.json"),
        ("fsync",),
        ("write",),
        ("fsync",),
        ("replace", "state.json.tmp", "state.json"),
        ("fsync",),
        ("unlink", "state.journal"),
        ("fsync",),
    ]
    await session.close()


async def test_outcomes_are_brought_to_disk_soon_and_at_the_latest_by_close(where: Path) -> None:
    files, now = FailingFiles(WRITING - {"close"}), 0.0
    session = await LocalStore(where, files=files, clock=lambda: now).open("apply")
    now += _SYNC_EVERY
    files.log.clear()
    for version in range(3):
        await session.applied(recorded(version=version))
    assert files.log == [("write",), ("fsync",), ("write",), ("write",)]
    files.log.clear()
    await session.close()
    assert files.log[0] == ("fsync",)


async def test_a_nearly_full_disk_is_refused_before_anything_is_changed(where: Path) -> None:
    class Full(FailingFiles):
        def free(self, fd: int) -> int | None:
            return 4096

    with pytest.raises(Failure, match="4096 bytes are free"):
        await LocalStore(where, files=Full(frozenset())).open("apply")
    assert await open_store(where).read() == State()


async def test_a_file_system_without_inodes_is_refused_before_anything_is_changed(where: Path) -> None:
    class Full(FailingFiles):
        def free_inodes(self, fd: int) -> int | None:
            return 3

    with pytest.raises(Failure, match="3 inodes are free"):
        await LocalStore(where, files=Full(frozenset())).open("apply")
    assert await open_store(where).read() == State()


async def test_a_file_system_that_does_not_count_is_taken_as_roomy(where: Path) -> None:
    class Uncounted(FailingFiles):
        def free(self, fd: int) -> int | None:
            return None

        def free_inodes(self, fd: int) -> int | None:
            return None

    session = await LocalStore(where, files=Uncounted(frozenset())).open("apply")
    await session.applied(recorded())
    assert await session.commit() == await open_store(where).read()
    await session.close()


@pytest.mark.parametrize("name", ["state.json.tmp", "generations/000003.json.tmp", "generations/000003.json"])
async def test_what_a_commit_would_meet_is_met_before_anything_is_recorded(where: Path, name: str) -> None:
    await save(where, 1, 2)
    (where / name).mkdir()
    with pytest.raises(Failure, match="it is a directory, not a regular file") as caught:
        await open_store(where).open("apply")
    assert str(where / name) in caught.value.summary
    assert not (where / "state.journal").exists()


async def test_a_temporary_file_of_a_killed_run_is_not_in_the_way(where: Path) -> None:
    await save(where, 1, 2)
    for name in ("state.json.tmp", "state.journal.tmp", "generations/000003.json.tmp"):
        (where / name).write_text("half")
    await save(where, 3)
    assert [path.name for path in where.rglob("*.tmp")] == []


@pytest.mark.parametrize("how", ["moved", "removed", "replaced"])
@pytest.mark.parametrize("when", ["before a line", "before the commit"])
async def test_a_directory_that_leaves_its_path_during_a_run_stops_it_by_name(
    where: Path, how: str, when: str
) -> None:
    await save(where, 1)
    session = await open_store(where).open("apply")
    await session.applied(recorded(version=2))
    away = where.parent / "away"
    where.rename(away)
    if how == "removed":
        shutil.rmtree(away)
    if how == "replaced":
        where.mkdir()
    with pytest.raises(Failure, match="was moved, removed or replaced while this run used it") as caught:
        await (session.applied(recorded(version=3)) if when == "before a line" else session.commit())
    assert caught.value.cause is Cause.STATE_UNWRITABLE
    assert (str(away) in caught.value.detail) == (how != "removed")
    await session.close()
    if how != "removed":
        shutil.rmtree(where, ignore_errors=True)
        shell(caught.value.hint.partition(": ")[2])
        assert (await open_store(where).read()).resources[PEERING].version == 2, "nothing is lost"


async def test_a_directory_that_moves_while_the_snapshot_is_written_is_noticed(where: Path) -> None:
    class Moving(FailingFiles):
        def replace(self, name: str, target: str, folder: int) -> None:
            super().replace(name, target, folder)
            if target == "state.json":
                where.rename(where.parent / "away")

    session = await LocalStore(where, files=Moving(frozenset())).open("apply")
    await session.applied(recorded(version=1))
    with pytest.raises(Failure, match="was moved"):
        await session.commit()


async def test_reading_changes_nothing(where: Path) -> None:
    await prepare(where)
    before = {path: path.stat() for path in [where, *where.rglob("*")]}
    store = LocalStore(where, files=FailingFiles(WRITING - {"close"}, 0, stays=True))
    assert PEERING in (await store.read()).resources
    assert {path: path.stat() for path in [where, *where.rglob("*")]}.keys() == before.keys()
    assert all(path.stat().st_mtime_ns == was.st_mtime_ns for path, was in before.items())


async def test_reading_a_directory_that_is_not_there_makes_none(where: Path) -> None:
    assert await open_store(where).read() == State()
    assert not where.exists()


async def test_a_run_that_records_nothing_leaves_no_journal_and_no_snapshot(where: Path) -> None:
    session = await open_store(where).open("apply")
    await session.commit()
    await session.close()
    assert [path.name for path in where.iterdir()] == ["state.lock"]


async def test_unwritable_directory(where: Path) -> None:
    where.parent.joinpath("file").write_text("")
    with pytest.raises(Failure) as caught:
        await open_store(where.parent / "file" / "state").open("apply")
    assert caught.value.cause is Cause.STATE_UNWRITABLE


# Who may look, and who may steer.


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
async def test_nothing_is_for_other_users_whatever_the_umask(tmp_path: Path) -> None:
    where = tmp_path / "deep" / "state"
    await save(where, 1, 2)
    session = await open_store(where).open("apply")
    await session.applied(recorded(version=3))
    paths = [where.parent, where, *where.rglob("*")]
    assert len(paths) == 10  # directories: two, and that of two generations; five more
    for path in paths:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    await session.close()


async def test_files_that_others_may_read_are_tightened(where: Path) -> None:
    await prepare(where)
    for path in (where / "state.json", where / "state.journal"):
        path.chmod(0o644)
    session = await open_store(where).open("apply")
    for path in (where / "state.json", where / "state.journal"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await session.close()


async def test_a_directory_that_others_may_write_is_tightened(where: Path) -> None:
    where.mkdir()
    where.chmod(0o775)
    await save(where, 1)
    assert stat.S_IMODE(where.stat().st_mode) == 0o755


async def test_a_directory_like_tmp_is_refused_and_left_alone(where: Path) -> None:
    where.mkdir()
    where.chmod(0o1777)
    with pytest.raises(Failure, match="other users may write in it"):
        await open_store(where).open("apply")
    assert stat.S_IMODE(where.stat().st_mode) == 0o1777
    assert list(where.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "state.json",
        "state.journal",
        "state.lock",
        "state.json.tmp",
        "state.journal.tmp",
        "generations",
        "generations/000003.json.tmp",
    ],
)
async def test_a_planted_symbolic_link_is_neither_followed_nor_replaced(where: Path, name: str) -> None:
    await save(where, 1, 2)
    (where / name).unlink(missing_ok=True) if name != "generations" else shutil.rmtree(where / name)
    target = where.parent / "victim"
    target.write_text("precious")
    (where / name).symlink_to(target)
    with pytest.raises(Failure) as caught:
        await save(where, 3)
    assert name.removesuffix(".tmp") in caught.value.summary
    assert target.read_text() == "precious"
    assert stat.S_IMODE(target.stat().st_mode) != 0o600
    assert (where / name).is_symlink()


async def test_a_dangling_link_makes_no_file_elsewhere(where: Path) -> None:
    where.mkdir()
    for name in ("state.lock", "state.journal.tmp"):
        (where / name).symlink_to(where.parent / "new")
        with pytest.raises(Failure):
            await open_store(where).open("apply")
        (where / name).unlink()
    assert not (where.parent / "new").exists()


async def test_a_hard_link_in_place_of_the_lock_is_not_written(where: Path) -> None:
    where.mkdir()
    target = where.parent / "victim"
    target.write_text("precious")
    (where / "state.lock").hardlink_to(target)
    with pytest.raises(Failure, match="hard link"):
        await open_store(where).open("apply")
    assert target.read_text() == "precious"


@pytest.mark.parametrize("name", ["state.json", "state.journal", "state.lock"])
@pytest.mark.parametrize(
    ("put", "kind"),
    [
        (os.mkfifo, "a named pipe"),
        (os.mkdir, "a directory"),
        (lambda path: os.symlink("/nowhere", path), "a symbolic link"),
    ],
    ids=["pipe", "directory", "link"],
)
async def test_something_else_in_place_of_a_file_is_named_for_what_it_is(
    where: Path, name: str, put: Callable[[Path], None], kind: str
) -> None:
    where.mkdir()
    put(where / name)
    with pytest.raises(Failure) as caught:
        await open_store(where).open("apply")
    assert str(where / name) in caught.value.summary
    assert f"it is {kind}" in caught.value.summary
    assert caught.value.hint


@pytest.mark.parametrize("kind", ["a symbolic link", "a regular file"])
async def test_something_else_in_place_of_a_directory_is_named_for_what_it_is(where: Path, kind: str) -> None:
    for path in (where, where / "generations"):
        path.parent.mkdir(exist_ok=True)
        path.symlink_to("/nowhere") if "link" in kind else path.write_text("")
        with pytest.raises(Failure, match=f"it is {kind}, not a directory") as caught:
            await open_store(where).open("apply")
        assert str(path) in caught.value.summary
        path.unlink()


# Damage, and the way back.


def shell(command: str) -> None:
    subprocess.run(shlex.split(command), check=True)


async def refused(where: Path) -> Failure:
    with pytest.raises(Failure) as caught:
        await open_store(where).read()
    with pytest.raises(Failure) as again:
        await open_store(where).open("apply")
    assert again.value.summary == caught.value.summary
    assert caught.value.cause is Cause.STATE_UNREADABLE
    assert str(where / "state.json") in caught.value.summary
    return caught.value


async def test_a_damaged_snapshot_is_refused_and_the_advice_brings_it_back(where: Path) -> None:
    state = await save(where, *range(5))
    good = (where / "state.json").read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 1
    damaged = [b"", b"not json", bytes(flipped), *(good[:size] for size in range(0, len(good) - 1, 97))]
    for bad in damaged:
        (where / "state.json").write_bytes(bad)
        failure = await refused(where)
        advice = f"cp {where}/generations/000005.json {where}/state.json"
        assert failure.hint.endswith(advice), failure.hint
        shell(advice)
        assert await open_store(where).read() == state


async def test_the_advice_names_the_newest_generation_that_is_valid(where: Path) -> None:
    await save(where, *range(5))
    for name in ("state.json", "generations/000005.json", "generations/000004.json"):
        (where / name).write_bytes(b"")
    assert "000003.json" in (await refused(where)).hint
    shutil.copy(where / "generations/000003.json", where / "state.json")
    assert (await save(where, 9)).serial == 4


async def test_without_a_valid_generation_the_advice_says_so(where: Path) -> None:
    where.mkdir()
    (where / "state.json").write_bytes(b"")
    assert "No valid generation" in (await refused(where)).hint


async def test_a_newer_format_is_refused_with_both_versions_and_other_advice(where: Path) -> None:
    await save(where, 1)
    path = where / "state.json"
    path.write_bytes(path.read_bytes().replace(b'"format_version":1', b'"format_version":7'))
    failure = await refused(where)
    assert "format_version is 7; this version of reconciler reads up to 1" in failure.summary
    assert "later" in failure.hint
    assert "cp " not in failure.hint


async def test_a_snapshot_that_vanished_is_not_taken_for_a_new_beginning(where: Path) -> None:
    await save(where, 1)
    (where / "state.json").unlink()
    failure = await refused(where)
    assert "missing" in failure.summary
    assert "cp " in failure.hint


async def test_a_snapshot_that_vanished_below_a_journal_is_missed_too(where: Path) -> None:
    await prepare(where)
    shutil.rmtree(where / "generations")
    (where / "state.json").unlink()
    assert "continues its serial 1" in (await refused(where)).summary


async def test_an_older_snapshot_is_refused_until_newer_ones_are_moved_away(where: Path) -> None:
    await save(where, 1, 2, 3)
    shutil.copy(where / "generations/000001.json", where / "state.json")
    failure = await refused(where)
    assert "older (serial 1)" in failure.summary
    assert "000003.json" in failure.summary
    for name in ("000002.json", "000003.json"):
        (where / "generations" / name).unlink()
    assert (await open_store(where).read()).serial == 1


async def test_ten_generations_are_kept_and_files_of_others_stay(where: Path) -> None:
    await save(where, 1)
    (where / "generations" / "notes.txt").write_text("keep")
    await save(where, *range(2, 15))
    names = sorted(path.name for path in (where / "generations").iterdir())
    assert names == [*(f"{serial:06d}.json" for serial in range(5, 15)), "notes.txt"]
    newest = (where / "generations" / "000014.json").read_bytes()
    assert newest == (where / "state.json").read_bytes()


async def test_a_snapshot_from_elsewhere_is_taken_as_it_is(where: Path) -> None:
    where.mkdir()
    state = State("lineage-1", 41, {"dc1": DC1}, {PEERING: recorded()})
    (where / "state.json").write_bytes(encode(state))
    assert await open_store(where).read() == state
    saved = await save(where, 8)
    assert saved == replace(state, serial=42, resources={PEERING: recorded(version=8)}, saved=saved.saved)
    assert decode((where / "state.json").read_bytes()).serial == 42


async def test_a_run_that_finds_its_temporary_file_gone_says_that_its_lock_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who breaks the lock clears away what the other run was writing."""
    session = await open_store(tmp_path / "state").open("apply")
    await session.applied(recorded())

    def too_late(files: Files, name: str, target: str, folder: int) -> None:
        if target == "state.json":
            (tmp_path / "state" / LOCK).unlink()
            (tmp_path / "state" / name).unlink()
        os.replace(name, target, src_dir_fd=folder, dst_dir_fd=folder)

    monkeypatch.setattr(Files, "replace", too_late)
    with pytest.raises(Failure, match=r"lost its lock on the state in .*was removed or replaced") as caught:
        await session.commit()
    assert caught.value.cause is Cause.STATE_LOCKED
    await session.close()


async def test_a_run_whose_lock_is_freed_while_it_writes_replaces_nothing_of_another(tmp_path: Path) -> None:
    """Stopped at any call of a commit that may take long, while another run does its work."""
    lengths = []
    for number in itertools.count():
        where = tmp_path / str(number)
        files = Freed(where, number)
        session = await LocalStore(where, files=files).open("apply")
        await session.applied(recorded())
        files.counts = True
        with contextlib.suppress(Failure):
            await session.commit()
        with contextlib.suppress(Failure):
            await session.close()
        if files.theirs is None:
            break
        lengths.append(number)
        assert await open_store(where).read() == files.theirs
        assert not [one for one in await open_store(where).verify() if one.problem]
    assert len(lengths) > 5


class Freed(Files):
    """Before its call of this number that writes or syncs, another run breaks the lock, and commits."""

    def __init__(self, where: Path, number: int) -> None:
        self.where, self.number = where, number
        self.counts = False
        self.theirs: State | None = None

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._turn()
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._turn()
        super().fsync(fd)

    def _turn(self) -> None:
        if self.counts and self.number == 0:
            with ThreadPoolExecutor() as others:
                self.theirs = others.submit(lambda: asyncio.run(self._another())).result()
        self.number -= self.counts

    async def _another(self) -> State:
        (self.where / LOCK).unlink()
        session = await open_store(self.where).open("apply")
        await session.applied(recorded(version=9))
        state = await session.commit()
        await session.close()
        return state
