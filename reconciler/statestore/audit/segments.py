"""The audit log of a state on a server: its last lines are in the head, the ones before in documents.

    audit/000041-1f2e3d4c   lines 41 and on; written once

A line costs no request: it is written with the head, which every step of a run replaces anyway, and in the
same moment as what it speaks of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.trail import Trail, trail_of
from reconciler.statestore.text.fields import field

AUDIT = "audit/"
IN_HEAD = 24 << 10  # characters of lines that a head holds


@dataclass(frozen=True, slots=True)
class Audit:
    """The keys of the documents of older lines, in order, and the lines that follow them."""

    segments: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def trail(self) -> Trail:
        """Where the log ends. The last line is never in a segment."""
        return trail_of(self.lines)

    @property
    def is_long(self) -> bool:
        """Whether lines are to be moved out of the head."""
        return len(self.lines) > 1 and sum(map(len, self.lines)) > IN_HEAD

    def raw(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"segments": list(self.segments), "lines": list(self.lines)}


NO_AUDIT = Audit()


def audit_from(raw: Mapping[str, Any]) -> Audit:
    """Return it from parsed JSON. Raises `ValueError`."""
    segments, lines = field(raw, "segments", list, []), field(raw, "lines", list, [])
    return Audit(tuple(map(str, segments)), tuple(map(str, lines)))


def content(lines: Sequence[str]) -> bytes:
    """Return the content of a document of these lines."""
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def lines_of(data: bytes) -> list[str]:
    """Return the lines of a document's content."""
    return data.decode("ascii", errors="replace").split("\n")[:-1]
