"""Asking before anything is written: only `yes` is a yes."""

from __future__ import annotations

import sys

from reconciler.cli.run import Run
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from reconciler.render.lines import BLANK, Line, strong
from reconciler.render.next_step import saving_command

_QUESTIONS = {
    Mode.NORMAL: "Do you want to perform these actions?",
    Mode.DESTROY: "Do you really want to destroy all resources?",
    Mode.REFRESH_ONLY: "Do you want to record this as it is now?",
    Mode.ROTATE: "Do you want to renew these secrets?",
}
_DETAILS = {
    Mode.NORMAL: (
        "reconciler will perform the actions described above.",
        "Only 'yes' will be accepted to approve.",
    ),
    Mode.DESTROY: (
        "reconciler will destroy everything that it manages, as shown above.",
        "There is no undo. Only 'yes' will be accepted to confirm.",
    ),
    Mode.ROTATE: (
        "Tokens are generated and used at once, in memory only; the links stay up.",
        "Only 'yes' will be accepted to approve.",
    ),
    Mode.REFRESH_ONLY: ("Nothing is changed on any cluster.", "Only 'yes' will be accepted to confirm."),
}


def check_can_ask(
    *, approved: bool, as_json: bool, mode: Mode = Mode.NORMAL, selection: Selection | None = None
) -> None:
    """Raise `Failure` where approval is needed and nobody can be asked."""
    if approved:
        return
    hint = "add --auto-approve"
    if mode is not Mode.ROTATE:
        hint += f", or apply a plan saved with: {saving_command(mode, selection or Selection())} -out FILE"
    if as_json:
        raise Failure(
            Cause.NOT_A_TERMINAL,
            "--json can not ask for approval",
            hint=hint,
        )
    if not sys.stdin.isatty():
        raise Failure(
            Cause.NOT_A_TERMINAL,
            "nobody can be asked for approval: the input is not a terminal",
            detail="Nothing was written.",
            hint=hint,
        )


def ask(run: Run, mode: Mode) -> bool:
    """Ask on the terminal. The end of the input is a no; Ctrl-C raises `KeyboardInterrupt`."""
    details: list[Line] = [["  ", text] for text in _DETAILS[mode]]
    run.out.lines([[strong(_QUESTIONS[mode])], *details, BLANK])
    run.out.text("  Enter a value: ")
    run.out.flush()
    answer = sys.stdin.readline()
    run.out.text("\n" if answer else "\n\n")
    return answer.strip() == "yes"
