"""Snapshots in chunks: written before a head points to them, and proved by their digest when read."""

from __future__ import annotations

import hashlib

from reconciler.model.failure import Failure
from reconciler.statestore.shared.failures import REACH, unreadable
from reconciler.statestore.shared.head import Snapshot
from reconciler.statestore.shared.packing import packed, unpacked
from reconciler.statestore.shared.ports import Backend, LostLock, Unsure
from reconciler.statestore.shared.writing import create, read_back
from reconciler.statestore.text.codec import checksum_of
from reconciler.statestore.text.fields import Unreadable

GENERATIONS = "generations/"
JOURNAL = "journal/"


async def write_snapshot(backend: Backend, text: bytes, serial: int, nonce: str) -> Snapshot:
    """Write a snapshot's chunks under keys that no other run uses (`nonce`). Raises `Failure`."""
    data = packed(text)
    chunks = [data[start : start + backend.largest] for start in range(0, len(data), backend.largest)]
    digest = hashlib.sha256(text).hexdigest()
    key = f"{GENERATIONS}{serial:06d}-{nonce}"
    snapshot = Snapshot(key, serial, len(chunks), len(text), digest, checksum_of(text))
    for document, chunk in zip(snapshot.documents, chunks, strict=True):
        await create(backend, document, chunk)
    return snapshot


async def read_snapshot(backend: Backend, snapshot: Snapshot) -> bytes:
    """Return a snapshot's text. Raises `Failure(STATE_UNREADABLE)` where a chunk is missing or altered."""
    try:
        return await whole_snapshot(backend, snapshot)
    except Unreadable as error:
        raise unreadable(backend.place, snapshot.key, str(error)) from error


async def whole_snapshot(backend: Backend, snapshot: Snapshot) -> bytes:
    """Return a snapshot's text. Raises `Unreadable` where it is damaged, `Failure` where no answer comes."""
    text = unpacked(b"".join([await _chunk(backend, key) for key in snapshot.documents]))
    if hashlib.sha256(text).hexdigest() != snapshot.digest:
        raise Unreadable("its digest does not match its content")
    return text


async def remove(backend: Backend, keys: list[str]) -> None:
    """Remove documents that no head points to any more.

    One that cannot be removed is left: it changes nothing, and `state verify` lists it. So does a run whose
    lock was lost after it wrote the head.
    """
    for key in keys:
        try:
            await backend.delete(key)
        except (Failure, LostLock, Unsure):
            return


async def _chunk(backend: Backend, key: str) -> bytes:
    try:
        found = await read_back(backend, key)
    except Unsure as error:
        raise unreadable(backend.place, key, str(error), REACH) from error
    if found is None:
        raise Unreadable(f"part {key.rpartition('/')[2]} of it is missing")
    return found.data
