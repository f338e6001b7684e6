"""How an apply ended: the counts, each failure with its cause and what to do, what was not tried and why."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from reconciler.model.diagnostic import Position
from reconciler.model.event import Failed, Outcome, Skipped, Unconfirmed
from reconciler.model.plan import Mode, Plan
from reconciler.model.verdict.applies import apply_verdict, refreshed
from reconciler.model.verdict.value import Word
from reconciler.render.plan.interims import NOUN
from reconciler.render.text.folding import alike, named
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, seconds, strong
from reconciler.sdk.errors import Invalid, NotSupported


def outcome_lines(plan: Plan, outcome: Outcome) -> list[Line]:
    """Return the summary of an apply."""
    out: list[Line] = [BLANK]
    if not outcome.is_complete:
        out += _partial(plan, outcome)
    else:
        out.append([Span(apply_verdict(plan, outcome).text, Tone.GOOD), _facts(outcome)])
    out += [["  note: ", note] for note in (*outcome.notes, *refreshed(plan))]
    if plan.deferred:
        left = f"{count(len(plan.deferred), 'resource')} not decided and left alone; see the plan."
        out.append([Span("Warning: ", Tone.WARN), left])
    return out


def _facts(outcome: Outcome) -> str:
    facts = [seconds(outcome.elapsed).replace("s", " s").replace("m", " m ")]
    facts += [count(outcome.requests, "request")] if outcome.requests else []
    facts += [f"{outcome.adopted} adopted"] if outcome.adopted else []
    facts += [f"{outcome.moved} moved"] if outcome.moved else []
    facts += [f"{outcome.forgotten} forgotten"] if outcome.forgotten else []
    facts += [count(outcome.interim, "interim step")] if outcome.interim else []
    return f"   ({', '.join([*facts, f'state serial {outcome.serial}'])})"


def _partial(plan: Plan, outcome: Outcome) -> list[Line]:
    places = {change.address: change.origin for change in plan.changes}
    head = apply_verdict(plan, outcome).text
    bad: tuple[Failed | Unconfirmed, ...] = (*outcome.failed, *outcome.unconfirmed)
    tone = Tone.BAD if bad else Tone.WARN
    title: Line = [Span(head, tone)]
    rows: list[Line] = []
    for failures in alike(bad, _reason_of):
        rows += (
            _failed_alike(failures) if failures[1:] else _failed(failures[0], places.get(failures[0].address))
        )
    for skipped in alike(outcome.skipped, _cause_of):
        rows += _skipped_alike(skipped) if skipped[1:] else _skipped(skipped[0])
    return [title, BLANK, *rows, BLANK, [_again(outcome)]]


def _reason_of(item: Failed | Unconfirmed) -> Hashable:
    """Return what failures of one cluster have in common, `None` for one that has lines of its own."""
    left, error = item.left if isinstance(item, Failed) else "", item.error
    alone = left or isinstance(error, Invalid | NotSupported)  # what is declared is to be changed
    return None if alone else (type(item), error.cluster or item.address.cluster, error.message, error.hint)


def _cause_of(item: Skipped) -> Hashable:
    return None if item.left else (item.because, item.action)


def _failed_alike(items: Sequence[Failed | Unconfirmed]) -> list[Line]:
    first = items[0]
    head: Line = [
        "  ",
        Span("✗", Tone.BAD),
        " ",
        strong(count(len(items), "resource")),
        f"  {first.error.message}",
    ]
    hint = [["      ", line] for line in first.error.hint.split("\n") if first.error.hint]
    return [head, *hint, ["      ", faint(named([item.address for item in items]))]]


def _skipped_alike(items: Sequence[Skipped]) -> list[Line]:
    first = items[0]
    head: Line = ["  ", faint("-"), f" {count(len(items), 'resource')}  {first.action.value} skipped  "]
    return [[*head, faint(first.because)], ["      ", faint(named([item.address for item in items]))]]


def _failed(item: Failed | Unconfirmed, place: Position | None) -> list[Line]:
    error = item.error
    out: list[Line] = [
        ["  ", Span("✗", Tone.BAD), " ", strong(str(item.address)), f"  {_what(item)}  ", error.message]
    ]
    if place is not None and isinstance(error, Invalid | NotSupported):  # what is declared is to be changed
        out.append(["      ", faint(f"declared at {place}")])
    out += [["      ", line] for line in error.hint.split("\n") if error.hint]
    return out + (_left(item) if isinstance(item, Failed) else [])


def _what(item: Failed | Unconfirmed) -> str:
    interim = item.interim if isinstance(item, Failed) else None
    return NOUN[interim].lower() if interim else item.action.value


def _skipped(item: Skipped) -> list[Line]:
    head: Line = ["  ", faint("-"), f" {item.address}  {item.action.value} skipped  ", faint(item.because)]
    return [head, *_left(item)]


def _left(item: Failed | Skipped) -> list[Line]:
    """Return what an interim step left of the object: the reader must know, callers may miss it."""
    return [["      ", Span("left at an interim step: ", Tone.WARN), item.left]] if item.left else []


def _again(outcome: Outcome) -> str:
    done = f"What was done is recorded (serial {outcome.serial})."
    if outcome.unconfirmed and not outcome.failed:
        return f"{done} Run the same command again: it writes what is different by then."
    if outcome.failed:
        return f"{done} Run the same command again after fixing this; nothing is repeated."
    if outcome.interrupted:
        return f"{done} Run the same command again to go on; nothing is repeated."
    if not (outcome.applied or outcome.adopted or outcome.interim or outcome.unconfirmed):
        return "Nothing was changed. It is refused until what blocks it is resolved."
    return f"{done} The rest is refused until what blocks it is resolved."


def nothing_done(plan: Plan) -> Line:
    """Return the last line of an apply that had nothing to do, or could not decide."""
    verdict = apply_verdict(plan, None)
    good = verdict.word is Word.APPLIED and not refreshed(plan)
    return [Span(verdict.text, Tone.GOOD if good else Tone.WARN)]


def dialing(plan: Plan, outcome: Outcome | None) -> list[Line]:
    """Return where callers find the names to dial, after an apply that created or changed what peers are
    given.
    """
    if (
        outcome is None
        or not outcome.applied
        or outcome.failed
        or outcome.unconfirmed
        or plan.mode is not Mode.NORMAL
    ):
        return []
    skipped = {item.address for item in outcome.skipped}
    exports = (change for change in plan.changes if change.address.type == "exported_services")
    given = [change for change in exports if not change.blocked and change.address not in skipped]
    if not any(change.is_action and change.after for change in given):
        return []
    items = (item for change in given for item in (change.after or {}).get("Services") or ())
    number = sum(1 for item in items if item.get("Consumers"))
    what = count(number, "service exported to peers", "services exported to peers")
    return [[faint(f"{what}. What each cluster imports and the names to dial: reconciler output")]]
