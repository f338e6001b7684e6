"""The verdict of an apply, a destroy and a rotation."""

from __future__ import annotations

from reconciler.model.event import Outcome
from reconciler.model.failure import ExitCode
from reconciler.model.plan import Mode, Plan
from reconciler.model.verdict.value import Verdict, Word, some


def apply_verdict(plan: Plan, outcome: Outcome | None) -> Verdict:
    """Return the verdict of an approved apply; `None` is an outcome with nothing to do."""
    found = outcome or Outcome()
    word = _word(plan, found)
    return Verdict(_EXITS[word], word, _text(plan, found, nothing=outcome is None))


def _word(plan: Plan, outcome: Outcome) -> Word:
    short = Word.PARTIAL if outcome.applied + outcome.interim else Word.FAILED
    if outcome.interrupted:
        return Word.INTERRUPTED
    if outcome.failed or outcome.unconfirmed:
        return short
    if outcome.skipped:  # nothing failed: a safety check refused
        return Word.BLOCKED
    if plan.deferred:
        return Word.PARTIAL if short is Word.PARTIAL else Word.UNDECIDED
    return Word.APPLIED


_EXITS = {
    Word.APPLIED: ExitCode.OK,
    Word.PARTIAL: ExitCode.PARTIAL,
    Word.FAILED: ExitCode.ERROR,
    Word.UNDECIDED: ExitCode.ERROR,
    Word.BLOCKED: ExitCode.REFUSED,
    Word.INTERRUPTED: ExitCode.INTERRUPTED,
}


def _text(plan: Plan, outcome: Outcome, *, nothing: bool) -> str:
    if not outcome.is_complete:
        return f"Interrupted: {partial(outcome)}" if outcome.interrupted else partial(outcome)
    left = f"{some(len(plan.deferred), 'resource')} could not be decided."
    if nothing and plan.deferred:
        return f"Nothing was done: {left}"
    if nothing and (kept := refreshed(plan)):
        return f"Nothing was recorded: {'; '.join(kept)}."
    return f"{complete(plan.mode, outcome)} {left}" if plan.deferred else complete(plan.mode, outcome)


def complete(mode: Mode, outcome: Outcome) -> str:
    """Return `Apply complete! Resources: 2 added, 1 changed, 0 destroyed.`: exactly so, machines read it."""
    if mode is Mode.DESTROY:
        return f"Destroy complete! Resources: {outcome.destroyed} destroyed."
    if mode is Mode.ROTATE:
        return f"Rotate complete! Resources: {outcome.changed} rotated."
    counts = f"{outcome.added} added, {outcome.changed} changed, {outcome.destroyed} destroyed."
    return f"Apply complete! Resources: {counts}"


def partial(outcome: Outcome) -> str:
    """Return `2 applied, 1 failed, 1 skipped`; of what was applied, how much is no longer as written, and of
    the rest, how much is left at an interim step.
    """
    text = f"{outcome.applied} applied, {len(outcome.failed)} failed, {len(outcome.skipped)} skipped"
    text += f"; {len(outcome.unconfirmed)} not as written" if outcome.unconfirmed else ""
    return f"{text}; {outcome.left} left at an interim step" if outcome.left else text


def refreshed(plan: Plan) -> list[str]:
    """Return what the state now records after a refresh, and what it cannot record."""
    if plan.mode is not Mode.REFRESH_ONLY or not plan.drifted:
        return []
    stays = [str(change.address) for change in plan.drifted if change.drift.stays]
    done = len(plan.drifted) - len(stays)
    out = [f"recorded as now on the clusters: {some(done, 'object')}"] if done else []
    if stays:
        named = f"{stays[0]}{f' and {len(stays) - 1} more' if len(stays) > 1 else ''}"
        out.append(f"still different: {named}; apply undoes it, or declare it in the configuration")
    return out
