"""What to run next: the command that does what was shown, with the options that made it."""

from __future__ import annotations

import shlex

from reconciler.model.plan import Mode, Plan, Selection
from reconciler.render.text.lines import Line, count, faint


def next_step(plan: Plan, *, saved: str = "") -> list[Line]:
    """Return what to run next; empty where nothing is to be done."""
    if plan.safety.breaches:
        return [[faint(f"To allow this once, run: {_allowing(plan)}")]]
    if plan.has_changes and not plan.is_applyable:
        kept = f"Saved as {saved}. " if saved else ""
        return [
            [
                faint(
                    f"{kept}Nothing of this can be applied until what blocks it is resolved; then plan again."
                )
            ]
        ]
    if saved:
        performing = shlex.join(["reconciler", "apply", saved])
        return [[faint(f"Saved as {saved}. To perform exactly these actions, run: {performing}")]]
    if plan.mode is Mode.REFRESH_ONLY and plan.drifted:
        return [[faint(_after_drift(plan))]]
    if not plan.has_changes:
        return []
    verb = "destroy" if plan.mode is Mode.DESTROY else "apply"
    step = f"Save with -out FILE, or run: {command(verb, plan.selection, *_allowed(plan))}"
    blocked = any(change.blocked for change in plan.changes)
    return [[faint(f"{step}   (without what is blocked; exit code 4)" if blocked else step)]]


def _allowing(plan: Plan) -> str:
    verb = "destroy" if plan.mode is Mode.DESTROY else "apply"
    return command(verb, plan.selection, *_allowed(plan))


def _allowed(plan: Plan) -> list[str]:
    """Return the options that allow what is over a limit: those that were given, with the numbers needed."""
    numbers = {"--allow-delete": plan.allow_delete, "--allow-change": plan.allow_change}
    numbers |= {breach.measure.flag: breach.number for breach in plan.safety.breaches}
    return [
        word for option, number in numbers.items() if number is not None for word in (option, str(number))
    ]


def command(verb: str, selection: Selection, *words: str) -> str:
    """Return a command line of this program with the options that narrowed a plan, quoted for a shell."""
    return shlex.join(["reconciler", verb, *words, *narrowing(selection)])


def saving_command(mode: Mode, selection: Selection) -> str:
    """Return the command that plans the same, without the path to save it to."""
    words = {Mode.DESTROY: ("--destroy",), Mode.REFRESH_ONLY: ("--refresh-only",)}.get(mode, ())
    return command("plan", selection, *words)


def narrowing(selection: Selection) -> list[str]:
    """Return the options that a selection came from."""
    pairs = (
        ("--target", selection.targets),
        ("--exclude", selection.excludes),
        ("--replace", selection.replaces),
        ("--take", selection.takes),
    )
    undo = (
        [] if not selection.undo else ["--undo"] if selection.undo == 1 else ["--undo", str(selection.undo)]
    )
    flags = (("--no-delete", selection.no_delete), ("--only-safe", selection.only_safe))
    undo += [option for option, is_given in flags if is_given]
    return [*undo, *(word for option, globs in pairs for glob in globs for word in (option, glob))]


def _after_drift(plan: Plan) -> str:
    """Return how to undo what was changed outside, and how to keep it where that is possible."""
    undo = f"To undo these changes, run: {command('apply', plan.selection)}"
    keep = command("apply", plan.selection, "--refresh-only")
    stays = sum(change.drift.stays for change in plan.drifted)
    if not stays:
        return f"{undo}; to record them as they are: {keep}"
    if stays == len(plan.drifted):
        return f"{undo}; to keep them, declare them in the configuration"
    rest = f"to keep the rest ({count(stays, 'object')}), declare that in the configuration"
    return f"{undo}; to record what can be recorded: {keep}; {rest}"
