"""What one session writes to the audit log, and says of the snapshots that it saves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.auditing.entry import UNEXPECTED, Begun, BrokenLock, Counts, Ended
from reconciler.model.auditing.origin import Origin, unknown
from reconciler.model.state import Saved, State
from reconciler.statestore.audit.lines import BEGUN, ENDED, RECORDED, UNLOCKED, line_text
from reconciler.statestore.audit.trail import Trail
from reconciler.statestore.holder import LockInfo, utc

_LONGEST = 1000  # characters of a text that somebody typed


class Scribe:
    """Makes the lines of one run, in order. A line counts once `wrote` was called with it.

    `origin` is asked once, when it is first needed. `now` gives seconds since the epoch.
    """

    def __init__(
        self,
        run: LockInfo,
        trail: Trail,
        origin: Callable[[], Origin] = unknown,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.trail = trail
        self.has_begun = False
        self._run = run
        self._ask, self._now = origin, now
        self._known: Origin | None = None

    @property
    def is_open(self) -> bool:
        """Whether this run has begun, and its end is not written."""
        return self.has_begun and self.trail.open is not None

    def saved(self) -> Saved:
        """Return what a snapshot says of who saves it now."""
        last = self.trail.last
        return Saved(
            utc(self._now()),
            self._run.who,
            self._run.operation,
            self._origin.revision,
            last if last.number else None,
        )

    def unfinished(self) -> str | None:
        """Return the line that closes the entry of a run that never said how it ended, or `None`."""
        left = self.trail.open
        if left is None or self.has_begun:
            return None
        return self._ending(left.number, UNEXPECTED, Counts(), left.values.get("serial"))

    def begun(self, begun: Begun, state: State) -> str:
        """Return the line of a run that is about to write."""
        raw = {
            "plan": {"fingerprint": begun.fingerprint, "digest": begun.digest},
            "approvals": [asdict(one) for one in begun.approvals],
            "broken_freeze": begun.broken_freeze[:_LONGEST] or None,
            "serial": state.serial,
            "lineage": state.lineage,
        }
        return self._line(BEGUN, {**self._whole(), **raw})

    def ended(self, ended: Ended, serial: int) -> str:
        """Return the line of the end of this run, which leaves the state at this serial."""
        number = self.trail.open.number if self.trail.open is not None else 0
        return self._ending(number, ended.outcome, ended.counts, serial)

    def recorded(self, state: State, serial: int) -> str:
        """Return the line of a run that writes to no cluster: it saves this serial in place of `state`."""
        raw = {"serial": state.serial, "serial_after": serial, "lineage": state.lineage}
        return self._line(RECORDED, {**self._whole(), **raw})

    def unlocked(self, broken: BrokenLock, state: State) -> str:
        """Return the line of a run that freed the lock of another, and leaves the state as it is."""
        serials = {"serial": state.serial, "serial_after": state.serial, "lineage": state.lineage}
        return self._line(UNLOCKED, {**self._whole(), **serials, "broken_lock": asdict(broken)})

    def wrote(self, line: str) -> None:
        """Take a line for written."""
        self.trail = self.trail.after(line)
        self.has_begun = self.has_begun or self.trail.open is not None

    def _ending(self, of: int, outcome: str, counts: Counts, serial: object) -> str:
        raw = {"of": of, "outcome": outcome, "counts": asdict(counts), "serial_after": serial}
        return self._line(ENDED, {**self._who(), **raw})

    def _line(self, event: str, values: Mapping[str, Any]) -> str:
        last = self.trail.last
        raw = {"event": event, "at": utc(self._now()), **values}
        return line_text(raw, last.number + 1, last.hash)

    def _who(self) -> dict[str, Any]:
        run = self._run
        return {"run": run.id, "by": run.who, "operation": run.operation, "version": run.version}

    def _whole(self) -> dict[str, Any]:
        origin = self._origin
        return {
            **self._who(),
            "actor": asdict(origin.actor) if origin.actor is not None else None,
            "revision": asdict(origin.revision) if origin.revision is not None else None,
        }

    @property
    def _origin(self) -> Origin:
        if self._known is None:
            self._known = self._ask()
        return self._known
