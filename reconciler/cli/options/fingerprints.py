"""The options about a plan that was reviewed: its fingerprint, and whether it is still what would be done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.files import read_file, write_file

if TYPE_CHECKING:
    from reconciler.model.plan import Mode, Plan, Selection

MAX_BYTES = 1000
_FINGERPRINT = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}|[0-9a-f]{64}")

Verify = Annotated[
    Path | None,
    typer.Option(
        "--verify",
        help="Say whether this saved plan is still what would be done: exit 0 fresh, 2 stale, 1 not known.",
        metavar="PLANFILE",
    ),
]
WriteFingerprint = Annotated[
    Path | None,
    typer.Option(
        "--fingerprint-file",
        help="Write the plan's fingerprint and digest to this file, for apply.",
        metavar="FILE",
    ),
]
ExpectFingerprint = Annotated[
    str | None,
    typer.Option(
        "--expect-fingerprint",
        help="Refuse any plan but the one with this fingerprint or digest.",
        metavar="FINGERPRINT",
    ),
]
ReadFingerprint = Annotated[
    Path | None,
    typer.Option(
        "--fingerprint-file",
        help="The same, read from a file that plan --fingerprint-file wrote.",
        metavar="FILE",
    ),
]


def check_verify_alone(given: tuple[Mode, Selection, *tuple[object, ...]]) -> None:
    """Raise `Failure` where options of a new plan are given beside `--verify`: a saved plan has its own."""
    from reconciler.model.plan import Mode, Selection

    mode, chosen, *others = given
    if mode is not Mode.NORMAL or chosen != Selection() or any(one is not None for one in others):
        raise Failure(
            Cause.USAGE,
            "--verify is given alone: a saved plan has its own options",
            hint="only --json, --format, --output, --max-size and the global options go with it",
        )


def write_fingerprint(plan: Plan, path: Path) -> None:
    """Write the fingerprint and the digest of a plan. Raises `Failure` where that is not possible."""
    try:
        write_file(path, f"{plan.fingerprint} {plan.digest}\n".encode())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Failure(Cause.USAGE, f"cannot write the fingerprint to {path}", detail=why) from None


def check_saved(plan: Plan, text: str | None) -> None:
    """Raise `Failure` where a saved plan has another fingerprint, or digest, than the one that was given."""
    given = expected(text, None)
    if given and given not in (plan.fingerprint, plan.digest):
        raise Failure(
            Cause.STALE_PLAN,
            f"the saved plan has the fingerprint {plan.fingerprint}, and {given} was expected",
            hint="look at it: reconciler show PLANFILE",
        )


def expected(text: str | None, path: Path | None) -> str:
    """Return the fingerprint, or the digest, that a plan must have; empty where none is given.

    Raises `Failure` for a text or a file that is none.
    """
    if text is not None and path is not None:
        raise Failure(Cause.USAGE, "--expect-fingerprint and --fingerprint-file exclude each other")
    if path is not None:
        return _read(path)
    if text is not None and not _FINGERPRINT.fullmatch(text.strip()):
        raise Failure(
            Cause.USAGE,
            f'--expect-fingerprint: "{text}" is no fingerprint',
            hint="copy the last line of the plan, as in 7f3a-91c2-0be4",
        )
    return (text or "").strip()


def _read(path: Path) -> str:
    try:
        words = read_file(path, MAX_BYTES).decode().split()
    except (OSError, ValueError) as error:
        why = out_of_files(error) or getattr(error, "strerror", None) or str(error)
        raise Failure(Cause.USAGE, f"cannot read the fingerprint in {path}", detail=why) from None
    if not words or not all(map(_FINGERPRINT.fullmatch, words)):
        raise Failure(
            Cause.USAGE,
            f"{path} holds no fingerprint",
            hint="write it with: reconciler plan --fingerprint-file FILE",
        )
    return words[-1]
