"""Failures that end a run, and the exit codes of the command. Code and text come from one value."""

from __future__ import annotations

from enum import Enum, IntEnum

from reconciler.model.diagnostic import Diagnostic


class ExitCode(IntEnum):
    """What the process reports to its caller."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    PARTIAL = 3
    REFUSED = 4
    LOCKED = 5
    INTERRUPTED = 130


class Cause(Enum):
    """Why a run ended early; the value is a stable word for machines."""

    CONFIGURATION = "configuration"
    STATE_UNREADABLE = "state-unreadable"
    STATE_UNWRITABLE = "state-unwritable"
    STATE_LOCKED = "state-locked"
    NOTHING_RECORDED = "nothing-recorded"
    FOREIGN_STATE = "foreign-state"
    STALE_PLAN = "stale-plan"
    BAD_PLAN_FILE = "bad-plan-file"
    WRONG_CLUSTER = "wrong-cluster"
    CREDENTIALS = "credentials"
    PLUGIN = "plugin"
    NOT_A_TERMINAL = "not-a-terminal"
    NOT_APPROVED = "not-approved"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"
    USAGE = "usage"
    CODE_HOST = "code-host"


_EXITS = {
    Cause.STATE_LOCKED: ExitCode.LOCKED,
    Cause.STALE_PLAN: ExitCode.REFUSED,
    Cause.FOREIGN_STATE: ExitCode.REFUSED,
    Cause.WRONG_CLUSTER: ExitCode.REFUSED,
    Cause.CREDENTIALS: ExitCode.REFUSED,
    Cause.REFUSED: ExitCode.REFUSED,
    Cause.INTERRUPTED: ExitCode.INTERRUPTED,
}


class Failure(Exception):
    """Ends a run: what (`summary`), where and why (`detail`, may have lines), what to do (`hint`).

    `diagnostics` carries every problem of a configuration that did not validate.
    """

    def __init__(
        self,
        cause: Cause,
        summary: str,
        *,
        detail: str = "",
        hint: str = "",
        diagnostics: tuple[Diagnostic, ...] = (),
    ) -> None:
        super().__init__(summary)
        self.cause = cause
        self.summary = summary
        self.detail = detail
        self.hint = hint
        self.diagnostics = diagnostics

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that this failure stands for."""
        return _EXITS.get(self.cause, ExitCode.ERROR)
