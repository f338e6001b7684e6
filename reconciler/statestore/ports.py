"""What a place for State offers: read it without a lock, or open it for writing, one run at a time.

Everything is a coroutine so that stores behind a network fit the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from reconciler.model.auditing.entry import Begun, BrokenLock, Ended
from reconciler.model.state import Check, Generation, Owner, Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.reading import AuditLog
from reconciler.statestore.holder import LockInfo


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A local file with what a run could not record, and how many records are in it."""

    path: Path
    records: int


class StateReader(Protocol):
    """Gives the State without taking the lock and without writing anything."""

    async def read(self) -> State:
        """Return what is recorded now, a crashed run's journal included. Nothing recorded: an empty State.

        The result is the caller's own copy. Raises `Failure(STATE_UNREADABLE)` where what is stored
        cannot be trusted.
        """
        ...


class StateStore(StateReader, Protocol):
    """A reader that can also be opened for writing. Everything but `open` and `force_unlock` only reads."""

    @property
    def place(self) -> str:
        """Where the State is, for people: a path, `s3://bucket/prefix`. Holds no credential."""
        ...

    async def history(self) -> Sequence[Generation]:
        """Return the kept snapshots, newest first; the first is the one that counts now. Empty where none
        was saved.

        One that cannot be read is returned with its problem; raises `Failure` where they cannot be listed.
        """
        ...

    async def generation(self, serial: int) -> State:
        """Return a kept snapshot, or the one that counts now.

        Raises `Failure`: `USAGE` where there is none of this serial, `STATE_UNREADABLE` where it cannot be
        trusted.
        """
        ...

    async def verify(self) -> Sequence[Check]:
        """Read everything that is stored, and return what was read, with what is wrong with each part.

        Raises `Failure` only where the place itself cannot be reached.
        """
        ...

    async def audit(self) -> AuditLog:
        """Return the audit log as it is, without checking it; without lines where none was written.

        Raises `Failure` where the place cannot be reached, or says that the State was moved.
        """
        ...

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock, or `None`. A holder that cannot be read has empty fields."""
        ...

    async def seen_holder(self) -> LockInfo | None:
        """Return who holds the lock, as `holder` does, where that can be seen without asking for the lock;
        else `None`. For runs that only read.
        """
        ...

    def left_over(self, state: State) -> Sequence[LeftOver]:
        """Return what earlier runs on this machine did and could not record in this State.

        The next session takes it in. Raises `Failure(STATE_UNREADABLE)` where it cannot be read.
        """
        ...

    async def force_unlock(self, run_id: str) -> LockInfo:
        """Free the lock of the run with exactly this ID; return who held it. That run, where it is still
        alive, writes nothing more.

        Raises `Failure`: `USAGE` where no one holds the lock, `STATE_LOCKED` where another run does.
        """
        ...

    async def clear(self) -> None:
        """Remove what a State left that was moved away, so that a State can come here.

        Raises `Failure(USAGE)` where nothing was moved away.
        """
        ...

    async def open(self, operation: str, info: str = "") -> Session:
        """Take the lock, recover a crashed run's journal, and prove that writing works.

        `operation` and `info` are shown to a run that finds the lock held. Raises `Failure` with
        `STATE_LOCKED`, `STATE_UNREADABLE` or `STATE_UNWRITABLE`.
        """
        ...

    async def open_damaged(self, operation: str) -> Session:
        """Do the same to put another State in the place of one that cannot be read: nothing is recorded then.
        Raises as `open`.
        """
        ...


class Session(Protocol):
    """One run's exclusive use of a store. After a lost lock or a failed write every further call raises.

    It can be given to the engine as its recorder.
    """

    @property
    def state(self) -> State:
        """The State as recovered when the session was opened, or as last committed."""
        ...

    @property
    def unlogged(self) -> str:
        """Why the audit log does not say how this run ended; empty where it does, or the run goes on."""
        ...

    async def check(self) -> None:
        """Raise `Failure` where the lock is lost or recording failed: nothing may be written anywhere."""
        ...

    async def began(self, begun: Begun) -> None:
        """Record in the audit log, before anything else, that this run is about to write to clusters.

        It is there for good once the first intent is. A run that only commits needs none: its entry is
        written with the snapshot.
        """
        ...

    async def unlocked(self, broken: BrokenLock) -> None:
        """Record in the audit log that this run freed the lock of another: for good once `close` returns."""
        ...

    async def intent(self, recorded: Recorded) -> None:
        """Keep, on disk before it returns, that the call named by `recorded.pending` is about to be made.

        Until an outcome follows, the record carries that `pending`. Raises `ValueError` where it is `None`.
        """
        ...

    async def applied(self, recorded: Recorded) -> None:
        """Record that an object is now as `recorded` says. On disk as soon as it returns."""
        ...

    async def removed(self, address: Address) -> None:
        """Drop the record: the object was deleted or is no longer managed."""
        ...

    async def saw_cluster(self, cluster: RecordedCluster) -> None:
        """Record a cluster that answered."""
        ...

    async def forget_cluster(self, name: str) -> None:
        """Drop a cluster: nothing recorded is on it any more."""
        ...

    async def owned(self, owner: Owner) -> None:
        """Record that the State belongs to this configuration."""
        ...

    async def veil_generations(self, veil: Callable[[Recorded], Recorded]) -> int:
        """Keep digests in the older snapshots too, in place of what `veil` makes sensitive leaves of.

        Return how many snapshots were rewritten. To be called before the records are veiled.
        """
        ...

    async def commit(self, ended: Ended | None = None) -> State:
        """Fold what was recorded into a new snapshot, its serial one higher.

        `ended` is what the audit log is to say of a run that `began`. Where it cannot, the snapshot is saved
        all the same, and `unlogged` says why.

        Where nothing differs from the last snapshot that one stays. Where the new one cannot be written the
        journal stays, and the failure says so.
        """
        ...

    async def replace(self, state: State) -> State:
        """Take a whole State in place of what is recorded, and commit it as the next serial.

        That is one above the recorded serial, or the State's own where that is higher still. Its lineage is
        taken as it is; one without a lineage gets the recorded one. What was recorded and not committed is
        committed before, so that the history has it.
        """
        ...

    async def copy(self, states: Sequence[State], audit: Sequence[str] = ()) -> None:
        """Take these as the kept generations of a place that has none, oldest first; the last one counts.

        Serials and lineage are kept. `audit` are the lines of the audit log so far, oldest first.
        """
        ...

    async def leave(self, to: str) -> None:
        """Record that the State is in another place now: a later run that reads it here raises
        `Failure(FOREIGN_STATE)`, which names that place. The last call before `close`.
        """
        ...

    async def close(self) -> None:
        """Release the lock. What was not committed stays in the journal for the next run. May be repeated."""
        ...
