"""What a shared state keeps, read without a lock: its generations, and whether all of it is sound."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from reconciler.model.failure import Failure
from reconciler.model.state import Check, Generation, State
from reconciler.statestore.audit.segments import AUDIT
from reconciler.statestore.shared.failures import Damaged, unreachable, unreadable
from reconciler.statestore.shared.head import HEAD, Head, Snapshot
from reconciler.statestore.shared.medium import documents
from reconciler.statestore.shared.ports import Backend, Document, Unsure
from reconciler.statestore.shared.reading import Found, check_new, get_head, look, parse
from reconciler.statestore.shared.snapshots import GENERATIONS, JOURNAL, read_snapshot
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.kept import checked, generation_of, missing, not_moved, read_kept, says

_SNAPSHOT = re.compile(rf"{GENERATIONS}(?P<serial>\d+)-(?P<run>[^-/]+)")


async def history(backend: Backend) -> list[Generation]:
    """Return the kept snapshots, newest first. Raises `Failure` where the head cannot be read."""
    head = await _head(backend)
    return [await _generation(backend, one) for one in head.generations] if head is not None else []


async def generation(backend: Backend, serial: int) -> State:
    """Return the snapshot of this serial. Raises `Failure`."""
    head = await _head(backend)
    for one in head.generations if head is not None else ():
        if one.serial == serial:
            try:
                return read_kept(serial, await read_snapshot(backend, one))
            except Unreadable as error:
                hint = "Choose another one: see `reconciler state history`."
                raise unreadable(backend.place, one.key, str(error), hint) from error
    raise missing(serial, backend.place)


async def verify(backend: Backend) -> list[Check]:
    """Read everything, and return what was found. Raises `Failure` where the server cannot be reached.

    Where something is wrong and the head moved meanwhile, all is read again.
    """
    while True:
        document = await get_head(backend)
        found = await _verified(backend, document)
        if not any(check.problem for check in found) or _same(await get_head(backend), document):
            return found


def _same(one: Document | None, other: Document | None) -> bool:
    return (one.version if one else None) == (other.version if other else None)


async def _verified(backend: Backend, document: Document | None) -> list[Check]:
    if document is None:
        return [check async for check in _orphans(backend, None)]
    try:
        found = await look(backend)
    except Failure as failure:
        return [Check(HEAD, "", _words(failure)), *await _kept(backend, document)]
    if found is None:
        return []
    kept = [await _checked(backend, one, found.snapshot) for one in found.head.generations]
    orphans = [check async for check in _orphans(backend, found.head)]
    return [*_parts(found), *kept, *orphans]


async def _kept(backend: Backend, document: Document) -> list[Check]:
    """Return the checks of the generations of a State that cannot be read, as far as the head names them."""
    try:
        head = parse(backend, document)
    except Failure:
        return []
    return [await _checked(backend, one, None) for one in head.generations]


async def clear(backend: Backend) -> None:
    """Remove all documents of a State that was moved away, the head last. Raises `Failure`."""
    document = await get_head(backend)
    if document is None or not Head.parse(document.data).moved_to:
        raise not_moved(backend.place)
    try:
        for key in [key for prefix in (GENERATIONS, JOURNAL, AUDIT) for key in await backend.keys(prefix)]:
            await backend.delete(key)
        await backend.delete(HEAD)
    except Unsure as error:
        raise unreachable(backend.place, str(error)) from error


async def _head(backend: Backend) -> Head | None:
    document = await get_head(backend)
    if document is None:
        await check_new(backend)
        return None
    return parse(backend, document)


async def _generation(backend: Backend, one: Snapshot) -> Generation:
    try:
        return generation_of(one.serial, await read_snapshot(backend, one))
    except Failure as failure:
        return Generation(one.serial, one.size, problem=failure.summary)


async def _checked(backend: Backend, one: Snapshot, now: State | None) -> Check:
    try:
        return checked(one.key, one.serial, await read_snapshot(backend, one), now)
    except Damaged as damaged:  # if it counts, the head says what to do
        return Check(one.key, "", damaged.summary)
    except Failure as failure:
        return Check(one.key, "", _words(failure))


def _parts(found: Found) -> list[Check]:
    out = [Check(HEAD, says(found.snapshot))]
    if found.journal is not None and found.journal.entries:
        number = len(found.journal.entries)
        lines = f"{number} line{'' if number == 1 else 's'} after serial {found.snapshot.serial}"
        out.append(Check("the journal", f"{lines}, not committed: a run is active, or died"))
    return out


async def _orphans(backend: Backend, head: Head | None) -> AsyncIterator[Check]:
    """Give the documents that no head points to."""
    known = set(documents(head)) if head is not None else set()
    problem = None if head is not None else f"there is no {HEAD}, which would say whether it counts"
    for prefix in (GENERATIONS, JOURNAL, AUDIT):
        try:
            keys = await backend.keys(prefix)
        except Unsure as error:
            raise unreadable(backend.place, prefix, str(error)) from error
        for key in keys:
            if key not in known:
                newer = _newer(key, head) if head is not None else None
                yield Check(key, "left by a run that is active, or died; it does not count", problem or newer)


def _newer(key: str, head: Head) -> str | None:
    """Return what is wrong where a snapshot is newer than the one that counts, and none of the runs wrote it
    that had the state open since: the head that pointed to it is gone.
    """
    found = _SNAPSHOT.match(key)
    if found is None or int(found["serial"]) <= head.serial:
        return None
    runs = {run.partition("-")[0] for run in (head.writer, *head.earlier)}
    next_one = int(found["serial"]) == head.serial + 1
    if next_one and (found["run"] in runs or head.tail or head.segments):
        return None
    return (
        f"it is newer than what counts (serial {head.serial}): an older {HEAD} was put in the place of the "
        "one that pointed to it, and what was recorded since does not count"
    )


def _words(failure: Failure) -> str:
    return "\n".join(filter(None, (failure.summary, failure.detail, failure.hint)))
