"""The verdict of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.model.failure import ExitCode
from reconciler.model.plan import Mode, Plan, Summary
from reconciler.model.reaching.policy import Finding, Held
from reconciler.model.verdict.value import Verdict, Word, some

NO_CHANGES = {
    Mode.NORMAL: "No changes. Your infrastructure matches the configuration.",
    Mode.REFRESH_ONLY: "No changes. Your infrastructure still matches the configuration.",
    Mode.DESTROY: "No changes. No objects need to be destroyed.",
    Mode.ROTATE: "No changes. No secret was chosen to be renewed.",
}


def plan_verdict(plan: Plan, *, detailed: bool = False) -> Verdict:
    """Return a plan's verdict. Its exit code is 0, or 1 where nothing of what was asked for could be decided.
    With `detailed`: 2 for changes, 1 where something could not be decided. 4 where all of it is held back, or
    a limit or a policy blocks something of it.
    """
    word, text = conclusion(plan)
    return Verdict(_exit(plan, word, detailed=detailed), word, text)


def _exit(plan: Plan, word: Word, *, detailed: bool) -> ExitCode:
    if word is Word.BLOCKED:
        return ExitCode.REFUSED
    if not detailed:
        return ExitCode.ERROR if plan.decided_nothing else ExitCode.OK
    if word is Word.UNDECIDED or (plan.deferred and word is Word.UNHEALTHY):
        return ExitCode.ERROR
    return ExitCode.CHANGES if word in (Word.CHANGES, Word.DRIFT) else ExitCode.OK


def conclusion(plan: Plan) -> tuple[Word, str]:
    """Return the word and the sentence, never "No changes." where something is not known."""
    if plan.is_over_limit or plan.breaks_policies:
        return Word.BLOCKED, blocked_words(plan)
    if plan.mode is Mode.REFRESH_ONLY and (plan.drifted or plan.unhealthy):
        return (Word.DRIFT if plan.drifted or plan.has_changes else Word.UNHEALTHY), _outside(plan)
    if plan.has_changes:
        return Word.CHANGES, plan_counts(plan.summary())
    if plan.deferred:
        left = some(len(plan.deferred), "resource")
        return Word.UNDECIDED, f"No changes found, but {left} could not be decided."
    return Word.NO_CHANGES, no_changes(plan)


def blocked_words(plan: Plan) -> str:
    """Return the sentence of a plan that is held back, or of which a limit or a policy blocks something."""
    if plan.held_back:
        return f"Blocked: {plan.held_back}: nothing of this plan is applied."
    if plan.is_over_limit:
        first, *more = plan.safety.breaches
        return f"Blocked: {first}{f'; and {len(more)} more' if more else ''}."
    return f"Blocked: {', '.join(_blocking(plan.policies))}."


def _blocking(findings: Collection[Finding]) -> Iterator[str]:
    """Yield how many policies that block are broken, and how many of the others cannot be decided."""
    every = {(one.policy, one.origin) for one in findings if one.blocks}
    broken = {(one.policy, one.origin) for one in findings if one.blocks and one.held is Held.BROKEN}
    for count, said in ((len(broken), "broken"), (len(every) - len(broken), "not decided")):
        if count:
            yield f"1 policy is {said}" if count == 1 else f"{count} policies are {said}"


def _outside(plan: Plan) -> str:
    """Return what a look for drift found: changes, and what does not work."""
    parts = [f"{some(len(plan.drifted), 'object')} changed outside reconciler."] if plan.drifted else []
    parts += [f"{some(len(plan.unhealthy), 'object')} unhealthy."] if plan.unhealthy else []
    return " ".join(parts)


def no_changes(plan: Plan) -> str:
    """Return the sentence of a plan without changes."""
    if plan.not_recorded:
        return f"No changes outside reconciler in {some(plan.looked_at, 'recorded resource')}."
    if left := len(plan.safety.left_out):
        return f"No changes. {some(left, 'resource')} {'is' if left == 1 else 'are'} left out."
    if plan.undo is not None:
        return f"No changes. Your infrastructure matches what serial {plan.undo.serial} recorded."
    return NO_CHANGES[plan.mode]


def plan_counts(counts: Summary) -> str:
    """Return `Plan: 1 to add, 1 to change, 0 to destroy.`: exactly so, because machines read it."""
    return f"Plan: {counts.add} to add, {counts.change} to change, {counts.destroy} to destroy."
