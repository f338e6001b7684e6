"""A session over any medium that can append a line and replace a snapshot."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from reconciler.model.auditing.entry import ERROR, Begun, BrokenLock, Ended
from reconciler.model.failure import Failure
from reconciler.model.state import Owner, Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import leaves
from reconciler.statestore.audit.scribe import Scribe
from reconciler.statestore.audit.trail import Trail, trail_of
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.text import codec

Veil = Callable[[Recorded], Recorded]


class Medium(Protocol):
    """Where a session's lines and snapshots go. Every method raises `Failure` where it cannot do it."""

    async def append(self, payload: str, *, durable: bool) -> None:
        """Add one journal line; with `durable` it is on disk before this returns."""
        ...

    async def save(self, snapshot: bytes, state: State) -> None:
        """Make this the snapshot, all or nothing, and begin without a journal.

        Right after `drop_journal` it may be another State altogether: of another lineage, any higher serial.
        """
        ...

    @property
    def trail(self) -> Trail:
        """Where the audit log ended when the session was opened."""
        ...

    async def log(self, line: str) -> None:
        """Add a line to the audit log. It is there for good, at the latest, after `check` or a write."""
        ...

    async def copy_log(self, lines: Sequence[str]) -> None:
        """Make these the lines of the audit log, in place of any."""
        ...

    async def rewrite(self, change: Callable[[bytes], bytes | None]) -> int:
        """Replace each kept generation by what this makes of it (`None`: leave it); gives how many were.

        One of which this raises `fields.Unreadable` is left alone.
        """
        ...

    async def drop_journal(self) -> None:
        """Remove the journal: it adds nothing to the snapshot."""
        ...

    async def leave(self, to: str) -> None:
        """Record that the State is in another place now: who reads it here is sent there. The last call."""
        ...

    async def check(self) -> None:
        """Raise where the lock is lost, and nothing more may be written anywhere."""
        ...

    async def rescue(self, payload: str) -> None:
        """Keep the line of a session that failed, where there is another place than the one that failed."""
        ...

    async def release(self) -> None:
        """Give the lock back. Frees everything even where it raises."""
        ...


class JournaledSession:
    """Implements `Session`: keeps the ledger, and stops for good at the first failure of its medium.

    `scribe` writes the audit log, and says who saves a snapshot, and when.
    """

    def __init__(self, medium: Medium, ledger: Ledger, scribe: Scribe) -> None:
        self._medium = medium
        self._ledger = ledger
        self._scribe = scribe
        self.unlogged = ""
        self._failure: Failure | None = None
        self._closed = False
        self._intended: set[Address] = set()

    @property
    def state(self) -> State:
        """The State as recovered when the session was opened, or as last committed."""
        return self._ledger.state

    async def close_unfinished(self) -> None:
        """Close the entry of a run that never said how it ended. The first call of a session."""
        line = self._scribe.unfinished()
        if line is not None:
            await self._log(line)

    async def began(self, begun: Begun) -> None:
        """Record in the audit log that this run is about to write."""
        self._check()
        await self._log(self._scribe.begun(begun, self.state))

    async def unlocked(self, broken: BrokenLock) -> None:
        """Record in the audit log that this run freed the lock of another."""
        self._check()
        await self._log(self._scribe.unlocked(broken, self.state))

    async def intent(self, recorded: Recorded) -> None:
        """Keep, on disk, that the call named by `recorded.pending` is about to be made."""
        if recorded.pending is None:
            raise ValueError(f"an intent for {recorded.address} must name its action in `pending`")
        self._check()
        self._intended.add(recorded.address)
        await self._put("intent", recorded, durable=True)

    async def applied(self, recorded: Recorded) -> None:
        """Record that an object is now as `recorded` says; durable where its intent was."""
        self._check_open()
        durable = recorded.address in self._intended
        await self._put("applied", recorded, durable=durable)
        self._intended.discard(recorded.address)

    async def removed(self, address: Address) -> None:
        """Drop the record: the object was deleted or is no longer managed."""
        self._check_open()
        await self._append(self._ledger.removed(address), durable=address in self._intended)
        self._intended.discard(address)

    async def check(self) -> None:
        """Raise `Failure` where the lock is lost or recording failed: nothing may be written anywhere."""
        self._check()
        try:
            await self._medium.check()
        except Failure as failure:
            self._failure = failure
            raise

    async def saw_cluster(self, cluster: RecordedCluster) -> None:
        """Record a cluster that answered."""
        self._check()
        await self._append(self._ledger.saw_cluster(cluster))

    async def forget_cluster(self, name: str) -> None:
        """Drop a cluster that is no longer needed."""
        self._check()
        await self._append(self._ledger.forget_cluster(name))

    async def owned(self, owner: Owner) -> None:
        """Record that the State belongs to this configuration."""
        self._check()
        await self._append(self._ledger.owned(owner))

    async def veil_generations(self, veil: Veil) -> int:
        """Rewrite the kept generations with digests in place of what `veil` makes sensitive leaves of.

        Gives how many were. To be called before the records themselves are veiled, so that a run that dies in
        between is repeated.
        """
        self._check()

        def veiled(data: bytes) -> bytes | None:
            state = codec.decode(data)
            resources = {address: veil(one) for address, one in state.resources.items()}
            if not any(leaf.known for one in resources.values() for leaf in leaves(one.body)):
                return None
            seal = state.seal or self._ledger.seal()
            return codec.encode(replace(state, resources=resources, seal=seal))

        try:
            return await self._medium.rewrite(veiled)
        except Failure as failure:
            self._failure = failure
            raise

    async def commit(self, ended: Ended | None = None) -> State:
        """Fold what was recorded into a new snapshot, unless it would say the same as the last one.

        `ended` is what the audit log is to say of the run; `unlogged` says where it could not.
        """
        self._check()
        try:
            if ended is not None:
                await self._finish(ended)
            if self._ledger.changed:
                await self._save()
            else:
                await self._medium.drop_journal()
                self._ledger.settled()
        except Failure as failure:
            self._failure = failure
            raise
        return self.state

    async def replace(self, state: State) -> State:
        """Take a whole State in place of what is recorded, and commit it.

        What was recorded and not committed becomes a generation first, so that no journal is there when the
        new snapshot is: nothing that a run which died leaves would be taken for part of the new State.
        """
        await self.commit()
        try:
            self._ledger.take(state)
            await self._save()
        except Failure as failure:
            self._failure = failure
            raise
        return self.state

    async def copy(self, states: Sequence[State], audit: Sequence[str] = ()) -> None:
        """Take these as the kept generations of a place that has none, oldest first; the last one counts."""
        self._check()
        try:
            await self._copy_log(audit, states[-1])
            for state in states:
                await self._medium.save(codec.encode(state), state)
        except Failure as failure:
            self._failure = failure
            raise
        self._ledger = Ledger(states[-1], states[-1])

    async def leave(self, to: str) -> None:
        """Record that the State is in another place now: who reads it here is sent there."""
        self._check()
        try:
            await self._medium.leave(to)
        except Failure as failure:
            self._failure = failure
            raise

    async def close(self) -> None:
        """Release the lock; what was not committed stays in the journal. May be repeated."""
        if not self._closed:
            self._closed = True
            try:
                await self._end_with_error()
            finally:
                await self._medium.release()

    async def _save(self) -> None:
        """Save the snapshot. Nothing is replaced before the new text has been read back as a State."""
        if not self._scribe.has_begun:
            await self._log(self._scribe.recorded(self.state, self.state.serial + 1))
        snapshot = self._ledger.next_snapshot(self._scribe.saved())
        state = codec.decode(snapshot)
        await self._medium.save(snapshot, state)
        self._ledger.saved(state)

    async def _finish(self, ended: Ended) -> None:
        """Record how the run ended. What was done is recorded in the state also where this fails."""
        try:
            await self._log(self._scribe.ended(ended, self.state.serial + self._ledger.changed))
        except Failure as failure:
            self.unlogged = failure.summary

    async def _end_with_error(self) -> None:
        if self._scribe.is_open and not self.unlogged:
            with contextlib.suppress(Failure):  # the next run that writes closes the entry
                await self._log(self._scribe.ended(Ended(ERROR), self.state.serial))

    async def _copy_log(self, lines: Sequence[str], state: State) -> None:
        await self._medium.copy_log(lines)
        self._scribe.trail = trail_of(lines)
        await self._log(self._scribe.recorded(state, state.serial))

    async def _log(self, line: str) -> None:
        await self._medium.log(line)
        self._scribe.wrote(line)

    async def _put(self, op: str, recorded: Recorded, *, durable: bool = False) -> None:
        line = self._ledger.put(op, recorded)
        key = self._ledger.fresh_key()
        if key is not None:
            await self._append(key, durable=True)
        await self._append(line, durable=durable)

    async def _append(self, payload: str, *, durable: bool = False) -> None:
        """Hand a line to the medium; after a failure it is kept elsewhere, where that is possible."""
        if self._failure is not None:
            await self._medium.rescue(payload)
            raise self._failure
        try:
            await self._medium.append(payload, durable=durable)
        except Failure as failure:
            self._failure = failure
            raise

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._check_open()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("this session is closed")
