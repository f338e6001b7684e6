"""The options that narrow a run, shared by plan, apply, destroy and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.options.completing import addresses
from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.model.guarding.limits import Allowed
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
        help="Allow more than limits do; N is the exact number of resources to destroy.",
        metavar="N",
        min=0,
    ),
]
AllowChange = Annotated[
    int | None,
    typer.Option(
        "--allow-change",
        help="Allow more than limits do; N is the exact number of resources to change in place.",
        metavar="N",
        min=0,
    ),
]
NoDelete = Annotated[
    bool, typer.Option("--no-delete", help="Destroy and recreate nothing: leave that out, and list it.")
]
OnlySafe = Annotated[
    bool,
    typer.Option("--only-safe", help="Leave out what closes or breaks access, or may, and list it."),
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
    *,
    no_delete: bool = False,
    only_safe: bool = False,
) -> Selection:
    """Return the run's narrowing as the model has it."""
    from reconciler.model.plan import Selection

    globs = (tuple(targets or ()), tuple(excludes or ()), tuple(replaces or ()), tuple(takes or ()))
    return Selection(*globs, undo or 0, no_delete, only_safe)


def check_additive(mode: Mode, chosen: Selection) -> None:
    """Raise `Failure` where a run is to leave out all that it is about."""
    from reconciler.model.plan import Mode

    given = [
        option
        for option, is_given in (("--no-delete", chosen.no_delete), ("--only-safe", chosen.only_safe))
        if is_given
    ]
    if given and mode is not Mode.NORMAL:
        other = "--destroy" if mode is Mode.DESTROY else "--refresh-only"
        raise Failure(Cause.USAGE, f"{given[0]} and {other} exclude each other")
    if chosen.no_delete and chosen.replaces:
        raise Failure(Cause.USAGE, "--no-delete and --replace exclude each other")


def allowed(delete: int | None, change: int | None) -> Allowed:
    """Return what the run may do although it is over a limit."""
    from reconciler.model.guarding.limits import Allowed

    return Allowed(delete, change)


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
