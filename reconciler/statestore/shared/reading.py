"""Reads a shared state: the head, the snapshot that it points to, and its journal."""

from __future__ import annotations

import uuid

from reconciler.model.failure import Failure
from reconciler.model.state import State
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.shared.failures import NO_HEAD, REACH, Damaged, not_reached, unreadable
from reconciler.statestore.shared.head import HEAD, Head
from reconciler.statestore.shared.packing import unpacked
from reconciler.statestore.shared.ports import Backend, Document, Unsure
from reconciler.statestore.shared.snapshots import GENERATIONS, read_snapshot
from reconciler.statestore.shared.writing import read_back
from reconciler.statestore.text.codec import unseal
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.journal import Scan, replay, scan
from reconciler.statestore.text.kept import MovedAway

_UPGRADE = "Use the version of reconciler that wrote it, or a later one."


@dataclass(frozen=True, slots=True)
class Found:
    """A shared state as read: its head (of which `version`), the snapshot, and the state with the journal."""

    head: Head
    version: str
    snapshot: State
    state: State
    journal: Scan | None


async def look(backend: Backend) -> Found | None:
    """Read a state while others may be writing it; `None` where there is none yet. Raises `Failure`.

    What does not fit is read again as long as the head moves: a commit removes what the one before it needed.
    """
    seen = None
    while True:
        document = await get_head(backend)
        if document is None:
            await check_new(backend)
            return None
        try:
            return await _read(backend, document)
        except Failure:
            if seen == document.version:
                raise
            seen = document.version


async def look_at_damaged(backend: Backend) -> Found | None:
    """Do the same for a run that puts another State in the place of a damaged one: of that, only the head
    counts, and where that is damaged, too, a new one. Raises `Failure`.
    """
    try:
        return await look(backend)
    except Damaged:
        document = await get_head(backend)
    if document is None:
        return None
    try:
        head = parse(backend, document)
    except Damaged:
        head = Head(str(uuid.uuid4()), "")
    empty = State(head.lineage, head.serial)
    return Found(head, document.version, empty, empty, None)


async def get_head(backend: Backend) -> Document | None:
    """Return the head's document; `None` where there is none. Raises `Failure`."""
    try:
        return await read_back(backend, HEAD)
    except Unsure as error:
        raise not_reached(backend.place, str(error)) from error


def parse(backend: Backend, document: Document) -> Head:
    """Return the head. Raises `Failure`, also where it says that the state was moved."""
    try:
        head = Head.parse(document.data)
    except Unreadable as error:
        how = _UPGRADE if error.newer else ""
        raise unreadable(backend.place, HEAD, str(error), how, other=NO_HEAD) from error
    if head.moved_to:
        raise MovedAway(backend.place, head.moved_to, head.lineage)
    return head


async def check_new(backend: Backend) -> None:
    """Raise `Failure` where there is no head although snapshots show that there was one."""
    try:
        left = await backend.keys(GENERATIONS)
    except Unsure as error:
        raise not_reached(backend.place, str(error)) from error
    if left:
        why = f"it is missing, although {left[-1]} is there"
        raise unreadable(backend.place, HEAD, why, other=NO_HEAD)


async def _read(backend: Backend, document: Document) -> Found:
    head = parse(backend, document)
    snapshot = await _snapshot(backend, head)
    journal = await _journal(backend, head)
    state = replay(snapshot, journal.entries) if journal is not None and journal.entries else snapshot
    return Found(head, document.version, snapshot, state, journal)


async def _snapshot(backend: Backend, head: Head) -> State:
    if head.snapshot is None:
        return State(head.lineage)
    text = await read_snapshot(backend, head.snapshot)
    try:
        state, checksum = unseal(text)
    except Unreadable as error:
        raise unreadable(
            backend.place, head.snapshot.key, str(error), _UPGRADE if error.newer else ""
        ) from error
    if (state.lineage, state.serial, checksum) != (head.lineage, head.serial, head.snapshot.checksum):
        raise unreadable(backend.place, head.snapshot.key, "it is not the snapshot that the head names")
    return state


async def read_journal(backend: Backend, head: Head) -> bytes:
    """Return the journal's bytes; none where nothing happened since the snapshot. Raises `Failure`."""
    return b"".join([await _segment(backend, key) for key in head.segments]) + head.tail.encode("ascii")


async def _journal(backend: Backend, head: Head) -> Scan | None:
    data = await read_journal(backend, head)
    if not data:
        return None
    try:
        found = scan(data)
    except Unreadable as error:
        raise unreadable(backend.place, "the journal", str(error), _UPGRADE if error.newer else "") from error
    if found.header != head.continues:
        raise unreadable(backend.place, "the journal", "it continues another snapshot than the head names")
    if found.intact != data:
        raise unreadable(backend.place, "the journal", "its last line is cut off")
    return found


async def _segment(backend: Backend, key: str) -> bytes:
    try:
        found = await read_back(backend, key)
    except Unsure as error:
        raise unreadable(backend.place, key, str(error), REACH) from error
    if found is None:
        raise unreadable(backend.place, key, "it is missing")
    try:
        return unpacked(found.data)
    except Unreadable as error:
        raise unreadable(backend.place, key, str(error)) from error
