"""Going on from what a run did and could not record: the local file that it left."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.secrets.sensitive import SEALED
from reconciler.statestore.shared.head import Head
from reconciler.statestore.shared.medium import SharedMedium
from reconciler.statestore.shared.reading import Found
from reconciler.statestore.shared.rescue import Rescued, rescued
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.journal import Drop, Entry, MadeKey, Put, Scan, replay
from reconciler.statestore.text.printed import command


@dataclass(frozen=True, slots=True)
class Merged:
    """A state with what earlier runs left, the files that it came from, and what was passed over."""

    state: State
    files: tuple[Path, ...] = ()
    passed_over: tuple[Address, ...] = ()


async def merged(folder: Path, found: Found, medium: SharedMedium, *, overtaken: bool = False) -> Merged:
    """Return the state with what earlier runs on this machine left, once that is recorded too.

    Where another run wrote since, this raises `Failure`, and changes nothing; with `overtaken` it takes what
    is not older than what is recorded now.
    """
    state, files, passed = found.state, [], []
    for one in left(folder, found.head.lineage):
        lines = one.journal.intact.splitlines()[1:]
        went_on = not _is_last(one, found.head)
        if went_on and not overtaken:
            raise _overtaken(one)
        for line, entry in zip(lines, one.journal.entries, strict=True):
            if went_on and (_is_older(entry, state) or _is_foreign(line, one.journal, state)):
                passed += [_address(entry)]
                continue
            await medium.append(line[9:].decode("ascii"), durable=False)
            state = replay(state, [entry])
        await medium.flush()
        one.path.unlink()
        files.append(one.path)
    return Merged(state, tuple(files), tuple(address for address in passed if address is not None))


def _is_last(one: Rescued, head: Head) -> bool:
    """Say whether nothing was recorded since the run that left this."""
    return one.run_id in (head.writer, *head.earlier) and one.journal.header == head.continues


def _is_older(entry: Entry, state: State) -> bool:
    """Say whether something else was recorded since. Of what says no version that cannot be excluded.

    A key of sensitive values is taken where there is none yet: digests that follow were made with it.
    """
    if isinstance(entry, MadeKey):
        return state.seal is not None
    if not isinstance(entry, Put | Drop):
        return True
    now = state.resources.get(entry.recorded.address if isinstance(entry, Put) else entry.address)
    if now is None:
        return isinstance(entry, Drop)
    return isinstance(entry, Drop) or entry.recorded.version < now.version


def _is_foreign(line: bytes, journal: Scan, state: State) -> bool:
    """Say whether a line has digests that were made with another key than the one recorded now."""
    keys = [entry.seal for entry in journal.entries if isinstance(entry, MadeKey)]
    return f'"{SEALED}"'.encode() in line and any(key != state.seal for key in keys)


def _address(entry: Entry) -> Address | None:
    match entry:
        case Put(recorded):
            return recorded.address
        case Drop(address):
            return address
    return None


def left(folder: Path, lineage: str) -> list[Rescued]:
    """Return what earlier runs on this state left here. Raises `Failure` for what cannot be read."""
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
