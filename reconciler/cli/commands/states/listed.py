"""`reconciler state`: what is recorded, and how to correct it by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.commands.looking import json_failures
from reconciler.cli.options.completing import addresses
from reconciler.cli.options.narrowing import AutoApprove, Json
from reconciler.cli.run import Run
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.model.state import State
from reconciler.render.text.lines import BLANK, Span, Tone, count
from reconciler.sdk.address import Address
from reconciler.sdk.globs import exactly, matches

Patterns = Annotated[
    list[str] | None,
    typer.Argument(
        help="Addresses or globs, for example 'peering.dc1/*'.", metavar="ADDRESS", autocompletion=addresses
    ),
]
SomePatterns = Annotated[
    list[str],
    typer.Argument(
        help="Addresses or globs, for example 'peering.dc1/*'.", metavar="ADDRESS", autocompletion=addresses
    ),
]


def state_list(run: Run, addresses: Patterns = None, as_json: Json = False) -> int:
    """List the resources in the state, one address per line.

    \b
    Examples:
      reconciler state list
      reconciler state list 'service_intentions.*'
      reconciler state list --json
    """
    from reconciler.render.state import list_lines, list_value

    with json_failures(run, as_json):
        state = _state(run)
        found = _matching(state, addresses or ["*"], strict=bool(addresses))
    if as_json:
        run.json(list_value(state, found))
    else:
        run.out.lines(list_lines(found))
    return ExitCode.OK


def state_show(run: Run, addresses: SomePatterns, as_json: Json = False) -> int:
    """Show recorded resources in full.

    \b
    Examples:
      reconciler state show peering.dc1/dc2
    """
    from reconciler import __version__
    from reconciler.render import state as record

    with json_failures(run, as_json):
        state = _state(run)
        found = _matching(state, addresses, strict=True)
    if as_json:
        run.json(record.state_value(state, __version__, only=found))
    else:
        run.out.lines(record.state_lines(state, found))
    return ExitCode.OK


def state_rm(run: Run, addresses: SomePatterns, auto_approve: AutoApprove = False) -> int:
    """Remove resources from the state; the objects themselves are not destroyed.

    If a glob matches more than one resource, they are listed, and removed after approval.

    \b
    Examples:
      reconciler state rm service_resolver.dc2/api
      reconciler state rm '*.dc9/*'
    """
    from reconciler import app

    patterns = tuple(addresses) if auto_approve else _approved(run, tuple(addresses))
    if not patterns:
        run.out.lines([[Span("Nothing was removed from the state.", Tone.WARN)]])
        return ExitCode.ERROR
    removed, unmatched = run.wait(app.remove_from_state(run.options(), patterns))
    run.out.lines([[f"Removed {address}"] for address in removed])
    run.out.lines([[f"No resource matches '{pattern}'"] for pattern in unmatched])
    what = count(len(removed), "resource")
    run.out.lines([[f"Removed {what} from the state; nothing was destroyed."]])
    return ExitCode.OK


def _approved(run: Run, patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return what may be removed: what was shown and approved, and nothing else; empty where that was
    declined.
    """
    from reconciler import app
    from reconciler.cli.approval import ask_to_forget

    found = run.wait(app.find_in_state(run.options(), patterns))
    exact = (*map(exactly, found.addresses), *found.unmatched)
    if not found.several:
        return exact
    run.out.lines([[f"Would remove {address}"] for address in found.addresses])
    run.out.lines([BLANK])
    return exact if ask_to_forget(run, len(found.addresses)) else ()


def state_claim(run: Run) -> int:
    """Make this configuration the owner of the state; contacts no cluster.

    A state records which configuration it belongs to, by its name (`name:`) or else by its files, and
    refuses another one. Run this command after the configuration was renamed or moved.

    \b
    Examples:
      reconciler state claim
    """
    from reconciler import app
    from reconciler.render.state import owner_text

    before, now = run.wait(app.claim_state(run.options()))
    run.out.lines([[f"The state belonged to {owner_text(before)}; it belongs to {owner_text(now)} now."]])
    return ExitCode.OK


def _state(run: Run) -> State:
    from reconciler import app

    return run.look(app.show_state(run.options()))


def _matching(state: State, patterns: list[str], *, strict: bool) -> list[Address]:
    texts = {str(address): address for address in state.resources}
    found: set[Address] = set()
    for pattern in patterns:
        hits = {address for text, address in texts.items() if matches(pattern, text)}
        if strict and not hits:
            raise Failure(
                Cause.USAGE, f"the state has no resource {pattern}", hint="see `reconciler state list`"
            )
        found |= hits
    return sorted(found)
