"""The head of a shared state: which snapshot counts, what happened since, and who wrote it last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.segments import NO_AUDIT, Audit, audit_from
from reconciler.statestore.shared.packing import packed, unpacked
from reconciler.statestore.text.fields import Unreadable, field
from reconciler.statestore.text.journal import Header
from reconciler.statestore.text.texts import dumps

HEAD = "head"
HEAD_VERSION = 1
_EARLIER = 8  # runs that are named


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a snapshot is: its chunks are `KEY/0`, `KEY/1`, …

    `size` is the length of its text in bytes, `digest` the SHA-256 of that text, `checksum` the one in it.
    """

    key: str
    serial: int
    chunks: int
    size: int
    digest: str
    checksum: str

    @property
    def documents(self) -> list[str]:
        """The keys of its chunks, in order."""
        return [f"{self.key}/{number}" for number in range(self.chunks)]


@dataclass(frozen=True, slots=True)
class Head:
    """`writer` and `step`: the run that wrote this, and how many heads it had written; no two are the same.

    `generations` are the snapshots that are kept, newest first; the first of them counts. The journal is the
    content of the documents `segments`, then `tail`. `moved_to`: the place where the state is now, if it
    was migrated. `earlier` are the last runs that had the state open before `writer`, as far as nothing was
    recorded since. `audit` is the end of the audit log.
    """

    lineage: str
    writer: str
    step: int = 0
    generations: tuple[Snapshot, ...] = ()
    segments: tuple[str, ...] = ()
    tail: str = ""
    moved_to: str = ""
    earlier: tuple[str, ...] = ()
    audit: Audit = NO_AUDIT

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot that counts; `None` before the first."""
        return self.generations[0] if self.generations else None

    @property
    def serial(self) -> int:
        """The serial of the snapshot that counts; 0 before the first."""
        return self.generations[0].serial if self.generations else 0

    @property
    def continues(self) -> Header:
        """The header of a journal that goes on from this snapshot."""
        return Header(self.lineage, self.serial, self.snapshot.checksum if self.snapshot else "")

    def opened_by(self, run: str) -> Head:
        """Return the head with which another run begins: it has recorded nothing yet."""
        return replace(self, writer=run, step=0, earlier=(*self.earlier, self.writer)[-_EARLIER:])

    def document(self) -> bytes:
        """Return the bytes to keep."""
        raw = {
            "head_version": HEAD_VERSION,
            "lineage": self.lineage,
            "serial": self.serial,
            "writer": self.writer,
            "step": self.step,
            "generations": [_raw(one) for one in self.generations],
            "segments": list(self.segments),
            "tail": self.tail,
            "moved_to": self.moved_to,
            **({"earlier": list(self.earlier)} if self.earlier else {}),
            **({"audit": self.audit.raw()} if self.audit != NO_AUDIT else {}),
        }
        return packed(dumps(raw).encode("ascii") + b"\n")

    @classmethod
    def parse(cls, data: bytes) -> Head:
        """Read it back. Raises `Unreadable`."""
        try:
            raw = json.loads(unpacked(data))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"it is not JSON: {error}") from error
        if type(raw) is not dict:
            raise Unreadable("it is not an object")
        _check_version(raw)
        try:
            return _head(raw)
        except ValueError as error:
            raise Unreadable(str(error)) from error


def _raw(one: Snapshot) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Snapshot.__slots__}


def _check_version(raw: Mapping[str, Any]) -> None:
    version = raw.get("head_version")
    if type(version) is not int:
        raise Unreadable("it has no head_version")
    if version > HEAD_VERSION:
        raise Unreadable(f"it is of format {version}; known is {HEAD_VERSION}", newer=True)


def _head(raw: Mapping[str, Any]) -> Head:
    lineage = field(raw, "lineage", str)
    if not lineage:
        raise ValueError("it has no lineage")
    return Head(
        lineage,
        field(raw, "writer", str),
        field(raw, "step", int),
        tuple(map(_snapshot, field(raw, "generations", list))),
        tuple(map(str, field(raw, "segments", list))),
        field(raw, "tail", str),
        field(raw, "moved_to", str, ""),
        tuple(map(str, field(raw, "earlier", list, []))),
        audit_from(field(raw, "audit", dict, {})),
    )


def _snapshot(raw: object) -> Snapshot:
    if not isinstance(raw, dict):
        raise ValueError("one of its generations is not an object")
    texts = {name: field(raw, name, str) for name in ("key", "digest", "checksum")}
    numbers = {name: field(raw, name, int) for name in ("serial", "chunks", "size")}
    return Snapshot(**texts, **numbers)
