"""The audit log of a state directory: a file that is only ever appended to.

audit.jsonl   one line each; a last one without its newline was being written when its run died
audit.last    number and hash of the last line: shows where lines were cut off
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict

from reconciler.model.auditing.entry import Anchor
from reconciler.statestore.audit.lines import parse
from reconciler.statestore.audit.reading import AuditLog
from reconciler.statestore.audit.trail import Trail, trail_of
from reconciler.statestore.local.failures import writing
from reconciler.statestore.local.folder import Folder

AUDIT = "audit.jsonl"
AUDIT_LAST = "audit.last"


class AuditFile:
    """The log of a directory whose lock is held. It is opened when the first line is written."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._fd: int | None = None
        last = _last(folder)
        content = folder.read(AUDIT)
        intact, self._torn = _split(content)
        self._intact, self._is_new = intact, content is None
        self.trail: Trail = trail_of(_lines(intact), last)

    def append(self, line: str) -> None:
        """Add a line. It is on disk when this returns, and so is what shows that it is the last one."""
        if self._fd is None:
            self._fd = self._open()
        with writing("write", self._folder.path / AUDIT):
            self._folder.write_all(self._fd, line.encode("ascii") + b"\n")
            self._folder.files.fsync(self._fd)
        self._folder.replace(AUDIT_LAST, json.dumps(asdict(parse(line).anchor)).encode() + b"\n")

    def fill(self, lines: Sequence[str]) -> None:
        """Replace the whole log by these lines."""
        self.close()
        self._folder.replace(AUDIT, "".join(f"{line}\n" for line in lines).encode("ascii"))
        self._torn, self._is_new = b"", False
        self.trail = trail_of(lines)

    def close(self) -> None:
        """Close the file."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with writing("close", self._folder.path / AUDIT):
                self._folder.files.close(fd)

    def _open(self) -> int:
        if self._torn:
            self._folder.replace(AUDIT, self._intact)
        self._torn, self._intact = b"", b""
        with writing("open", self._folder.path / AUDIT):
            flags = os.O_WRONLY | os.O_APPEND | (os.O_CREAT | os.O_EXCL if self._is_new else 0)
            self._is_new = False
            return self._folder.files.open(AUDIT, flags, self._folder.fd)


def read_log(folder: Folder) -> AuditLog:
    """Return the log. What says where it ends is read first: others may be writing."""
    last = _last(folder)
    there = last is not None or folder.read(AUDIT_LAST) is None
    intact, torn = _split(folder.read(AUDIT))
    lines = _lines(intact)
    lost = [] if there else [f"{AUDIT_LAST} was altered: it names no entry"]
    lost += [f"{AUDIT_LAST} is missing"] if lines and there and last is None else []
    notes = ["a last line that is not complete does not count: its run died while writing it"] if torn else []
    return AuditLog(tuple(lines), last, tuple(lost), tuple(notes))


def _last(folder: Folder) -> Anchor | None:
    """Return the anchor of the last line, or `None`. One that is damaged counts as none."""
    data = folder.read(AUDIT_LAST)
    if data is None:
        return None
    try:
        raw = json.loads(data)
        return Anchor(int(raw["number"]), str(raw["hash"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _split(content: bytes | None) -> tuple[bytes, bytes]:
    """Return the whole lines of a file, and what follows them."""
    whole, newline, torn = (content or b"").rpartition(b"\n")
    return whole + newline, torn


def _lines(data: bytes) -> list[str]:
    return data.decode("ascii", errors="replace").split("\n")[:-1]
