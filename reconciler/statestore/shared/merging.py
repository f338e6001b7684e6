"""Going on from what a run did and could not record: the local file that it left."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.statestore.shared.failures import command
from reconciler.statestore.shared.medium import SharedMedium
from reconciler.statestore.shared.reading import Found
from reconciler.statestore.shared.rescue import Rescued, rescued
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.journal import replay


async def merged(folder: Path, found: Found, medium: SharedMedium) -> State:
    """Return the state with what earlier runs on this machine left, once that is recorded too.

    It is only taken where no other run wrote since: else raises `Failure`, and changes nothing.
    """
    state = found.state
    for one in _left(folder, found.head.lineage):
        if (one.run_id, one.journal.header) != (found.head.writer, found.head.continues):
            raise _overtaken(one)
        for line in one.journal.intact.splitlines()[1:]:
            await medium.append(line[9:].decode("ascii"), durable=False)
        await medium.flush()
        state = replay(state, one.journal.entries)
        one.path.unlink()
    return state


def _left(folder: Path, lineage: str) -> list[Rescued]:
    try:
        return list(rescued(folder, lineage))
    except (Unreadable, OSError) as error:
        raise Failure(
            Cause.STATE_UNREADABLE,
            f"cannot read what an earlier run left in {folder}: {error}",
            hint="Set the damaged file aside: the next plan reads the clusters.",
        ) from error


def _overtaken(one: Rescued) -> Failure:
    count = len(one.journal.entries)
    aside = command("mv", one.path, f"{one.path}.done")
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"an earlier run here left {count} record{'s' if count != 1 else ''} in {one.path}, "
        "and another run wrote to the state since",
        hint=f"Merge them with `reconciler state recover`, or give them up: {aside}",
    )
