"""Problems found in what the user wrote, with the place where they are."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.dataclass import dataclass


class Severity(Enum):
    """An error stops the run; a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file. `line` and `column` count from 1; 0 means that the whole file is meant.

    `file` is as the user would write it (relative to the working directory where possible).
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `summary` is one line; `hint` says what to do; `code` is a stable word.

    `source` is the text of the line at `position` and `width` how many characters the problem spans there.
    `related` are further places with what is there ("first declared here").
    """

    severity: Severity
    code: str
    summary: str
    position: Position | None = None
    hint: str = ""
    detail: str = ""
    source: str | None = None
    width: int = 1
    related: tuple[tuple[Position, str], ...] = ()
    address: str = ""

    @property
    def is_error(self) -> bool:
        """Whether this stops the run."""
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class IgnoredProblem:
    """A problem that a comment in the configuration ignores, and why."""

    problem: Diagnostic
    reason: str
