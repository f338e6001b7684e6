"""Exit codes of commands that look at access; those of plans and applies are in their verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.failure import ExitCode

if TYPE_CHECKING:
    from reconciler.model.access_check import AccessCheck
    from reconciler.model.reaching.checkup import Checkup


def access_exit(check: AccessCheck | None) -> ExitCode:
    """Return 4 where a check of access was asked for and does not pass."""
    return ExitCode.OK if check is None or check.passed else ExitCode.REFUSED


def checkup_exit(checkup: Checkup) -> ExitCode:
    """Return 2 for findings; 1 where there is none and not everything could be read."""
    if checkup.findings:
        return ExitCode.CHANGES
    return ExitCode.ERROR if checkup.unknown else ExitCode.OK
