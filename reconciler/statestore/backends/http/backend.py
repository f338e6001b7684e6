"""The documents of a state in one bundle at an address, and its lock as the server keeps it.

Every write reads the bundle first and sends it back with the ETag that it had, so that on a server that heeds
`If-Match` it is one step. The protocol cannot ask who holds the lock: a request for it says, and is given
back where it was granted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.http.messages import Answer
from reconciler.statestore.backends.calling import meaning
from reconciler.statestore.backends.http import answers, locks
from reconciler.statestore.backends.http.access import Access, Target
from reconciler.statestore.backends.http.bundle import Bundle, NotOurs, parse
from reconciler.statestore.holder import LockInfo, this_run
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure

LARGEST = 16 << 20  # bytes of one document
RENEW_EVERY = 10.0  # seconds between two looks at whether the lock is still ours
_ROUNDS = 20  # writes by others in between, after which a write is given up


@dataclass(frozen=True, slots=True)
class Fetched:
    """A bundle as read. `etag` is "" where the server sent no strong one; `exists`: whether there is any."""

    bundle: Bundle
    etag: str = ""
    exists: bool = True


class HttpBackend:
    """Implements `Backend` at one address."""

    largest = LARGEST
    renew_every = RENEW_EVERY
    asks_by_locking = True

    def __init__(self, access: Access) -> None:
        self._access = access
        self._clients: dict[str, HttpClient] = {}
        self._run: LockInfo | None = None
        self._tells = False
        self._last: Fetched | None = None
        self._writing = asyncio.Lock()

    @property
    def place(self) -> str:
        """Where the state is, for people."""
        return self._access.place

    async def get(self, key: str) -> Document | None:
        """Return a document as last written by anyone."""
        return (await self._fetch()).bundle.documents.get(key)

    async def create(self, key: str, data: bytes) -> str:
        """Write a document that must not exist yet."""
        async with self._writing:
            return await self._put(key, data, None)

    async def replace(self, key: str, data: bytes, version: str) -> str:
        """Write a document that must still have this version."""
        async with self._writing:
            return await self._put(key, data, version)

    async def delete(self, key: str) -> None:
        """Remove a document."""
        async with self._writing:
            fetched = await self._fetch()
            while key in fetched.bundle.documents:
                if await self._written(fetched, fetched.bundle.without(key)):
                    return
                fetched = await self._fetch()

    async def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text."""
        return (await self._fetch()).bundle.keys(prefix)

    async def lock(self, run: LockInfo) -> LockInfo | None:
        """Ask for the lock. Asks a second time, to learn whether this server says who holds it then."""
        held = await self._ask(run)
        if held is not None and held.id != run.id:
            return held
        self._run = run
        self._tells = held is not None or await self._ask(run) is not None
        return None

    async def renew(self) -> None:
        """See that the lock is still ours, where the server says, and was not broken. It does not expire."""
        run = self._run
        if run is None:
            raise LostLock("it is not held")
        if not self._tells:
            if run.id in (await self._fetch()).bundle.broken:
                raise LostLock("it was broken")
            return
        held = await self._ask(run)
        if held is None:
            await self._give_back(run)
            raise LostLock("it was broken")
        if held.id != run.id:
            raise LostLock(f"{held.who or 'another run'} has it")

    async def unlock(self) -> None:
        """Give the lock back, unless another run has it: not every server compares who asks."""
        run, self._run = self._run, None
        if run is None:
            return
        if self._tells:
            held = await self._ask(run)
            if held is not None and held.id != run.id:
                return
        await self._give_back(run)

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock: a request for it says."""
        if self._run is not None and self._tells:
            return await self._ask(self._run)
        probe = this_run("look", "to see who holds the lock", self.place, time.time())
        try:
            held = await self._ask(probe)
        except Unsure:  # it may have been granted, and the answer was lost
            held = await self._ask(probe)
        if held is not None and held.id != probe.id:
            return held
        await self._give_back(probe)
        return None

    async def break_lock(self, run_id: str) -> bool:
        """Free the lock of that run, after a mark in the bundle that keeps it from writing: the server does
        not, as long as no other run has the lock.
        """
        held = await self.holder()
        if held is None or not run_id or held.id != run_id:
            return False
        async with self._writing:
            fetched = await self._fetch()
            while fetched.exists and not await self._sent(fetched, fetched.bundle.fencing(run_id), run_id):
                fetched = await self._fetch()
        await self._give_back(held)
        return True

    async def close(self) -> None:
        """Close connections."""
        for client in self._clients.values():
            await client.close()

    # the bundle

    async def _fetch(self) -> Fetched:
        """Return the bundle as it is now; the one from before where the server says that it is the same."""
        last = self._last
        headers = {"If-None-Match": last.etag} if last is not None and last.etag else {}
        try:
            answer = await self._call(self._access.read, headers=headers)
        except answers.Absent:
            return Fetched(Bundle.new(), exists=False)
        except answers.NotModified:
            if last is None:
                raise Unsure("the server says that nothing changed, and was not asked that") from None
            return last
        except ProviderError as error:
            raise meaning(error, self.place, reads=True) from None
        if answer.status == 204:
            return Fetched(Bundle.new(), exists=False)
        self._last = Fetched(self._parsed(answer.value), _strong(answer))
        return self._last

    def _parsed(self, data: bytes) -> Bundle:
        try:
            return parse(data)
        except NotOurs as error:
            why = str(error)
        raise Failure(
            Cause.STATE_UNREADABLE,
            f"cannot use what is at {self.place}: {why}",
            hint="check address under state in reconciler.yaml; nothing was written",
        )

    async def _put(self, key: str, data: bytes, version: str | None) -> str:
        for _ in range(_ROUNDS):
            fetched = await self._fetch()
            found = fetched.bundle.documents.get(key)
            if (found.version if found is not None else None) != version:
                raise Conflict(f"{key} is another one")
            changed = fetched.bundle.with_(key, data)
            if await self._written(fetched, changed):
                return changed.documents[key].version
        raise Unsure(f"others wrote to {self.place} {_ROUNDS} times meanwhile")

    async def _written(self, fetched: Fetched, changed: Bundle) -> bool:
        """Replace the bundle in this run's name, as `_sent` does."""
        mine = self._run.id if self._run is not None else ""
        if mine in fetched.bundle.broken:
            raise LostLock("it was broken")
        return await self._sent(fetched, changed, mine)

    async def _sent(self, fetched: Fetched, changed: Bundle, holder: str) -> bool:
        """Replace the bundle in the name of the lock's holder; false where the server says that it is another
        one by now.
        """
        headers = {"If-Match": fetched.etag} if fetched.etag else {}
        if not fetched.exists:
            headers = {"If-None-Match": "*"}
        query = {"ID": holder} if holder else {}
        try:
            await self._call(self._access.update, changed.text(), query=query, headers=headers)
        except answers.Stale:
            return False
        except answers.Locked as error:
            who = locks.holder(error.text).who
            raise LostLock(f"{who} has it" if who else "the server says that it is held by another") from None
        except ProviderError as error:
            raise meaning(error, self.place, reads=False) from None
        return True

    # the lock

    async def _ask(self, run: LockInfo) -> LockInfo | None:
        """Ask for the lock; return `None` where it was given to this run, else who holds it."""
        try:
            await self._call(self._access.lock, locks.document(run))
        except answers.Locked as error:
            return locks.holder(error.text)
        except ProviderError as error:
            raise meaning(error, self.place, reads=False) from None
        return None

    async def _give_back(self, run: LockInfo) -> None:
        """Give back the lock of this run; fine where the server says that another one has it."""
        try:
            await self._call(self._access.unlock, locks.document(run), query={"ID": run.id})
        except answers.Locked:
            return
        except ProviderError as error:
            raise meaning(error, self.place, reads=False) from None

    async def _call(
        self,
        target: Target,
        content: bytes | None = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        client = self._clients.get(target.cluster.address)
        if client is None:
            client = self._clients[target.cluster.address] = target.client()
        asked = {**target.query, **(query or {})}
        return await client.exchange(target.method, target.path, content, query=asked, headers=headers)


def _strong(answer: Answer) -> str:
    """Return the ETag, where it may be compared: a weak one stands for several contents."""
    etag = answer.headers.get("etag") or ""
    return etag if etag.startswith('"') else ""
