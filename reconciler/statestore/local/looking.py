"""What a state directory keeps, read without a lock: its generations, and whether all of it is sound."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.failure import Failure
from reconciler.model.state import Check, Generation, State
from reconciler.statestore.local.audit import AUDIT, AUDIT_LAST
from reconciler.statestore.local.failures import damaged
from reconciler.statestore.local.folder import Folder
from reconciler.statestore.local.recovery import (
    GENERATIONS,
    JOURNAL,
    MOVED,
    STATE,
    Found,
    check_not_moved,
    generations,
    look,
)
from reconciler.statestore.text.codec import decode
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.kept import checked, generation_of, missing, read_kept, says

_TEMPORARY = {f"{name}.tmp" for name in (JOURNAL, AUDIT, AUDIT_LAST)}


def history(folder: Folder) -> list[Generation]:
    """Return the kept snapshots, newest first. One that a commit wrote before it died does not count yet."""
    check_not_moved(folder)
    snapshot = folder.read(STATE)
    newest = _serial(snapshot)
    older = [one for one in _texts(folder) if newest is None or one[0] < newest]
    out = [_one(folder, serial, name) for serial, name in older]
    return out if newest is None else [generation_of(newest, snapshot or b""), *out]


def generation(folder: Folder, serial: int) -> State:
    """Return the snapshot of this serial. Raises `Failure`."""
    snapshot = folder.read(STATE)
    if snapshot is not None and _serial(snapshot) == serial:
        return decode(snapshot)
    name = dict(_texts(folder)).get(serial)
    if name is None:
        raise missing(serial, str(folder.path))
    try:
        return read_kept(serial, _read(folder, name))
    except Unreadable as error:
        path = folder.path / GENERATIONS / name
        raise damaged(path, str(error), "Choose another one: see `reconciler state history`.") from error


def verify(folder: Folder) -> list[Check]:
    """Read everything, and return what was found."""
    now, parts = _whole(folder)
    return [*parts, *_generations(folder, now), *_left(folder)]


def clear(folder: Folder) -> None:
    """Remove the generations and the audit log of a State that was moved away, and then the note of where
    it is.
    """
    below = folder.below(GENERATIONS)
    if below is not None:
        try:
            for name in generations(below).values():
                below.remove(name)
        finally:
            below.close()
    for name in (AUDIT, AUDIT_LAST, MOVED):
        folder.remove(name)


def _whole(folder: Folder) -> tuple[State | None, list[Check]]:
    """Return the snapshot that counts, and the checks of it and of the journal."""
    try:
        found = look(folder)
    except Failure as failure:
        return None, [Check(f"{STATE}, {JOURNAL}", "", _words(failure))]
    return found.snapshot, _parts(found)


def _parts(found: Found) -> list[Check]:
    out = [Check(STATE, says(found.snapshot))] if found.size else []
    if found.journal is not None and found.journal.entries:
        number = len(found.journal.entries)
        lines = f"{number} line{'' if number == 1 else 's'} after serial {found.snapshot.serial}"
        out.append(Check(JOURNAL, f"{lines}, not committed: a run is active, or died"))
    return out


def _generations(folder: Folder, now: State | None) -> Iterator[Check]:
    for serial, name in _texts(folder):
        part = f"{GENERATIONS}/{name}"
        try:
            yield checked(part, serial, _read(folder, name), now)
        except Failure as failure:
            yield Check(part, "", _words(failure))


def _left(folder: Folder) -> Iterator[Check]:
    """Yield the temporary files that a run left which died while it wrote, or has at the moment."""
    below = folder.below(GENERATIONS)
    names = [f"{GENERATIONS}/{name}" for name in below.names()] if below is not None else []
    if below is not None:
        below.close()
    for name in sorted((*folder.names(), *names)):
        if name.endswith(".json.tmp") or name in _TEMPORARY:
            yield Check(name, "a file of a run that is active, or died: the next one that writes removes it")


def _one(folder: Folder, serial: int, name: str) -> Generation:
    try:
        return generation_of(serial, _read(folder, name))
    except Failure as failure:
        return Generation(serial, 0, problem=failure.summary)


def _texts(folder: Folder) -> list[tuple[int, str]]:
    """Return serial and file name of every generation, newest first."""
    below = folder.below(GENERATIONS)
    if below is None:
        return []
    try:
        return list(generations(below).items())
    finally:
        below.close()


def _read(folder: Folder, name: str) -> bytes:
    """Return a generation's text; empty where it was removed meanwhile."""
    below = folder.below(GENERATIONS)
    if below is None:
        return b""
    try:
        return below.read(name) or b""
    finally:
        below.close()


def _serial(snapshot: bytes | None) -> int | None:
    """Return the serial of a snapshot that can be read."""
    try:
        return None if snapshot is None else decode(snapshot).serial
    except Unreadable:
        return None


def _words(failure: Failure) -> str:
    return "\n".join(filter(None, (failure.summary, failure.detail, failure.hint)))
