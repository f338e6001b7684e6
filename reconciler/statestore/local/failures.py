"""The failures of a store, worded once: what, where, why, and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.causes import MORE_FILES, out_of_files
from reconciler.statestore.text.printed import command

_ADVICE = {
    errno.ENOSPC: "Free some space on that file system, then run again: nothing that was recorded is lost.",
    errno.EDQUOT: "Raise the quota or free some space, then run again: nothing that was recorded is lost.",
    errno.EFBIG: "Raise the limit on file sizes (`ulimit -f`), then run again.",
    errno.EROFS: "It is mounted read-only: mount it writable, or choose another state directory.",
    errno.EACCES: "Give this user the right to write there, or choose another state directory.",
    errno.EPERM: "Give this user the right to write there, or choose another state directory.",
    errno.EIO: "The disk reports errors: check it, and copy the state directory to a safe place first.",
    errno.ELOOP: "It is a symbolic link, and links are not followed here: put the real file in its place.",
    errno.EISDIR: "Move it away; where it took the place of a real file, put that back.",
    errno.ENOTDIR: "Move it away, or choose another state directory.",
    errno.ENOLCK: "This file system cannot lock files: choose a state directory on one that can.",
    errno.ENOTSUP: "This file system cannot do it: choose a state directory on one that can.",
}


def _advice(error: OSError, otherwise: str) -> str:
    return MORE_FILES if out_of_files(error) else _ADVICE.get(error.errno or 0, otherwise)


def unwritable(what: str, path: Path, error: OSError) -> Failure:
    """Return the failure of a call that writes: `what` completes "cannot ..."."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot {what} {path}: {_reason(error)}",
        hint=_advice(error, "Make it writable, then run again."),
    )


def unreadable(path: Path, error: OSError) -> Failure:
    """Return the failure of a call that reads."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot read {path}: {_reason(error)}",
        hint=_advice(error, "Make it readable for this user, then run again."),
    )


@contextmanager
def writing(what: str, path: Path) -> Iterator[None]:
    """Name every `OSError` of a call that writes."""
    try:
        yield
    except OSError as error:
        raise unwritable(what, path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name every `OSError` of a call that reads."""
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from error


def unsafe(path: Path, why: str, hint: str) -> Failure:
    """Return the failure for a file or directory with which others can steer what we write."""
    return Failure(Cause.STATE_UNWRITABLE, f"{path} is not safe to use: {why}", hint=hint)


def moved(path: Path, place: str | None) -> Failure:
    """Return the failure for a directory that is no longer at its path. `place` is where it is now, if that
    is known.
    """
    detail = (
        f"It is now at {place}, and what this run did is recorded there."
        if place
        else "What this run did is recorded nowhere now."
    )
    hint = (
        f"Put it back, then run the same command again: {command('mv', place, path)}"
        if place
        else "Run the same command again: it reads the clusters, and adopts what is there already."
    )
    summary = f"the state directory {path} was moved, removed or replaced while this run used it"
    return Failure(Cause.STATE_UNWRITABLE, summary, detail=f"{detail} Nothing more is done.", hint=hint)


def damaged(path: Path, why: str, hint: str, detail: str = "") -> Failure:
    """Return the failure for stored data that cannot be trusted."""
    return Failure(Cause.STATE_UNREADABLE, f"{path} cannot be used: {why}", hint=hint, detail=detail)


def restore(generation: Path | None, target: Path) -> str:
    """Return how to restore the newest valid generation, where there is one."""
    if generation is not None:
        how = command("cp", generation, target)
        return f"The newest valid generation is {generation}. Restore it with: {how}"
    return (
        f"No valid generation is left beside it. Restore {target} from a backup, or move the whole directory "
        "away: the next plan then adopts what it finds on the clusters."
    )


def _reason(error: OSError) -> str:
    if out_of_files(error):
        return out_of_files(error)
    if error.errno == errno.ELOOP:
        return "it is a symbolic link"
    if error.errno == errno.EISDIR and error.strerror == os.strerror(errno.EISDIR):
        return "it is a directory, not a regular file"
    return error.strerror or str(error)
