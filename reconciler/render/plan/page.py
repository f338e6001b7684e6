"""The plan as a page: what was read, what changed outside, what will be done and why, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.model.change import Action, Change
from reconciler.model.plan import Deferred, Mode, Plan, Summary
from reconciler.model.verdict.plans import plan_counts, plan_verdict
from reconciler.model.verdict.value import Verdict, Word
from reconciler.render.plan.access import access_lines, policy_lines, risk_words
from reconciler.render.plan.actions import (
    LEGEND,
    SYMBOLS,
    because_lines,
    header,
    shown_action,
    step_lines,
    summary_line,
)
from reconciler.render.plan.drift import drift_lines
from reconciler.render.plan.ignored import ignored_lines
from reconciler.render.plan.safety import freeze_lines, safety_lines
from reconciler.render.text.folding import alike, named
from reconciler.render.text.lines import BLANK, Line, Part, Span, Tone, count, faint, seconds, strong
from reconciler.render.text.peers import Peers

_LISTED = 10  # resources of one cause that are not decided, up to which all are named
_NAMED = 8  # clusters up to which each is shown with its version

_TONES = {
    Word.BLOCKED: Tone.BAD,
    Word.CHANGES: Tone.STRONG,
    Word.DRIFT: Tone.WARN,
    Word.NO_CHANGES: Tone.GOOD,
    Word.UNDECIDED: Tone.WARN,
    Word.UNHEALTHY: Tone.WARN,
}


def plan_lines(
    plan: Plan, *, elapsed: float | None = None, summary: bool = False, verdict: Verdict | None = None
) -> list[Line]:
    """Return the whole page; with `summary` one line an action. `elapsed` is seconds spent, where known;
    `verdict`, the run's, if it is not just that of the plan.
    """
    peers = known_peers(plan)
    out = [*read_lines(plan, elapsed), *_undo(plan), BLANK, *drift_lines(plan, peers)]
    out += moved_lines(plan)
    if plan.actions or _quiet(plan):
        out += _actions(plan, peers, summary)
    out += access_lines(plan.access) + policy_lines(plan)
    out += freeze_lines(plan.frozen) + safety_lines(plan.safety) + deferred_lines(plan.deferred)
    out += ignored_lines(plan.ignored) + remark_lines(plan)
    return out + verdict_lines(plan, verdict or plan_verdict(plan))


def known_peers(plan: Plan) -> Peers:
    """Return what the plan knows of peer names; as they will be wins over as they are.

    Of objects that need no action only our own part is believed: a plan's digest covers no more of them.
    """
    before = [(change.address, change.before) for change in plan.actions]
    owned = [(change.address, change.owned) for change in plan.changes if not change.is_action]
    after = [(change.address, change.after) for change in plan.actions]
    return Peers((*before, *owned, *after), plan.peers)


def read_lines(plan: Plan, elapsed: float | None) -> list[Line]:
    """Return which clusters were read."""
    answered = [seen for seen in plan.clusters.values() if not seen.problem]
    if not answered:
        return [["Read no cluster."]]
    took = f" in {seconds(elapsed).replace('s', ' s')}" if elapsed is not None else ""
    asked = f" ({count(plan.requests, 'request')})" if plan.requests else ""
    if len(answered) <= _NAMED:
        names = " · ".join(f"{seen.name} {seen.version}".strip() for seen in answered)
    else:
        versions = Counter(seen.version or "unknown version" for seen in answered)
        names = " · ".join(f"{number} × {version}" for version, number in sorted(versions.items()))
    return [[f"Read {count(len(answered), 'cluster')}{took}{asked}: {names}"]]


def _undo(plan: Plan) -> list[Line]:
    """Return what an undo goes back to: `Undo: back to serial 4 (apply, 2026-11-30T05:17:37Z, by ann@ci)`."""
    undo = plan.undo
    if undo is None:
        return []
    by = f"by {undo.by}" if undo.by else ""
    saved = ", ".join(filter(None, (undo.operation, undo.at, by)))
    from_ = f"; the state is at serial {plan.serial}"
    return [[strong(f"Undo: back to serial {undo.serial}"), f"{f' ({saved})' if saved else ''}{from_}"]]


def moved_lines(plan: Plan) -> list[Line]:
    """Return the recorded objects that get another address."""
    lines: list[Line] = [["  # ", strong(str(old)), f" has moved to {new}"] for old, new in plan.moves]
    return [*lines, BLANK] if lines else []


def _quiet(plan: Plan) -> list[Change]:
    """Return what changes only the record: objects adopted as they are, and records that are removed.

    With refresh-only that is all there is, and the drift section shows it.
    """
    if plan.mode is Mode.REFRESH_ONLY:
        return []
    return [c for c in plan.changes if not c.is_action and (c.adopt or c.action is Action.FORGET)]


def _actions(plan: Plan, peers: Peers, summary: bool) -> Iterator[Line]:
    if plan.actions:
        yield [_heading(plan)]
        yield BLANK
        yield _legend(plan)
        yield BLANK
    radii = {radius.address: radius for radius in plan.access.radii} if plan.access else {}
    for change, interim in plan.steps:
        if summary:
            yield summary_line(change, interim)
        else:
            yield from step_lines(change, interim, peers, radii.get(change.address))
            yield BLANK
    quiet = _quiet(plan)
    for change in quiet:
        if summary:
            yield summary_line(change)
        else:
            yield header(change)
            yield from because_lines(change)
    if quiet or summary:
        yield BLANK


def _heading(plan: Plan) -> str:
    if plan.is_applyable:
        return "reconciler will perform these actions, in this order:"
    return "These actions are needed, and all of them are blocked:"


def _legend(plan: Plan) -> Line:
    used = {shown_action(change, interim) for change, interim in plan.steps}
    parts: list[Part] = ["  "]
    for action, words in LEGEND.items():
        if action in used:
            parts += [SYMBOLS[action], f" {words}   "]
    return parts


def deferred_lines(deferred: tuple[Deferred, ...]) -> list[Line]:
    """Return what is not decided, by cause, with what depends on it."""
    causes: dict[str, list[Deferred]] = {}
    for item in deferred:
        causes.setdefault(item.because, []).append(item)
    out: list[Line] = []
    hanging: list[Deferred] = []
    for because, items in causes.items():
        if items[0].is_dependent:
            hanging += items
            continue
        left = "1 resource is unknown and left alone." if len(items) == 1 else ""
        left = left or f"{len(items)} resources are unknown and left alone."
        out.append([Span("Not decided: ", Tone.WARN), f"{because.rstrip('.')}. {left}"])
        out += [["    ", str(item.address)] for item in items[:_LISTED]]
        if len(items) > _LISTED:
            out.append(["    ", f"and {len(items) - _LISTED} more (plan --json has all)"])
        hint = f"hint: {items[0].hint}" if items[0].hint else ""
        out += [["    ", faint(text)] for text in hint.splitlines()]
    out += _dependents(hanging)
    return [*out, BLANK] if out else []


def _dependents(items: list[Deferred]) -> list[Line]:
    """Return what is not decided because it depends on something that is not."""
    out: list[Line] = [[Span("Not decided because of that:", Tone.WARN)]] if items else []
    for group in alike(items, lambda item: item.because):
        addresses = str(group[0].address) if not group[1:] else named([item.address for item in group])
        out.append(["    ", f"{addresses}   ", faint(f"({group[0].because})")])
    return out


def remark_lines(plan: Plan, *, unhealthy: bool = True) -> list[Line]:
    """Return what is unhealthy (unless it is shown elsewhere), notes on objects that need no action, and the
    plan's warnings.
    """
    out: list[Line] = [
        [Span("Unhealthy: ", Tone.BAD), f"{change.address}: {change.unhealthy}"]
        for change in (plan.unhealthy if unhealthy else ())
    ]
    for change in plan.changes:
        if not change.is_action:
            out += [[Span("Note: ", Tone.WARN), f"{change.address}: {note}"] for note in change.notes]
    for first, *more in (text.split("\n") for text in (*plan.warnings, *plan.remarks)):
        out += [[Span("Warning: ", Tone.WARN), first], *([line] for line in more)]
    if plan.not_recorded:
        out.append([Span("Warning: ", Tone.WARN), _not_looked_at(plan)])
    narrowed = plan.selection.targets or plan.selection.excludes
    if narrowed and plan.mode is not Mode.ROTATE:
        out.append(
            [Span("Warning: ", Tone.WARN), "the plan is narrowed; there may be more to do than it says"]
        )
    return [*out, BLANK] if out else []


def _not_looked_at(plan: Plan) -> str:
    missing = len(plan.not_recorded)
    several = "are not recorded and were" if missing > 1 else "is not recorded and was"
    return (
        f"{missing} of {missing + plan.looked_at} resources {several} not looked at for drift; "
        "what is to be done about them: reconciler plan"
    )


def verdict_lines(plan: Plan, verdict: Verdict) -> list[Line]:
    """Return the verdict; of a plan with changes with its counts, its risk and its fingerprint."""
    said: Line = [Span(verdict.text, _TONES[verdict.word])]
    if verdict.word not in (Word.CHANGES, Word.BLOCKED):
        return [said]
    counts = plan.summary()
    numbers: Line = [strong(plan_counts(counts)), _also(counts), risk_words(plan.access)]
    return [*([said] if verdict.word is Word.BLOCKED else []), numbers, ["Fingerprint: ", plan.fingerprint]]


def _also(counts: Summary) -> str:
    """Return what the three numbers do not say."""
    more = [
        f"{number} {words}"
        for number, words in (
            (counts.adopt, "to adopt"),
            (counts.forget, "to forget"),
            (counts.move, "to move"),
            (counts.blocked, "blocked"),
            (counts.deferred, "not decided"),
            (counts.destroy_adopted, "of those to destroy not created by reconciler, but adopted"),
        )
        if number
    ]
    more += [count(counts.interim, "interim step")] if counts.interim else []
    return f"   Also: {', '.join(more)}." if more else ""
