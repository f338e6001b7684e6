"""The audit log: what a run says of its end, and the log as a whole."""

from __future__ import annotations

from reconciler.app.options import Options
from reconciler.app.workspace.configuring import store
from reconciler.app.workspace.revision import revision_of
from reconciler.config.operating.reading import load_operator
from reconciler.model.auditing.counting import counts_of
from reconciler.model.auditing.entry import Anchor, Audited, Ended, Entry
from reconciler.model.auditing.origin import Revision
from reconciler.model.event import Outcome
from reconciler.model.plan import Plan
from reconciler.model.verdict.applies import apply_verdict
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.reading import breaks, entries
from reconciler.statestore.audit.trail import trail_of
from reconciler.statestore.ports import Session, StateStore


@dataclass(frozen=True, slots=True)
class Listed:
    """The runs in the audit log of the state in `place`, oldest first."""

    place: str
    entries: tuple[Entry, ...]


async def audit_list(options: Options) -> Listed:
    """Return the runs in the audit log. Raises `Failure` where it cannot be reached."""
    states = _own(options)
    return Listed(states.place, tuple(entries((await states.audit()).lines)))


async def audit_verify(options: Options) -> Audited:
    """Read the whole audit log, and say where it is not what was written.

    Every kept snapshot names the last line of the time when it was saved, and must find it. Raises `Failure`
    where the log cannot be reached.
    """
    states = _own(options)
    kept = await _anchors(states)
    log = await states.audit()
    end = trail_of(log.lines).last.hash
    return Audited(states.place, len(log.lines), tuple(breaks(log, kept)), log.notes, end)


async def _anchors(states: StateStore) -> dict[str, Anchor]:
    """Return what the kept snapshots name. They are read before the log: others may be writing."""
    kept = await states.history()
    return {
        f"the snapshot of serial {one.serial}": one.saved.audit
        for one in kept
        if one.saved is not None and one.saved.audit is not None
    }


def revision(options: Options) -> Revision | None:
    """Return the git revision of the configuration; `None` where it is unknown."""
    return revision_of(options.root, options.paths, options.environ)


def as_ended(plan: Plan, outcome: Outcome) -> Ended:
    """Return what the audit log says of the end of an apply: the word of its verdict, and its counts."""
    return Ended(apply_verdict(plan, outcome).word.value, counts_of(outcome))


def unlogged(session: Session) -> tuple[str, ...]:
    """Return a sentence where the audit log could not take the end of this run."""
    why = session.unlogged
    return (f"the audit log does not say how this run ended: {why}",) if why else ()


def _own(options: Options) -> StateStore:
    return store(options, load_operator(options.root).state)
