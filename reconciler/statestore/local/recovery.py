"""Reads a state directory: snapshot, journal and generations, and whether they fit together.

| snapshot          | journal                      | meaning                                             |
|-------------------|------------------------------|-----------------------------------------------------|
| none              | none                         | nothing recorded, unless there are generations      |
| none              | serial 0                     | the first run died before its first snapshot        |
| serial n          | none                         | all is in the snapshot                              |
| serial n          | serial n, same checksum      | a run died: replay                                  |
| serial n          | serial n-1, same lineage     | a run died while committing: contained, drop it     |
| anything else     | anything else                | stop by name                                        |
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from reconciler.model.failure import Failure
from reconciler.model.state import State
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.local.failures import damaged, restore
from reconciler.statestore.local.folder import Folder
from reconciler.statestore.text.codec import decode, unseal
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.journal import BrokenLine, Scan, replay, scan
from reconciler.statestore.text.kept import MovedAway
from reconciler.statestore.text.printed import command

STATE = "state.json"
JOURNAL = "state.journal"
GENERATIONS = "generations"
MOVED = "moved.json"

_GENERATION = re.compile(r"^(\d{6,12})\.json$")
_UPGRADE = "Use the version of reconciler that wrote it, or a later one."


@dataclass(frozen=True, slots=True)
class Found:
    """A state directory as read: the snapshot, the State with the journal in it, and that journal."""

    snapshot: State
    checksum: str
    size: int
    state: State
    journal: Scan | None


def generation_name(serial: int) -> str:
    """Return the file name of a generation: `000041.json`."""
    return f"{serial:06d}.json"


def generations(folder: Folder) -> dict[int, str]:
    """Return serial and file name of every generation, newest first. Takes the directory of generations."""
    matches = filter(None, map(_GENERATION.match, folder.names()))
    return {int(match[1]): match[0] for match in sorted(matches, key=lambda m: -int(m[1]))}


def look(folder: Folder) -> Found:
    """Read a directory while others may be writing it.

    The journal is read first: a commit in between makes it one that the snapshot contains. What does not fit
    is read again as long as it moves.
    """
    seen = None
    while True:
        check_not_moved(folder)
        journal, snapshot = folder.read(JOURNAL), folder.read(STATE)
        try:
            return _fit(folder, snapshot, journal)
        except Failure as failure:
            if seen == (snapshot, journal) or isinstance(failure.__cause__, OSError):
                raise
            seen = (snapshot, journal)


def check_not_moved(folder: Folder) -> None:
    """Raise `Failure(FOREIGN_STATE)` where the State was moved to another place, which it names."""
    left = folder.read(MOVED)
    if left is not None:
        raise MovedAway(str(folder.path), *_destination(left))


def _destination(left: bytes) -> tuple[str, str]:
    """Return where the State is now, and its lineage."""
    try:
        raw = json.loads(left)
        return str(raw["moved_to"]), str(raw.get("lineage", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"a place that {MOVED} does not name", ""


def newest_valid(folder: Folder, above: int = -1) -> Path | None:
    """Return the newest generation, with a serial above this one, that can be read."""
    below = folder.below(GENERATIONS)
    if below is None:
        return None
    try:
        for serial, name in generations(below).items():
            if serial > above and _is_valid(below, name):
                return below.path / name
        return None
    finally:
        below.close()


def _is_valid(folder: Folder, name: str) -> bool:
    try:
        decode(folder.read(name) or b"")
    except (Unreadable, Failure):
        return False
    return True


def _fit(folder: Folder, snapshot: bytes | None, journal: bytes | None) -> Found:
    found = _scan(folder, journal)
    if snapshot is None:
        return _without_snapshot(folder, found)
    state, checksum = _unseal(folder, snapshot)
    if found and (found.header.lineage, found.header.serial) == (state.lineage, state.serial - 1):
        found = None
    if found and (found.header.lineage, found.header.snapshot) != (state.lineage, checksum):
        raise _foreign_journal(folder, state, found)
    _refuse_rollback(folder, state, found)
    return _found(state, checksum, len(snapshot), found)


def _without_snapshot(folder: Folder, found: Scan | None) -> Found:
    if found and (found.header.serial or found.header.snapshot):
        raise _missing(folder, f"{folder.path / JOURNAL} continues its serial {found.header.serial}")
    # The first commit writes its generation before its snapshot: the journal shows that it died in between.
    if generation := newest_valid(folder, above=1 if found else 0):
        raise _missing(folder, f"{generation} is there")
    return _found(State(found.header.lineage if found else ""), "", 0, found)


def _found(snapshot: State, checksum: str, size: int, journal: Scan | None) -> Found:
    state = replay(snapshot, journal.entries) if journal and journal.entries else snapshot
    return Found(snapshot, checksum, size, state, journal)


def _unseal(folder: Folder, snapshot: bytes) -> tuple[State, str]:
    path = folder.path / STATE
    try:
        return unseal(snapshot)
    except Unreadable as error:
        hint = _UPGRADE if error.newer else restore(newest_valid(folder), path)
        raise damaged(path, str(error), hint) from error


def _scan(folder: Folder, journal: bytes | None) -> Scan | None:
    path = folder.path / JOURNAL
    try:
        return None if journal is None else scan(journal)
    except BrokenLine as error:
        raise damaged(path, str(error), _UPGRADE if error.newer else _cut(path, error.line)) from error


def _cut(path: Path, line: int) -> str:
    """Return how to keep the lines before a broken one, which are intact; the clusters are read
    again anyway.
    """
    if line == 1:
        how = command("mv", path, f"{path}.damaged")
        return f"What it recorded is lost; the next plan reads the clusters. Set it aside with: {how}"
    how = f"{command('cp', path, f'{path}.damaged')} && {command('sed', '-i', f'{line},$d', path)}"
    return f"The {line - 1} lines before it are intact. Keep a copy and go on with those: {how}"


def _foreign_journal(folder: Folder, state: State, found: Scan) -> Failure:
    path = folder.path / JOURNAL
    header = found.header
    return damaged(
        path,
        f"it continues another snapshot than {folder.path / STATE}",
        "Put the snapshot that it continues back, or give up what it recorded (the next plan reads the "
        f"clusters): {command('mv', path, f'{path}.set-aside')}",
        f"journal:  lineage {header.lineage}, serial {header.serial}\n"
        f"snapshot: lineage {state.lineage}, serial {state.serial}",
    )


def _missing(folder: Folder, why: str) -> Failure:
    path = folder.path / STATE
    return damaged(path, f"it is missing, although {why}", restore(newest_valid(folder), path))


def _refuse_rollback(folder: Folder, state: State, found: Scan | None) -> None:
    """Refuse an older State in the place of a newer one: it would bring removed records back to life.

    A commit writes its generation before its snapshot, so one step ahead is fine where a journal is pending.
    """
    newer = newest_valid(folder, above=state.serial + bool(found and found.entries))
    if newer is None:
        return
    path = folder.path / STATE
    raise damaged(
        path,
        f"it is older (serial {state.serial}) than the newest generation, {newer}",
        f"Go forward with: {command('cp', newer, path)}. To really go back, move every generation newer than "
        f"{generation_name(state.serial)} out of {newer.parent} first.",
    )
