"""The options that pass safety checks: of apply, destroy and rotate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.options.completing import addresses
from reconciler.model.failure import Cause, Failure

if TYPE_CHECKING:
    from reconciler.model.guarding.permits import Permits
    from reconciler.sdk.address import Address

BreakFreeze = Annotated[
    str | None,
    typer.Option(
        "--break-freeze", help="Write although a freeze is on; REASON is recorded.", metavar="REASON"
    ),
]


Confirms = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm",
        help="Confirm that this is destroyed or takes access away; its exact address; repeatable.",
        metavar="ADDRESS",
        autocompletion=addresses,
    ),
]


RequireApprovals = Annotated[
    int,
    typer.Option(
        "--require-approvals",
        help="Refuse a saved plan that fewer signers approved; reconciler.yaml may ask for more.",
        metavar="N",
        min=0,
    ),
]


def permits(*, break_freeze: str | None = None, confirm: list[str] | None = None, **more: Any) -> Permits:
    """Return what the run was given to pass safety checks. Raises `Failure` for what says nothing."""
    from reconciler.model.guarding.permits import Permits

    if break_freeze is not None and not break_freeze.strip():
        raise Failure(Cause.USAGE, "--break-freeze needs a reason", hint="say why this cannot wait")
    return Permits((break_freeze or "").strip(), tuple(map(_address, confirm or ())), **more)


def _address(text: str) -> Address:
    from reconciler.sdk.address import Address

    try:
        return Address.parse(text)
    except ValueError:
        hint = "give one whole address, as in --confirm peering.dc1/dc2; globs confirm nothing"
        raise Failure(Cause.USAGE, f"--confirm {text}: that is no address", hint=hint) from None
