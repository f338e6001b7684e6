"""Writing on a condition when answers get lost: nothing is called a conflict before it was read back."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import TypeVar

from reconciler.model.failure import Failure
from reconciler.statestore.shared.failures import lost, not_fenced, unreachable
from reconciler.statestore.shared.head import HEAD, Head
from reconciler.statestore.shared.ports import Backend, Conflict, Document, LostLock, Unreached, Unsure
from reconciler.statestore.text.fields import Unreadable

_T = TypeVar("_T")
PATIENCE = 20.0  # seconds for which a server is asked again that a run works with
FIRST = 6.0  # the same before anything is begun: long enough for an election
UNREACHED = 1.0  # the same where nothing takes a connection then: the address may be wrong
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0


async def attempts(seconds: float = PATIENCE, least: int = 1) -> AsyncIterator[None]:
    """Give the turns of something that is tried again, with growing pauses, until the time is over.

    There are at least so many: time goes on, too, while a process is stopped.
    """
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + seconds, _FIRST_PAUSE
    for turn in itertools.count(1):
        yield
        left = max(until - loop.time(), 0)
        if left == 0 and turn >= least:
            return
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


async def answered(call: Callable[[], Awaitable[_T]]) -> _T:
    """Return what a call gives before anything is begun, asking again for a moment. Raises as the call."""
    return await _repeated(call, FIRST, UNREACHED)


async def read_back(backend: Backend, key: str) -> Document | None:
    """Return a document, asking again for a moment. Raises `Failure`, `Unsure`."""
    return await answered(lambda: backend.get(key))


async def _repeated(call: Callable[[], Awaitable[_T]], seconds: float, unreached: float) -> _T:
    began = asyncio.get_running_loop().time()
    why = Unsure("no answer")
    async for _ in attempts(seconds):
        try:
            return await call()
        except Unsure as error:
            why = error
        age = asyncio.get_running_loop().time() - began
        if isinstance(why, Unreached) and age >= unreached:
            break
    raise why


async def create(backend: Backend, key: str, data: bytes) -> str:
    """Write a document under a key that no one else uses; return its version.

    Raises `Failure`: the lock is lost, the server cannot be reached, or the key has another content.
    """
    return await _settled(backend, key, data, None)


async def _settled(
    backend: Backend, key: str, data: bytes, version: str | None, sent: Collection[bytes] = ()
) -> str:
    """Write a document that still has this version, or is absent; return its new version.

    `sent` are contents that this run sent before and did not hear of: one of them is no other run's.
    Raises `Failure` as `create`.
    """
    why: Exception = Unsure("no answer")
    async for _ in attempts(least=2):
        try:
            if version is None:
                return await backend.create(key, data)
            return await backend.replace(key, data, version)
        except LostLock as error:
            raise lost(backend.place, str(error)) from error
        except (Conflict, Unsure) as error:
            why = error
            found = await _found(backend, key)
        if found is not None and found.data == data:
            return found.version
        if found is not None and found.data in sent:
            version = found.version
            continue
        if (found.version if found is not None else None) != version:
            raise lost(backend.place, "another run wrote to it") from why
    raise unreachable(backend.place, str(why)) from why


async def _found(backend: Backend, key: str) -> Document | None:
    try:
        return await _repeated(lambda: backend.get(key), PATIENCE, PATIENCE)
    except Unsure as error:
        raise unreachable(backend.place, str(error)) from error


async def fence(backend: Backend) -> None:
    """Replace the head by the same one in another name: a run whose lock was just broken cannot write it.

    Does nothing where there is no head, and where the server takes no writes without the lock. Raises
    `Failure` where no answer comes.
    """
    async for _ in attempts():
        try:
            found = await backend.get(HEAD)
            if found is None:
                return
            await backend.replace(
                HEAD, Head.parse(found.data).opened_by(str(uuid.uuid4())).document(), found.version
            )
        except (Conflict, Unsure):
            continue
        except (LostLock, Failure, Unreadable):
            return
        return
    raise not_fenced(backend.place)


class HeadWriter:
    """Replaces the head, each time on condition that it is the one that was last read or written here.

    A write that was cancelled may be done, or still arrive: what it sent is remembered.
    """

    def __init__(self, backend: Backend, head: Head, version: str | None) -> None:
        self._backend = backend
        self._sent: list[bytes] = []
        self.head = head
        self.version = version

    async def write(self, head: Head) -> None:
        """Write the head that comes next. Raises `Failure`; nothing may be written after that."""
        data = head.document()
        self._sent.append(data)
        self.version = await _settled(self._backend, HEAD, data, self.version, self._sent[:-1])
        self._sent.clear()
        self.head = head
