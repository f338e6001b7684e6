"""A state in a bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from reconciler.statestore.backends.objects import failures
from reconciler.statestore.backends.objects.client import Client
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared.lease import TTL, Lease
from reconciler.statestore.shared.ports import Conflict, Document, Unsure

_LARGEST = 1 << 20  # a larger body that is refused while it is sent looks like a lost answer
_PROOF = "conditions"
_STALE = {"s3": '{"e_tag": "\\"0\\""}', "gcs": '{"version": "1"}', "azure": '{"e_tag": "\\"0x0\\""}'}


class ObjectBackend:
    """Implements `Backend` by the objects below a prefix. `ttl` is the lease's, in seconds."""

    asks_by_locking = False

    def __init__(self, client: Client, ttl: float = TTL) -> None:
        self._client = client
        self.lease = Lease(self, ttl=ttl)
        self._checking = asyncio.Lock()
        self._checked = False

    @property
    def place(self) -> str:
        """The bucket's address with the prefix."""
        return self._client.bucket.place

    @property
    def largest(self) -> int:
        """How many bytes one document may have."""
        return _LARGEST

    @property
    def renew_every(self) -> float:
        """Seconds between renewals of the lease."""
        return self.lease.renew_every

    async def get(self, key: str) -> Document | None:
        """Return a document, or `None`."""
        await self._check()
        return await self._client.get(key)

    async def create(self, key: str, data: bytes) -> str:
        """Write a document that must not exist yet; return its version."""
        await self._check()
        return await self._client.put(key, data, None)

    async def replace(self, key: str, data: bytes, version: str) -> str:
        """Write a document that must still have this version; return the new one."""
        await self._check()
        return await self._client.put(key, data, version)

    async def delete(self, key: str) -> None:
        """Remove a document, whichever version it has."""
        await self._check()
        await self._client.delete(key)

    async def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text, in order."""
        await self._check()
        return await self._client.keys(prefix)

    async def lock(self, run: LockInfo) -> LockInfo | None:
        """Try once to take the lease, on a server that keeps to the conditions of writes."""
        holder = await self.lease.lock(run)
        if holder is None:
            await self._check_conditions()
        return holder

    async def renew(self) -> None:
        """Renew the lease."""
        await self.lease.renew()

    async def unlock(self) -> None:
        """Give the lease back."""
        await self.lease.unlock()

    async def holder(self) -> LockInfo | None:
        """Return who has the lease."""
        return await self.lease.holder()

    async def break_lock(self, run_id: str) -> bool:
        """Free the lease of this run, and no other."""
        return await self.lease.break_lock(run_id)

    async def close(self) -> None:
        """Do nothing: the library closes its connections itself."""

    async def _check(self) -> None:
        """Make sure, once, that the bucket is there: without it every document would look absent."""
        async with self._checking:
            if not self._checked:
                await self._client.prove()
                self._checked = True

    async def _check_conditions(self) -> None:
        """Refuse a server that writes also where the condition does not hold."""
        try:
            if not await self._is_refused(None) and not await self._is_refused(None):
                raise failures.unconditional(self._client.bucket, "If-None-Match")
            if not await self._is_refused(_STALE[self._client.bucket.cloud]):
                raise failures.unconditional(self._client.bucket, "If-Match")
        except BaseException:
            await self.unlock()
            raise

    async def _is_refused(self, version: str | None) -> bool:
        for last in (False, False, True):
            try:
                await self._client.put(_PROOF, b"Shows that writes keep to their conditions.\n", version)
                return False
            except Conflict:
                return True
            except Unsure as error:
                if last:
                    raise failures.refused(self._client.bucket, error) from error
        return False
