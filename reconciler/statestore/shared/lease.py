"""The lock of a server whose locks do not expire by themselves: a lease, kept in the document `lock`.

The document says who holds the lock and until when, and is replaced on condition of its version: to take the
lock, to renew it, to give it back, to break it. It is never deleted, so that a version never comes back.
Every write has a nonce of its own: one whose answer was lost is recognized when the document is read back.

No two clocks need to agree:

- A run that waits takes a lease over when it has seen the same version for one `ttl` of that lease by its own
  clock: its holder renews far more often.
- A run that does not wait goes by the wall clock, and takes a lease over only when its written end is more
  than `MARGIN` past: the clocks of both may be off by a minute.

A holder that was only asleep finds out at its next write: who took the lease replaced the head of the state.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, Protocol

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure

LOCK = "lock"
TTL = 30.0  # seconds
MARGIN = 120.0  # seconds: two wall clocks, each off by up to one minute
_TRIES = 10  # how often a write is repeated that another of the same holder came before
_UNKNOWN = LockInfo("", "", "", "", 0, "", "", "")


class Documents(Protocol):
    """What a lease needs of a `Backend`."""

    @property
    def place(self) -> str:
        """Where the state is, for people."""
        ...

    async def get(self, key: str) -> Document | None:
        """As `Backend.get`."""
        ...

    async def create(self, key: str, data: bytes) -> str:
        """As `Backend.create`."""
        ...

    async def replace(self, key: str, data: bytes, version: str) -> str:
        """As `Backend.replace`."""
        ...


def awake_or_not() -> float:
    """Return seconds that only grow, also while the machine sleeps where the system can say that."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(frozen=True, slots=True)
class _Body:
    """What the document says. No holder: the lock is free. `expires` is in seconds since the epoch."""

    nonce: str
    holder: LockInfo | None
    ttl: float
    expires: float

    def data(self) -> bytes:
        holder = asdict(self.holder) if self.holder else None
        raw = {"nonce": self.nonce, "holder": holder, "ttl": self.ttl, "expires": self.expires}
        return json.dumps(raw, indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes, ttl: float) -> _Body:
        """Read it back. What cannot be read is held by somebody unknown, for ever by the wall clock."""
        try:
            raw = json.loads(data)
            return cls(str(raw["nonce"]), _holder(raw["holder"]), float(raw["ttl"]), float(raw["expires"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return cls("", _UNKNOWN, ttl, float("inf"))


def _holder(raw: Any) -> LockInfo | None:
    return None if raw is None else LockInfo(**{field.name: raw[field.name] for field in fields(LockInfo)})


class Lease:
    """Implements the lock of a `Backend` over its documents.

    `clock` gives seconds that only grow, `now` seconds since the epoch. A lease that is not renewed for `ttl`
    seconds can be taken over.
    """

    def __init__(
        self,
        documents: Documents,
        clock: Callable[[], float] = awake_or_not,
        now: Callable[[], float] = time.time,
        ttl: float = TTL,
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._now = now
        self._ttl = ttl
        self._mark = uuid.uuid4().hex  # what the nonces of this object's writes begin with
        self._writes = 0
        self._run: LockInfo | None = None
        self._version = ""
        self._proven = 0.0  # when the last write began that showed the lease to be this run's
        self._seen: tuple[str, float] = ("", 0.0)  # another's version, and when it was first seen

    @property
    def renew_every(self) -> float:
        """Seconds after which a held lease is to be renewed."""
        return self._ttl / 3

    async def lock(self, run: LockInfo) -> LockInfo | None:
        """Try once to take the lease; return `None`, or who holds it. Raises `Failure`, `Unsure`."""
        began = self._clock()
        found = await self._documents.get(LOCK)
        body = self._parsed(found)
        if found is not None and not self._is_free(found, body, run):
            return body.holder
        version = await self._write(run, found.version if found else None)
        if version is None:
            return await self.holder() or _UNKNOWN
        self._run, self._version, self._proven = run, version, began
        return None

    async def renew(self) -> None:
        """Keep the lease for another `ttl`.

        Raises `LostLock`, also when it could not be renewed for a whole `ttl`; before that `Unsure`.
        """
        if self._run is None:
            raise LostLock("this run does not hold the lock")
        began = self._clock()
        try:
            await self._renewed(self._run)
        except (Unsure, Failure) as error:
            if self._clock() - self._proven <= self._ttl:
                raise Unsure(str(error)) from error
            self._run = None
            raise LostLock(f"it could not be renewed for {self._ttl:g} seconds: {error}") from error
        self._proven = began

    async def _renewed(self, run: LockInfo) -> None:
        for _ in range(_TRIES):
            version = await self._write(run, self._version)
            if version is not None:
                self._version = version
                return
            found = await self._documents.get(LOCK)
            if found is None or not self._is_mine(self._parsed(found), run):
                raise self._lost(found)
            self._version = found.version  # an earlier renewal, whose answer was lost, arrived late
        raise Unsure("other writes of this run came before it")

    async def unlock(self) -> None:
        """Give the lease back. Raises `Failure` where that cannot be done: it then ends by itself."""
        run, self._run = self._run, None
        if run is not None:
            await self._freed(run.id, mine=True)

    async def holder(self) -> LockInfo | None:
        """Return who holds the lease, if anyone; one that ended for certain is held by no run."""
        found = await self._documents.get(LOCK)
        body = self._parsed(found)
        return None if found is None or self._is_over(body) else body.holder

    async def break_lock(self, run_id: str) -> bool:
        """Free the lease if the run with this ID has it, also while it renews it; say whether it had it."""
        return await self._freed(run_id, mine=False)

    async def _freed(self, run_id: str, *, mine: bool) -> bool:
        """Write that the lease is free, as long as that run holds it."""
        for _ in range(_TRIES):
            found = await self._documents.get(LOCK)
            body = self._parsed(found)
            if found is None or body.holder is None or body.holder.id != run_id:
                return False
            if mine and not self._is_mine(body, body.holder):
                return False
            try:
                if await self._write(None, found.version) is not None:
                    return True
            except Unsure:
                continue
        raise self._stays(run_id)

    async def _write(self, run: LockInfo | None, version: str | None) -> str | None:
        """Write a body; return its version, or `None` where another write came before.

        An answer that does not say so is settled by reading back. Raises `Unsure` where the write was not
        done so far.
        """
        self._writes += 1
        body = _Body(f"{self._mark}-{self._writes}", run, self._ttl, round(self._now() + self._ttl, 3))
        try:
            if version is None:
                return await self._documents.create(LOCK, body.data())
            return await self._documents.replace(LOCK, body.data(), version)
        except (Conflict, Unsure) as error:
            found = await self._documents.get(LOCK)
            if found is not None and self._parsed(found).nonce == body.nonce:
                return found.version
            if isinstance(error, Unsure) and (found.version if found else None) == version:
                raise
            return None

    def _is_free(self, found: Document, body: _Body, run: LockInfo) -> bool:
        """Say whether the lease may be taken: given back, this run's own, or over by one of both clocks."""
        if body.holder is None or self._is_mine(body, run) or self._is_over(body):
            return True
        version, since = self._seen
        if version != found.version:
            self._seen = (found.version, self._clock())
            return False
        return self._clock() - since > body.ttl

    def _is_over(self, body: _Body) -> bool:
        return self._now() > body.expires + MARGIN

    def _is_mine(self, body: _Body, run: LockInfo) -> bool:
        """Say whether this object wrote that for this run."""
        return body.holder is not None and body.holder.id == run.id and body.nonce.startswith(self._mark)

    def _parsed(self, found: Document | None) -> _Body:
        return _Body.parse(found.data, self._ttl) if found is not None else _Body("", None, 0.0, 0.0)

    def _lost(self, found: Document | None) -> LostLock:
        self._run = None
        holder = self._parsed(found).holder
        if holder is None:
            return LostLock("the lock was broken" if found is not None else f"the document {LOCK} is gone")
        return LostLock(f"another run took it over: {holder.who or 'unknown'} ({holder.id or 'no ID'})")

    def _stays(self, run_id: str) -> Failure:
        return Failure(
            Cause.STATE_UNWRITABLE,
            f"cannot free the lock of the state in {self._documents.place}",
            detail=f"The run {run_id or 'without an ID'} has it.",
            hint=f"It ends by itself {self._ttl:g} seconds after it was last renewed.",
        )
