"""Pages that a command writes to a file."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.secrets.scrub import scrubbed


def write_page(path: Path, text: str) -> None:
    """Write a page, in place of one that is there. Raise `Failure` where it cannot be written."""
    try:
        path.write_text(scrubbed(text), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(Cause.USAGE, f"{path} cannot be written: {reason}") from error
