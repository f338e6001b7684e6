"""Who holds the lock of a state, for a run that finds it held."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, fields

from reconciler import __version__
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LockInfo:
    """Who holds a lock, for a run that finds it held. `created` is UTC, `path` the state file's."""

    id: str
    operation: str
    info: str
    who: str
    pid: int
    version: str
    created: str
    path: str

    def lines(self) -> str:
        """Return one line a field, for people; empty fields are left out."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return "\n".join(f"{_label(name):<10} {value}" for name, value in values if value != "")

    def document(self) -> bytes:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> LockInfo | None:
        """Read it back; `None` where the owner has not written it (yet)."""
        try:
            raw = json.loads(data)
            return cls(**{field.name: raw[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError):
            return None

    @classmethod
    def unknown(cls) -> LockInfo:
        """Return the info of a holder that cannot be read: every field empty."""
        return cls("", "", "", "", 0, "", "", "")


def _label(name: str) -> str:
    return f"{name.upper() if name in ('id', 'pid') else name.capitalize()}:"


def locked(owner: LockInfo | None) -> Failure:
    """Return the failure of a run that finds the lock held."""
    hint = "Wait for it to end: --lock-timeout 2m."
    if owner is not None and owner.id:
        hint += (
            " The lock of a process that dies is free at once; where it is certain that the run is dead and "
            f"its lock stays: reconciler force-unlock {owner.id}"
        )
    return Failure(
        Cause.STATE_LOCKED,
        "the state is locked by another run",
        detail=owner.lines() if owner else "The owner has not said who it is.",
        hint=hint,
    )


def this_run(operation: str, info: str, path: str, now: float) -> LockInfo:
    """Return who this process is, with an ID of its own. `now` is in seconds since the epoch."""
    import uuid

    return LockInfo(
        id=str(uuid.uuid4()),
        operation=operation,
        info=info,
        who=f"{_user()}@{os.uname().nodename}",
        pid=os.getpid(),
        version=__version__,
        created=utc(now),
        path=path,
    )


def utc(now: float) -> str:
    """Return a time in seconds since the epoch as `2026-11-30T05:17:37Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def taken_away(place: str) -> Failure:
    """Return the failure of a run whose lock was freed by another, or expired."""
    return Failure(
        Cause.STATE_LOCKED,
        f"this run no longer holds the lock of the state in {place}",
        hint="Nothing more is written. Make sure that no other run is active, then run apply again.",
    )


AT_ONCE = "The lock of a run that ends, or dies, is free at once; there is nothing to unlock."


def not_locked(hint: str = AT_ONCE) -> Failure:
    """Return the failure of freeing a lock that no one holds."""
    return Failure(Cause.USAGE, "the state is not locked", hint=hint)


def another_holds(owner: LockInfo, asked: str) -> Failure:
    """Return the failure of freeing the lock of another run than the one that holds it."""
    return Failure(
        Cause.STATE_LOCKED,
        f"the lock was not freed: no run with the ID {asked!r} holds it",
        detail=owner.lines(),
        hint="Give the ID of the run that holds it, exactly, once it is certain that this run is dead.",
    )


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return str(os.geteuid())
