"""Asking before anything is written: only `yes` is a yes."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

from reconciler.app.options import Approval
from reconciler.cli.run import Run
from reconciler.model.change import Action
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.render.plan.next_step import saving_command
from reconciler.render.text.lines import BLANK, Line, strong
from reconciler.sdk.address import Address

_QUESTIONS = {
    Mode.NORMAL: "Do you want to perform these actions?",
    Mode.REFRESH_ONLY: "Do you want to record this as it is now?",
    Mode.ROTATE: "Do you want to renew these secrets?",
}
_DETAILS = {
    Mode.NORMAL: (
        "reconciler will perform the actions described above.",
        "Only 'yes' will be accepted to approve.",
    ),
    Mode.DESTROY: (
        "reconciler will perform exactly the actions described above.",
        "Links that go get new secrets if they come back. Only 'yes' will be accepted to confirm.",
    ),
    Mode.ROTATE: (
        "Tokens are generated and used at once, in memory only; the links stay up.",
        "Only 'yes' will be accepted to approve.",
    ),
    Mode.REFRESH_ONLY: ("Nothing is changed on any cluster.", "Only 'yes' will be accepted to confirm."),
}
_TYPED = 3  # addresses up to which each is typed
_FORGETTING = ("Nothing is changed on any cluster.", "Only 'yes' will be accepted to confirm.")


def check_approval(*, approved: bool, format_: str) -> None:
    """Raise `Failure` where stdout has a format for machines (`--json`), and the run would have to ask."""
    if format_ and not approved:
        raise Failure(
            Cause.NOT_A_TERMINAL,
            f"{format_} cannot ask for approval",
            hint="add --auto-approve, or apply a saved plan",
        )


def ask(run: Run, plan: Plan, confirmed: Collection[Address] = ()) -> Approval:
    """Ask on the terminal, and for the addresses of what has to be confirmed and is not yet. The end of the
    input is a no; Ctrl-C raises `KeyboardInterrupt`.

    Raises `Failure` where the input is no terminal.
    """
    _check_terminal(plan)
    if not answered(run, question(plan), _DETAILS[plan.mode]):
        return Approval(False)
    asked = tuple(address for address in plan.safety.to_confirm if address not in confirmed)
    return Approval(True, asked) if _confirmed(run, asked) else Approval(False)


def _confirmed(run: Run, asked: Sequence[Address]) -> bool:
    """Ask for each address, or for how many they are where they are many; whether all answers are right."""
    if len(asked) > _TYPED:
        lines: list[Line] = [["  ", str(address)] for address in asked]
        run.out.lines([[strong(f"{len(asked)} resources are destroyed or break access:")], *lines, BLANK])
        return _typed(run, "  Type how many they are to confirm: ") == str(len(asked))
    return all(
        _typed(run, f"  {address} is destroyed or breaks access. Type its address to confirm: ")
        == str(address)
        for address in asked
    )


def _typed(run: Run, text: str) -> str:
    """Return what is typed on the terminal as an answer."""
    run.out.text(text)
    run.out.flush()
    answer = sys.stdin.readline()
    run.out.text("\n" if answer else "\n\n")
    return answer.strip()


def ask_to_forget(run: Run, count: int) -> bool:
    """Ask before several records go. Raises as `ask`."""
    if not sys.stdin.isatty():
        raise Failure(
            Cause.NOT_A_TERMINAL,
            "cannot ask for approval: stdin is not a terminal",
            detail="Nothing was removed from the state.",
            hint="add --auto-approve, or give each address",
        )
    return answered(run, f"Do you want to remove these {count} resources?", _FORGETTING)


def ask_about_state(run: Run, asked: str, about: Iterable[str], *, nothing: str) -> bool:
    """Ask before the record itself is changed. Raises as `ask`, with `nothing` as what was not done."""
    if not sys.stdin.isatty():
        raise Failure(
            Cause.NOT_A_TERMINAL,
            "cannot ask for approval: stdin is not a terminal",
            detail=nothing,
            hint="add --auto-approve",
        )
    return answered(run, asked, about)


def answered(run: Run, asked: str, about: Iterable[str]) -> bool:
    """Ask, with what is to be known about it; whether the answer is yes."""
    details: list[Line] = [["  ", text] for text in about]
    run.out.lines([[strong(asked)], *details, BLANK])
    return _typed(run, "  Enter a value: ") == "yes"


def question(plan: Plan) -> str:
    """Return what to ask before a plan is carried out; of a destroy, how much it removes."""
    if plan.mode is not Mode.DESTROY:
        return _QUESTIONS[plan.mode]
    gone = [
        change.address for change in plan.changes if change.action is not Action.NO_OP and not change.blocked
    ]
    if len(gone) == 1:
        return f"Do you really want to destroy {gone[0]}?"
    whole = "all" if len(gone) == len(plan.changes) and plan.selection == Selection() else "these"
    return f"Do you really want to destroy {whole} {len(gone)} resources?"


def _check_terminal(plan: Plan) -> None:
    if sys.stdin.isatty():
        return
    hint = "add --auto-approve"
    if plan.mode is not Mode.ROTATE:
        hint += f", or apply a plan saved with: {saving_command(plan.mode, plan.selection)} -out FILE"
    raise Failure(
        Cause.NOT_A_TERMINAL,
        "cannot ask for approval: stdin is not a terminal",
        detail="Nothing was written.",
        hint=hint,
    )
