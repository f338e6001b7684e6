"""One action of a plan: its header, the reason for it, and what it does."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.change import Action, Change, Reason
from reconciler.render.bodies import body_lines
from reconciler.render.lines import Line, Span, Tone, faint, strong
from reconciler.render.peers import Peers

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
    Reason.CHANGED_AND_DRIFTED: "the configuration changed, and so did the object, outside reconciler",
    Reason.ADOPT: "it exists and is not recorded: will be adopted and made as declared",
    Reason.NO_CONFIG: "it is not in configuration",
    Reason.NOT_NEEDED: "nothing needs it any longer",
    Reason.CANNOT_UPDATE: "it can not be changed in place",
    Reason.BROKEN: "it is broken",
    Reason.LEAVING: "it is being deleted: waits until it is gone",
    Reason.ALREADY_GONE: "it is already gone",
    Reason.ROTATION: "you asked for it; now",
}
# For these the reason's own sentence says everything that the general one says.
_SAID_BY_WHY = frozenset({Reason.CANNOT_UPDATE, Reason.BROKEN})


def action_lines(change: Change, peers: Peers) -> list[Line]:
    """An action: header, reasons, body, notes."""
    out = [header(change)]
    out += [["  # ", f"(because {text})"] for text in reasons(change)]
    out += body_lines(change, peers)
    return out + [["      ", Span("note: ", Tone.WARN), note] for note in change.notes]


def header(change: Change) -> Line:
    """`  # 1  ADDR will be created`, with what blocks it."""
    number = f"{change.index}  " if change.index else ""
    return ["  # ", number, strong(str(change.address)), " ", will(change), *_blocked(change)]


def will(change: Change) -> str:
    """What happens to the object, in Terraform's words."""
    if change.reason is Reason.BY_REQUEST:
        return "will be replaced, as requested"
    if change.reason is Reason.ALREADY_GONE:
        return "is gone and will be forgotten"
    return _WILL[change.action]


def _blocked(change: Change) -> list[str | Span]:
    if not change.blocked:
        return []
    # A rule's name in brackets says that it is about what is declared, and not about what it waits for.
    declared = change.blocked == "protected" or change.blocked.endswith("]")
    where = f" ({change.origin})" if change.origin and declared else ""
    return ["   ", Span("BLOCKED", Tone.BAD), "  ", f"{change.blocked}{where}"]


def reasons(change: Change) -> list[str]:
    """Why the action is planned, for the lines `# (because ...)`; nothing where it is plain."""
    if change.action is Action.NO_OP or (change.action is Action.ROTATE and change.blocked):
        return []
    general = _BECAUSE.get(change.reason, "")
    if change.why and change.reason in _SAID_BY_WHY:
        general = change.why
    elif change.why:
        general = f"{general}: {change.why}" if general else change.why
    if change.action is Action.DELETE and change.after is not None:
        general += f"{'; ' if general else ''}what others own in it stays"
    needed = ", ".join(str(address) for address in change.required_by)
    verb = "needs" if len(change.required_by) == 1 else "need"
    new = change.action is Action.CREATE or change.adopt
    made_for = [f"{needed} {verb} it"] if needed and new else []
    return [text for text in (general, *made_for) if text and change.reason is not Reason.ALREADY_GONE]


def summary_line(change: Change) -> Line:
    """The action on one line, for `--summary`."""
    symbol = SYMBOLS[change.action]
    pad = " " * (3 - len(symbol.text))
    because = "; ".join(reasons(change))
    note = [faint(f"   (because {because})")] if because else []
    return ["  ", pad, symbol, " ", str(change.address), *_blocked(change), *note]
