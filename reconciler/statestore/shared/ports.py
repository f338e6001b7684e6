"""What a server must offer to keep a shared state: named documents, writes on a condition, and one lock.

A state consists of a few documents, whose keys are relative to the state's own place:

    head                        which snapshot counts, the journal's tail, who writes; replaced at every step
    generations/000041-1f2e3d4c/0     a snapshot, compressed, in chunks; written once
    journal/000041-1f2e3d4c/0         older lines of the journal; written once

A run that opens the state for writing replaces the head first. One whose lock was taken over therefore cannot
write the head any more: the condition of its next write fails, regardless of its clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.holder import LockInfo


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read. `version` is opaque: what a later write of it is conditional on."""

    data: bytes
    version: str


class Conflict(Exception):
    """The condition of a write does not hold: another version is there, or none, or one unexpectedly."""


class Unsure(Exception):
    """Whether a write was done is not known: no answer came, or one that leaves it open."""


class Unreached(Unsure):
    """Nothing was sent: there is no such host, it takes no connection, or TLS failed."""


class LostLock(Exception):
    """The lock is not held any more: it expired, it was broken, or another run has it."""


class Backend(Protocol):
    """A server's documents below one place, and their lock.

    Keys have `/` between segments of `[a-z0-9._-]+`. Calls are sent once and never repeated here: the caller
    asks again, and reads back what it wrote. Every method raises `Unsure` where no answer came (time-outs,
    errors of the server such as HTTP 5xx), `Unreached` where there was no connection, and `Failure` where
    the answer is a refusal (`STATE_UNREADABLE` where it reads, `STATE_UNWRITABLE` where it writes: forbidden,
    no such bucket); the failure names the place and what to do, never a credential. A held lock lasts at
    least three times `renew_every`.
    """

    @property
    def place(self) -> str:
        """Where the state is, for people: `s3://bucket/prefix`. Holds no credential."""
        ...

    @property
    def largest(self) -> int:
        """How many bytes one document may have."""
        ...

    @property
    def renew_every(self) -> float:
        """Seconds after which a held lock wants `renew`; 0 where it needs none."""
        ...

    @property
    def asks_by_locking(self) -> bool:
        """Whether `holder` asks for the lock itself, which gets in the way of other runs."""
        ...

    async def get(self, key: str) -> Document | None:
        """Return a document as last written by anyone; `None` where there is none."""
        ...

    async def create(self, key: str, data: bytes) -> str:
        """Write a document that must not exist yet; return its version.

        Raises `Conflict`, `Unsure`, and `LostLock` where the server ties writes to the lock.
        """
        ...

    async def replace(self, key: str, data: bytes, version: str) -> str:
        """Write a document that must still have this version; return the new one. Raises as `create`."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a document, whichever version it has; fine where there is none.

        Raises `LostLock` where the server ties writes to the lock.
        """
        ...

    async def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text (`generations/`), in order."""
        ...

    async def lock(self, run: LockInfo) -> LockInfo | None:
        """Try once to take the lock for this run, without waiting.

        Return `None` where it is held by this run now, else who holds it. A holder that cannot be read is
        returned with empty fields.
        """
        ...

    async def renew(self) -> None:
        """Keep the lock. Raises `LostLock` where it is no longer this run's."""
        ...

    async def unlock(self) -> None:
        """Give the lock back; fine where it is lost or was never held."""
        ...

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock, if anyone."""
        ...

    async def break_lock(self, run_id: str) -> bool:
        """Free the lock of the run with this ID, and no other; say whether that run held it."""
        ...

    async def close(self) -> None:
        """Close connections. An open lock is left to `unlock`."""
        ...
