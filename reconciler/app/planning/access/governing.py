"""Policies in a plan: as few actions as possible are blocked where they break one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.app.planning.access.before import Before, bodies_after
from reconciler.app.planning.access.policing import LIMIT, At, broken_by, held, sides, standing
from reconciler.app.planning.access.reaching import Compared, compared, with_access
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Change
from reconciler.model.desired import DesiredState
from reconciler.model.plan import Plan
from reconciler.model.reaching.policy import Finding, Held, Policy
from reconciler.sdk.access.answer import Reason
from reconciler.sdk.access.question import Question, Service
from reconciler.sdk.address import Address

Again = Callable[[Mapping[Address, Block]], Plan]
"""Makes the plan again with these actions blocked, too."""


def governed(
    made: Plan, before: Mapping[str, Before], desired: DesiredState, again: Again
) -> tuple[Plan, Mapping[Address, Block]]:
    """Return the plan with what it does to access, with what breaks a policy blocked, and those blocks."""
    blocks: dict[Address, Block] = {}
    blocking: list[Finding] = []
    while True:
        differing = compared(made, before)
        found = [
            finding
            for name, one in before.items()
            for finding in _findings(made, one, differing[name], desired)
        ]
        new = {address: block for finding in found for address, block in _blocks(finding, blocks)}
        blocking += [finding for finding in found if finding.blocks]
        if not new:
            break
        blocks |= new
        made = again(blocks)
    seen = {(finding.policy, finding.path) for finding in blocking}
    kept = [*blocking, *(item for item in found if (item.policy, item.path) not in seen)]
    made = with_access(made, before, differing)
    warnings = tuple(text for one in before.values() for text in _too_many(one, desired.policies))
    return replace(made, policies=tuple(kept), warnings=(*made.warnings, *warnings)), blocks


def _findings(made: Plan, one: Before, found: Compared, desired: DesiredState) -> list[Finding]:
    """Return what breaks a policy because of the plan, and what breaks it already."""
    if not desired.policies:
        return []
    at = _places(made.changes, desired)
    new = list(broken_by(desired.policies, found.changes, one.analysis, found.after, at))
    new = [replace(item, by=_fewest(item, found.actions, one, desired.policies)) for item in new]
    known = {(item.policy, item.path) for item in new}
    small = [policy for policy in desired.policies if _is_small(policy, one)]
    old = [item for item in standing(small, found.after, at) if (item.policy, item.path) not in known]
    return [*new, *(item for item in old if item.held is Held.BROKEN)]


def _fewest(
    found: Finding, own: Sequence[Change], one: Before, policies: Sequence[Policy]
) -> tuple[Address, ...]:
    """Return the action that alone makes the difference, the last one in the plan; else all behind it."""
    policy = next(item for item in policies if (str(item), item.origin) == (found.policy, found.origin))
    caller, _, to = found.path.partition(" -> ")
    question = Question(Service.parse(caller), Service.parse(to), request=policy.request)
    behind = [change for change in own if change.address in found.by] or list(own)
    for change in reversed(behind) if len(behind) > 1 else ():
        without = one.after(bodies_after([item for item in own if item is not change]))
        if held(policy, without.answer(question)) is not found.held:
            return (change.address,)
    return tuple(change.address for change in behind)


def _blocks(found: Finding, known: Mapping[Address, Block]) -> Iterable[tuple[Address, Block]]:
    text = f"it would break the policy {found.policy}"
    if found.held is Held.UNDECIDED:
        text = f"whether it breaks the policy {found.policy} is not known"
    text += "" if found.policy.endswith(f": {found.path}") else f" ({found.path})"
    for address in found.by if found.blocks else ():
        if address not in known:
            yield address, Block(BlockKind.POLICY, text)


def _places(changes: Iterable[Change], desired: DesiredState) -> At:
    origins = {change.address: change.origin for change in changes if change.origin is not None}
    origins |= {address: item.origin for address, item in desired.resources.items() if item.origin}

    def at(reason: Reason | None) -> str:
        origin = reason.origin if reason is not None else None
        if origin is None or origin.address is None:
            return ""
        return str(origins.get(origin.address) or origin.address)

    return at


def _is_small(policy: Policy, one: Before) -> bool:
    callers, targets = sides(policy, one.analysis)
    return len(callers) * len(targets) <= LIMIT


def _too_many(one: Before, policies: Sequence[Policy]) -> Iterable[str]:
    for policy in policies:
        if not _is_small(policy, one):
            yield (
                f"the policy {policy} is about more than {LIMIT} paths: only those that this plan changes "
                "were checked; reconciler validate checks all that is declared"
            )
