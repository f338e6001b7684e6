"""Writing the audit log of a shared state into documents, and reading it back."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.statestore.audit.lines import parse
from reconciler.statestore.audit.reading import AuditLog
from reconciler.statestore.audit.segments import AUDIT, NO_AUDIT, Audit, content, lines_of
from reconciler.statestore.shared.failures import REACH, unreadable
from reconciler.statestore.shared.packing import packed, unpacked
from reconciler.statestore.shared.ports import Backend, Unsure
from reconciler.statestore.shared.reading import get_head
from reconciler.statestore.shared.reading import parse as parse_head
from reconciler.statestore.shared.writing import create, read_back
from reconciler.statestore.text.fields import Unreadable


async def shortened(backend: Backend, audit: Audit, nonce: str) -> Audit:
    """Move all lines but the last out of the head, where they are long. Raises `Failure`."""
    if not audit.is_long:
        return audit
    key = f"{AUDIT}{_number(audit.lines[0]):06d}-{nonce}"
    await create(backend, key, packed(content(audit.lines[:-1])))
    return Audit((*audit.segments, key), audit.lines[-1:])


async def written(backend: Backend, lines: Sequence[str], nonce: str) -> Audit:
    """Write a whole log, and return what the head is to say of it. Raises `Failure`."""
    audit = NO_AUDIT
    for line in lines:
        audit = await shortened(backend, Audit(audit.segments, (*audit.lines, line)), nonce)
    return audit


async def read_log(backend: Backend) -> AuditLog:
    """Return the log. Raises `Failure` where the head cannot be read, or the State was moved."""
    document = await get_head(backend)
    audit = parse_head(backend, document).audit if document is not None else NO_AUDIT
    lines: list[str] = []
    lost: list[str] = []
    for key in audit.segments:
        try:
            lines += await _segment(backend, key)
        except Unreadable as error:
            lost.append(f"{key} cannot be read: {error}")
    lost += await _dropped(backend) if audit == NO_AUDIT else []
    last = audit.trail.last
    return AuditLog((*lines, *audit.lines), last if last.number else None, tuple(lost))


async def _segment(backend: Backend, key: str) -> list[str]:
    try:
        found = await read_back(backend, key)
    except Unsure as error:
        raise unreadable(backend.place, key, str(error), REACH) from error
    if found is None:
        raise Unreadable("it is missing")
    return lines_of(unpacked(found.data))


async def _dropped(backend: Backend) -> list[str]:
    """Return a sentence where there are older lines, and a head that knows of none."""
    try:
        left = await backend.keys(AUDIT)
    except Unsure as error:
        raise unreadable(backend.place, AUDIT, str(error), REACH) from error
    if not left:
        return []
    return [f"the head has lost the log, of which {left[-1]} is left: a version without it wrote the state"]


def _number(line: str) -> int:
    try:
        return parse(line).number
    except Unreadable:
        return 0
