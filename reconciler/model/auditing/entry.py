"""What the audit log says of one run, and what is wrong with a log."""

from __future__ import annotations

from reconciler.model.auditing.origin import Actor, Revision
from reconciler.sdk.dataclass import dataclass

UNEXPECTED = "unexpected"  # the outcome of a run that never said how it ended
ERROR = "error"  # the outcome of a run that ended with an error before its end


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line of the log that is known from elsewhere: its number, and its hash."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Signed:
    """An approval: the name of the signer, and the fingerprint of the key."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What is known of a run before its first write. `broken_freeze` is the reason given for it."""

    fingerprint: str = ""
    digest: str = ""
    approvals: tuple[Signed, ...] = ()
    broken_freeze: str = ""


@dataclass(frozen=True, slots=True)
class BrokenLock:
    """The lock that `force-unlock` freed: the ID, user and operation of the run that held it, since when."""

    run: str
    by: str
    operation: str
    since: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many objects were added, changed, …"""

    added: int = 0
    changed: int = 0
    destroyed: int = 0
    adopted: int = 0
    failed: int = 0
    skipped: int = 0
    unconfirmed: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the word of its verdict, and what it did."""

    outcome: str
    counts: Counts = Counts()


@dataclass(frozen=True, slots=True)
class Entry:
    """One run in the log. `lines` are the numbers of its lines, `serial` is that of the state before it.

    `ended` is `None`, like `serial_after`, of a run that is active or died. `counts` is `None` where no
    cluster was written to. `broken_lock` is of a run that freed the lock of another. `hash` is that of its
    last line.
    """

    lines: tuple[int, ...]
    run: str
    operation: str
    at: str
    by: str
    actor: Actor | None
    revision: Revision | None
    version: str
    lineage: str
    begun: Begun
    serial: int
    ended: str | None = None
    outcome: str | None = None
    counts: Counts | None = None
    serial_after: int | None = None
    broken_lock: BrokenLock | None = None
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the log is not what was written. `line` counts from 1; `None` where it is no line."""

    line: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Audited:
    """What was read of the log in `place`: how many lines there are, and what is wrong with them. `notes` are
    no faults.
    """

    place: str
    lines: int
    breaks: tuple[Break, ...] = ()
    notes: tuple[str, ...] = ()
    hash: str = ""

    @property
    def ok(self) -> bool:
        """Whether every line is as it was written, and where it was."""
        return not self.breaks
