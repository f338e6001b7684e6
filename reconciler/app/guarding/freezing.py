"""Freezes: a run that would write is refused while one is on."""

from __future__ import annotations

from reconciler.app.options import Options
from reconciler.config.operating.settings import OperatorSettings
from reconciler.engine.guarding.freezing import frozen
from reconciler.model.failure import Cause, Failure


def check_not_frozen(operator: OperatorSettings, options: Options) -> str:
    """Return the reason for which a freeze that is on is broken; empty where none is on.

    Raises `Failure` where one is on and no reason was given.
    """
    found = frozen(operator.freezes, options.clock()) if operator.freezes else None
    if found is None:
        return ""
    if not options.permits.broken_freeze:
        raise Failure(
            Cause.REFUSED,
            f"a freeze is on: {found}",
            detail="Nothing was written. plan and drift go on.",
            hint="wait until it ends; where it cannot wait, give the reason, which is recorded: "
            "--break-freeze REASON",
        )
    return options.permits.broken_freeze
