"""Keeping a lock while a run works: renewed in time; a run that lost it learns so before it writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reconciler.model.failure import Failure
from reconciler.statestore.shared.failures import lost
from reconciler.statestore.shared.ports import Backend, LostLock, Unsure

_LASTS = 3  # times `renew_every`: how long a lock lasts that is not renewed
_TIMES = 3  # how often a server is asked that takes longer than the next value to answer
_FRESH = 1.0  # seconds after which no one writes before the server said that the lock is still held


class Kept:
    """A lock that this run holds. `clock` gives seconds that go on while the process is stopped."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock
        self._renewed_at = clock()
        self._renewing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.failure: Failure | None = None

    def start(self) -> None:
        """Begin to renew the lock in the background, where it wants that."""
        if self._backend.renew_every > 0:
            self._task = asyncio.create_task(self._renew_always())

    async def check(self) -> None:
        """Raise `Failure(STATE_LOCKED)` where the lock is lost, or may be: not renewed in time.

        An answer that is read late says how it was when the server gave it: this process may have been
        stopped since. Then the server is asked again, though not for ever.
        """
        if self._is_due():
            async with self._renewing:
                for _ in range(_TIMES):
                    if self.failure is None and self._is_due():
                        await self._renew()
        if self.failure is not None:
            raise self.failure

    def lose(self, failure: Failure) -> None:
        """Take the lock for lost: a write was refused because of it."""
        self.failure = self.failure or failure

    async def stop(self) -> None:
        """End the renewing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew_always(self) -> None:
        while self.failure is None:
            await asyncio.sleep(self._backend.renew_every)
            async with self._renewing:
                await self._renew()

    async def _renew(self) -> None:
        began = self._clock()
        try:
            await self._backend.renew()
        except LostLock as error:
            self.failure = lost(self._backend.place, str(error))
        except Failure as failure:
            self.failure = failure
        except Unsure as error:
            if self._age() > _LASTS * self._backend.renew_every:
                why = f"it could not be renewed for {self._age():.0f} s: {error}"
                self.failure = lost(self._backend.place, why)
        else:
            self._renewed_at = began

    def _is_due(self) -> bool:
        return self._backend.renew_every > 0 and self._age() > _FRESH

    def _age(self) -> float:
        return self._clock() - self._renewed_at
