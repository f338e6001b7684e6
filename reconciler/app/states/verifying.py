"""Whether a state is what it should be: all that is stored, its place in the audit log, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.app.options import Options
from reconciler.app.states.places import own_store
from reconciler.app.workspace.configuring import (
    Configuration,
    claimed_place,
    read_configuration,
    state_place,
)
from reconciler.app.workspace.opening import open_workspace
from reconciler.app.workspace.ownership import claim
from reconciler.engine.guards import check_owner
from reconciler.model.auditing.entry import Entry
from reconciler.model.failure import Failure
from reconciler.model.state import Check, State
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.lines import RECORDED
from reconciler.statestore.audit.reading import AuditLog, entries, has
from reconciler.statestore.ports import StateStore

_LOG = "the audit log"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read in `place` to verify it."""

    place: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no part has a problem."""
        return not any(check.problem for check in self.checks)


async def verify_state(options: Options) -> Verified:
    """Read everything that is stored, and compare it with what else knows of this state: the audit log, the
    configuration, and the marks on its clusters, where they are kept. Raises `Failure` where the place cannot
    be reached.
    """
    states = own_store(options)
    before = await _log(states)  # read first: others may be writing
    checks = list(await states.verify())
    state = await _state(states)
    if state is not None and state.serial:
        checks += _outlived(before, state, unfinished=await _is_unfinished(states, state))
        checks += _unknown_to(await _log(states), state)
        checks += await _of_others(options, state)
    return Verified(states.place, tuple(checks))


async def _log(states: StateStore) -> AuditLog:
    try:
        return await states.audit()
    except Failure:  # what is wrong with the state says why
        return AuditLog()


async def _state(states: StateStore) -> State | None:
    try:
        return await states.read()
    except Failure:  # the checks say so
        return None


async def _is_unfinished(states: StateStore, state: State) -> bool:
    """Say whether a run recorded something after the last snapshot."""
    try:
        return await states.generation(state.serial) != state
    except Failure:
        return True


def _outlived(log: AuditLog, state: State, *, unfinished: bool) -> Iterator[Check]:
    """Yield that the log knows of a newer state. A run writes its end there before it saves the snapshot."""
    last = next(reversed(entries(log.lines)), None)
    serial = _left(last)
    if last is None or serial <= state.serial + unfinished or last.lineage != state.lineage:
        return
    said = f"its last entry ({last.operation}, {last.at}, by {last.by}) says serial {serial}"
    if last.outcome == RECORDED and serial == state.serial + 1:
        yield Check(_LOG, f"{said}: that command died before it saved, or the state is an older one")
        return
    yield Check(_LOG, "", f"{said}, and the state is at serial {state.serial}: it is an older one\n{_OLDER}")


_OLDER = (
    "Put the newer one back where it is kept. If this one is to count, look at a plan with care: what was "
    "done since is not recorded in it."
)


def _left(last: Entry | None) -> int:
    """Return the serial at which a run left the state; where it never said so, at which it found it."""
    if last is None:
        return 0
    return last.serial if last.serial_after is None else last.serial_after


def _unknown_to(log: AuditLog, state: State) -> Iterator[Check]:
    """Yield that the log lacks the line which the state names: it is not the log of this state."""
    anchor = state.saved.audit if state.saved is not None else None
    if anchor is not None and log.lines and not has(log, anchor):
        yield Check(
            _LOG,
            "",
            f"it has no entry {anchor.number} as this state (lineage {state.lineage}) names it: the state is "
            "not the one that was saved here, or the log was changed. See `reconciler audit verify`.",
        )


async def _of_others(options: Options, state: State) -> list[Check]:
    """Return what the configuration, where there is one that can be read, has against this state."""
    try:
        configuration = read_configuration(options)
    except Failure:  # its problems are not those of the state
        return []
    owner = list(_owner(configuration, options, state))
    marked = configuration.operator.mark_clusters and not owner
    return [*owner, *(await _marks(configuration, options, state) if marked else ())]


def _owner(configuration: Configuration, options: Options, state: State) -> Iterator[Check]:
    """Yield that the state belongs to a configuration of another name. One without a name is known by more
    than the state alone: plans say that.
    """
    if state.owner is None or state.owner.name is None:
        return
    desired, place = configuration.desired, state_place(options, configuration.operator.state)
    asked = claim(configuration.files, desired, state, claimed_place(options, place))
    try:
        check_owner(asked, desired.resources, state)
    except Failure as failure:
        yield Check("the owner", "", _words(failure))


async def _marks(configuration: Configuration, options: Options, state: State) -> list[Check]:
    """Return what the marks on the clusters say, and which clusters do not show theirs."""
    try:
        async with open_workspace(configuration, state, options) as workspace:
            marks = workspace.marks
            try:
                await marks.check(state)
            except Failure as failure:
                return [Check("the marks on clusters", "", _words(failure))]
            return [
                Check(f"the mark on {name}", f"it cannot be read: {error.message}", unknown=True)
                for name, error in sorted(marks.seen.problems.items())
            ]
    except Failure as failure:
        return [Check("the marks on clusters", f"they cannot be read: {failure.summary}", unknown=True)]


def _words(failure: Failure) -> str:
    return "\n".join(filter(None, (failure.summary, failure.detail, failure.hint)))
