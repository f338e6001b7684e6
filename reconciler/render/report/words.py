"""What formats for people share: the words for steps, and the lines of their details."""

from __future__ import annotations

import re

from reconciler.model.change import Action
from reconciler.model.verdict.value import Word
from reconciler.render.plan.actions import SYMBOLS, reasons, shown_action, step_lines
from reconciler.render.plan.interims import first_will
from reconciler.render.report.reading.changes import address
from reconciler.render.report.value import Kind, Report, Step
from reconciler.render.text.lines import count, paint
from reconciler.render.text.peers import Peers

_SIGN = re.compile(r"^  ([+~-])   ")
_DEEP = re.compile(r"^ {10}([+-]) ")
_WORDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.DELETE: "destroy",
    Action.REPLACE: "replace",
    Action.ROTATE: "rotate",
    Action.FORGET: "forget",
    Action.NO_OP: "adopt",
}
TONES = {
    Word.NO_CHANGES: "good",
    Word.APPLIED: "good",
    Word.VALID: "good",
    Word.FRESH: "good",
    Word.CHANGES: "change",
    Word.DRIFT: "warn",
    Word.UNHEALTHY: "warn",
    Word.UNDECIDED: "warn",
    Word.CANCELLED: "warn",
}


def tone(report: Report) -> str:
    """Return how a verdict looks: `good`, `change`, `warn` or `bad`."""
    return TONES.get(report.verdict.word, "bad")


def peers_of(report: Report) -> Peers:
    """Return what a report knows of peer names; as they will be wins over as they are."""
    known = [(address(name), body) for name, body in report.bodies]
    before = [(step.change.address, step.change.before) for step in report.steps]
    return Peers((*before, *known), report.peers)


def symbol(step: Step) -> str:
    """Return the plan's symbol of a step: `+`, `~`, `-`, `-/+`."""
    return SYMBOLS[shown_action(step.change, step.interim)].text


def action_word(step: Step) -> str:
    """Return the word for a step: `create`."""
    return _WORDS[shown_action(step.change, step.interim)]


def why(step: Step, kind: Kind) -> str:
    """Return why a step is planned, or how it ended; a blocked one, why it is blocked."""
    if kind is Kind.APPLY:
        return step.message
    if step.interim is not None:
        return f"{first_will(step.change, step.interim)}: {step.interim.why}".rstrip(": ")
    parts = reasons(step.change)
    return "; ".join([step.change.blocked.text, *parts] if step.change.blocked is not None else parts)


def detail_lines(step: Step, peers: Peers) -> list[str]:
    """Return what a step does to its object, a line each, beginning with `+`, `-`, `!` (changed) or a space,
    as `diff` does.
    """
    shown = paint(step_lines(step.change, step.interim, peers)).splitlines()[1:]
    return [_marked(line) for line in shown if not line.startswith("  # (because")]


def _marked(line: str) -> str:
    if match := _SIGN.match(line):
        return f"{match[1].replace('~', '!')} {line[match.end() :]}"
    if match := _DEEP.match(line):
        return f"{match[1]}     {line[match.end() :]}"
    return f"  {line.strip()}" if line.startswith("  # ") else f" {line}"


def risk_word(report: Report) -> str:
    """Return what the plan's actions do to access, the heaviest first, as a plan's last line has it; empty
    where they do nothing.
    """
    access = report.access
    if access is None or access.risk in ("", "none"):
        return ""
    closes = access.counts.get("closes", 0)
    broken = min(closes, max((step.risk.breaks for step in report.steps), default=0))
    down = sum(step.risk.meanwhile for step in report.steps)
    parts = [f"breaks {count(broken, 'path')}"] if broken else []
    parts += [f"takes down {count(down, 'path')} for a while"] if down else []
    parts += [f"closes {count(closes - broken, 'path')}"] if closes > broken else []
    changed = {verb: access.counts.get(verb, 0) for verb in ("opens", "changes")}
    parts += [f"{verb} {count(number, 'path')}" for verb, number in changed.items() if number]
    return "; ".join(parts) or ("breaks access" if access.risk == "breaks" else "")
