"""Where the audit log ends: what its next line goes on from."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.auditing.entry import Anchor
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.lines import BEGUN, Line, parse
from reconciler.statestore.text.fields import Unreadable


@dataclass(frozen=True, slots=True)
class Trail:
    """The last line's anchor, and that line where it begins a run whose end is not written."""

    last: Anchor = Anchor(0, "")
    open: Line | None = None

    def after(self, text: str) -> Trail:
        """Return where the log ends once this line is written."""
        line = parse(text)
        return Trail(line.anchor, line if line.event == BEGUN else None)


def trail_of(lines: Sequence[str], kept: Anchor | None = None) -> Trail:
    """Return where a log ends. `kept` is the last line's anchor as it is known from elsewhere.

    A log that was cut off or damaged is gone on with as if it had not been, so that the gap stays visible:
    after a last line that cannot be read, the numbers go on from the last one that can.
    """
    least = kept or Anchor(0, "")
    if not lines:
        return Trail(least)
    try:
        found = Trail().after(lines[-1])
    except Unreadable:
        return Trail(max(least, Anchor(_number(lines), ""), key=lambda one: one.number))
    return found if found.last.number >= least.number else Trail(least)


def _number(lines: Sequence[str]) -> int:
    """Return the number of the last line, counted from the last one that can be read."""
    for behind, text in enumerate(reversed(lines)):
        try:
            return parse(text).number + behind
        except Unreadable:
            continue
    return len(lines)
