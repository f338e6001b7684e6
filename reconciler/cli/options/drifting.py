"""The options of `drift`: which classes of differences are shown, and which count for the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.model.drifting.report import DriftChoice
    from reconciler.model.ignoring.classes import DriftClass

_ALL = "all"


def _classes() -> list[str]:
    from reconciler.model.ignoring.classes import DriftClass

    return [_ALL, *(kind.value for kind in DriftClass)]


Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        help="Show only these classes of differences; comma-separated, repeatable.",
        metavar="CLASS",
        autocompletion=_classes,
    ),
]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        help="Exit 2 for these classes (default: changed, removed, unhealthy); comma-separated, repeatable.",
        metavar="CLASS",
        autocompletion=_classes,
    ),
]
Unmanaged = Annotated[
    bool, typer.Option("--unmanaged", help="Also list objects beside ours that nothing declares.")
]
Effective = Annotated[
    bool, typer.Option("--effective", help="Also look for what is declared and has no effect.")
]
Baseline = Annotated[
    Path | None,
    typer.Option(
        "--baseline", help="Show only what is new since this output of drift --json.", metavar="FILE"
    ),
]


def drift_choice(
    only: list[str] | None,
    fail_on: list[str] | None,
    *,
    unmanaged: bool = False,
    effective: bool = False,
    baseline: Path | None = None,
) -> DriftChoice:
    """Return what was asked about drift. Raise `Failure` for a word that is no class, for classes that count
    and are not shown, and for a baseline that cannot be read.
    """
    from reconciler import app
    from reconciler.model.drifting.report import DriftChoice

    shown, failing = _read(only, "--only"), _read(fail_on, "--fail-on")
    hidden = (failing or frozenset()) - shown if shown else frozenset()
    if hidden:
        words = ", ".join(sorted(kind.value for kind in hidden))
        raise Failure(
            Cause.USAGE,
            f"--fail-on names what --only leaves out: {words}",
            hint="add it to --only, or leave out --only",
        )
    known = app.read_baseline(baseline) if baseline is not None else None
    return DriftChoice(shown or frozenset(), failing, unmanaged, effective, known)


def _read(given: Iterable[str] | None, option: str) -> frozenset[DriftClass] | None:
    if given is None:
        return None
    words = [word.strip() for text in given for word in text.split(",")]
    return frozenset(kind for word in words for kind in _kinds(word, option))


def _kinds(word: str, option: str) -> Iterable[DriftClass]:
    from reconciler.model.ignoring.classes import DriftClass

    if word == _ALL:
        return DriftClass
    try:
        return (DriftClass(word),)
    except ValueError:
        raise Failure(Cause.USAGE, f"{option}: there is no class {word!r}", hint=_hint(word)) from None


def _hint(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, _classes(), n=1)
    return f"did you mean {near[0]}?" if near else f"classes are {', '.join(_classes())}"
