"""One step of a plan: its header, the reason for it, and what it does."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.change import Action, Change, Interim, Reason
from reconciler.model.reaching.diff import Radius
from reconciler.render.plan.access import radius_lines
from reconciler.render.plan.bodies import body_lines
from reconciler.render.plan.interims import (
    access_words,
    first_action,
    first_view,
    first_will,
    is_put_back_as_it_was,
    meanwhile,
    since,
    then_view,
    then_will,
    until,
)
from reconciler.render.text.lines import Line, Span, Tone, faint, strong
from reconciler.render.text.peers import Peers

# Terraform's symbols and words: people and tools read them.
SYMBOLS: Mapping[Action, Span] = {
    Action.CREATE: Span("+", Tone.ADD),
    Action.UPDATE: Span("~", Tone.CHANGE),
    Action.DELETE: Span("-", Tone.REMOVE),
    Action.REPLACE: Span("-/+", Tone.CHANGE),
    Action.ROTATE: Span("~", Tone.CHANGE),
    Action.FORGET: Span(".", Tone.REMOVE),
    Action.NO_OP: Span("=", Tone.FAINT),
}
LEGEND: Mapping[Action, str] = {
    Action.CREATE: "create",
    Action.UPDATE: "update in-place",
    Action.DELETE: "destroy",
    Action.REPLACE: "destroy and then create replacement",
    Action.ROTATE: "renew the secret in-place",
}
_WILL: Mapping[Action, str] = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in-place",
    Action.DELETE: "will be destroyed",
    Action.REPLACE: "must be replaced",
    Action.ROTATE: "will get a new secret in-place, and stay up",
    Action.FORGET: "will no longer be managed by reconciler, but will not be destroyed",
    Action.NO_OP: "exists and is not recorded: will be adopted",
}
_BECAUSE: Mapping[Reason, str] = {
    Reason.DELETED_OUTSIDE: "it was deleted outside reconciler",
    Reason.RESUME: "its creation did not finish",
    Reason.DRIFTED: "it was changed outside reconciler",
    Reason.CHANGED_AND_DRIFTED: "the configuration changed, and the object was changed outside reconciler",
    Reason.ADOPT: "it exists and is not recorded: will be adopted and changed as declared",
    Reason.NO_CONFIG: "it is not in configuration",
    Reason.NOT_NEEDED: "nothing depends on it any longer",
    Reason.CANNOT_UPDATE: "it cannot be changed in place",
    Reason.BROKEN: "it is broken",
    Reason.LEAVING: "it is being deleted: waits until it is gone",
    Reason.ALREADY_GONE: "it no longer exists",
    Reason.ROTATION: "requested; now",
    Reason.UNDO: "undo",
    Reason.MARKED: "its Meta is to name this configuration (mark_objects)",
    Reason.TAKEN: "its Meta is to name this configuration (--take)",
}
# For these the reason's own sentence says everything that the general one says.
_SAID_BY_WHY = frozenset({Reason.CANNOT_UPDATE, Reason.BROKEN, Reason.TAKEN_DOWN})


def step_lines(
    change: Change, interim: Interim | None, peers: Peers, radius: Radius | None = None
) -> list[Line]:
    """Return a step: header, reasons, what it does to access, body, notes. `interim`: it is the change's
    interim step.
    """
    if interim is not None:
        because: list[Line] = [["  # ", f"(because {interim.why})"]] if interim.why else []
        body = body_lines(first_view(change, interim), peers)
        return [_first_header(change, interim), *because, *meanwhile(interim), *body]
    out = [header(change)]
    out += because_lines(change)
    out += radius_lines(radius)
    out += body_lines(then_view(change), peers) if not is_put_back_as_it_was(change) else []
    return out + [["      ", Span("note: ", Tone.WARN), note] for note in change.notes]


def _first_header(change: Change, interim: Interim) -> Line:
    """Return `  # 1  ADDR will be widened first   (until #3)`."""
    words = f" {first_will(change, interim)}   "
    place = faint(f"({until(change, interim)})")
    return ["  # ", f"{interim.index}  ", strong(str(change.address)), words, place, *_blocked(change)]


def header(change: Change) -> Line:
    """Return `  # 1  ADDR will be created`, with what blocks it."""
    number = f"{change.index}  " if change.index else ""
    place = [faint(f"   ({since(change.interim)})")] if change.interim else []
    return ["  # ", number, strong(str(change.address)), " ", will(change), *place, *_blocked(change)]


def will(change: Change) -> str:
    """Return what happens to the object, in Terraform's words; of a blocked change, what would happen."""
    words = _will(change)
    return words.replace("will be", "would be", 1) if change.blocked else words


def _will(change: Change) -> str:
    if then_will(change):
        return then_will(change)
    if change.reason is Reason.BY_REQUEST:
        return "will be replaced, as requested"
    if change.reason is Reason.ALREADY_GONE:
        return "no longer exists and will be removed from the state"
    return _WILL[change.action]


def _blocked(change: Change) -> list[str | Span]:
    if not change.blocked:
        return []
    where = f" ({change.blocked_at})" if change.blocked_at else ""
    return ["   ", Span("BLOCKED", Tone.BAD), "  ", f"{change.blocked.text}{where}"]


def reasons(change: Change) -> list[str]:
    """Return why the action is planned, for the lines `# (because ...)`; empty where it is plain."""
    if change.action is Action.NO_OP or (change.action is Action.ROTATE and change.blocked):
        return []
    general = _BECAUSE.get(change.reason, "")
    if change.why and change.reason in _SAID_BY_WHY:
        general = change.why
    elif change.why:
        general = f"{general}: {change.why}" if general else change.why
    if change.action is Action.DELETE and change.after is not None:
        general += f"{'; ' if general else ''}what others own in it is kept"
    needed = ", ".join(str(address) for address in change.required_by)
    verb = "needs" if len(change.required_by) == 1 else "need"
    new = change.action is Action.CREATE or change.adopt
    made_for = [f"{needed} {verb} it"] if needed and new else []
    return [text for text in (general, *made_for) if text and change.reason is not Reason.ALREADY_GONE]


def because_lines(change: Change) -> list[Line]:
    """Return the lines `# (because ...)` below a header."""
    return [["  # ", f"(because {text})"] for text in reasons(change)]


def summary_line(change: Change, interim: Interim | None = None) -> Line:
    """Return the step on one line, for `--summary`."""
    symbol = SYMBOLS[shown_action(change, interim)]
    pad = " " * (3 - len(symbol.text))
    because = interim.why if interim else "; ".join(reasons(change))
    note = [faint(f"   (because {because})")] if because else []
    what = first_will(change, interim) if interim else then_will(change)
    head: Line = ["  ", pad, symbol, " ", str(change.address), f"   {what}" if what else ""]
    does = access_words(interim) if interim else ""
    mark: Line = ["   ", Span(does, Tone.WARN)] if does else []
    return [*head, *_blocked(change), *mark, *note]


def shown_action(change: Change, interim: Interim | None) -> Action:
    """Return the action whose symbol a step is shown with: a replacement in two steps is shown as both."""
    if interim is not None:
        return first_action(change, interim)
    away = change.interim is not None and change.interim.after is None
    return Action.CREATE if away and change.is_remade else change.action
