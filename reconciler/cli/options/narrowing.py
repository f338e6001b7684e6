"""The options that narrow a run, shared by plan, apply, destroy and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.options.completing import addresses
from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.model.plan import Mode, Selection


def _addresses(name: str, *, help: str) -> Any:
    return typer.Option(name, help=help, metavar="ADDRESS", autocompletion=addresses)


Targets = Annotated[
    list[str] | None,
    _addresses(
        "--target",
        help="Only these and what they depend on (destroy: what depends on them); globs; repeatable.",
    ),
]
Excludes = Annotated[
    list[str] | None,
    _addresses("--exclude", help="All but these and what depends on them; repeatable."),
]
Replaces = Annotated[
    list[str] | None,
    _addresses("--replace", help="Recreate these: destroy, then create; repeatable."),
]
Takes = Annotated[
    list[str] | None,
    _addresses(
        "--take", help="Take over these objects of another configuration (a mark in their Meta); repeatable."
    ),
]
AllowDelete = Annotated[
    int | None,
    typer.Option(
        "--allow-delete",
        help="Allow a plan that destroys most of the state; N is the exact number of removals.",
        metavar="N",
        min=0,
    ),
]
AutoApprove = Annotated[bool, typer.Option("--auto-approve", help="Do not ask for approval.")]
RefreshOnly = Annotated[
    bool, typer.Option("--refresh-only", help="Only record changes made outside reconciler; undo nothing.")
]
Destroy = Annotated[bool, typer.Option("--destroy", help="Plan to destroy everything in the state.")]
Undoes = Annotated[
    int | None,
    typer.Option(
        "--undo",
        help="Go back to what was applied N generations ago (without N: 1) instead of to the configuration.",
        metavar="[N]",
        min=1,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def selection(
    targets: list[str] | None,
    excludes: list[str] | None = None,
    replaces: list[str] | None = None,
    takes: list[str] | None = None,
    undo: int | None = None,
) -> Selection:
    """Return the run's narrowing as the model has it."""
    from reconciler.model.plan import Selection

    return Selection(
        tuple(targets or ()), tuple(excludes or ()), tuple(replaces or ()), tuple(takes or ()), undo or 0
    )


def mode_of(*, refresh_only: bool, destroy: bool, undo: int | None = None) -> Mode:
    """Return the run's mode. Raise `Failure` where more than one is asked for."""
    from reconciler.model.plan import Mode

    asked = {"--refresh-only": refresh_only, "--destroy": destroy, "--undo": undo is not None}
    given = [option for option, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise Failure(Cause.USAGE, f"{' and '.join(given)} exclude each other")
    if refresh_only:
        return Mode.REFRESH_ONLY
    return Mode.DESTROY if destroy else Mode.NORMAL
