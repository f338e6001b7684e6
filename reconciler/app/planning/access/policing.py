"""Policies against what an analysis answers: which paths break one, and which cannot be decided. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from reconciler.app.planning.access.effects import deciding, unknown_steps
from reconciler.model.reaching.policy import Finding, Held, Policy, Rule, Undecided
from reconciler.sdk.access.answer import Answer, Decision, Reason
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.access.protocol import Analysis
from reconciler.sdk.access.question import ANY, ANY_REQUEST, Question, Service
from reconciler.sdk.address import Address

At = Callable[[Reason | None], str]
"""Where a reason comes from: `teams/shop.yaml:14:7`, or the cluster and the entry."""

Pair = tuple[Service, Service]

LIMIT = 20_000  # paths of one policy that a plan looks at besides those that it changes
# Steps that depend on the request where they are not decided, or on instances, which are taken to run.
_OF_REQUESTS = frozenset({"permissions", "chain", "exporter-chain", "instances"})


def held(policy: Policy, answer: Answer) -> Held:
    """Say how a policy holds on one path: a request that may get through breaks a denial, and one that may be
    refused does not break a requirement, where some request gets through.
    """
    passes = _passes(answer)
    if passes is None:
        return Held.UNDECIDED
    return Held.HOLDS if passes is (policy.rule is Rule.REQUIRE) else Held.BROKEN


def _passes(answer: Answer) -> bool | None:
    """Say whether some request gets through; `None` where that is not known."""
    if answer.decision is not Decision.DEPENDS or answer.fails:
        return answer.may_succeed
    unknown = unknown_steps(answer)
    return True if unknown and _OF_REQUESTS.issuperset(unknown) else None


def broken_by(
    policies: Sequence[Policy], changes: AccessChanges, before: Analysis, after: Analysis, at: At
) -> Iterator[Finding]:
    """Yield the paths that a change of the world makes break a policy, or makes undecided."""
    every = [*changes.opened, *changes.closed, *changes.changed]
    compared = {(change.caller, change.to) for change in every}
    known = set(after.services)
    for change in every:
        for policy in policies:
            caller = _caller(policy, change, compared)
            if caller is not None and _concerns(policy, caller, change.to, known):
                was, now = _answers(policy, caller, change, before, after)
                result = held(policy, now)
                if result is not Held.HOLDS and held(policy, was) is not result:
                    objects = tuple(sorted(change.objects, key=Address.sort_key))
                    yield finding(policy, now, result, at, objects)


def _caller(policy: Policy, change: AccessChange, compared: Container[Pair]) -> Service | None:
    """Return whom a policy asks about in a change: its caller. Where that stands for all services that are
    not named otherwise, it is the one that the policy names, or the glob itself.
    """
    if change.caller.name != ANY or policy.caller.name == ANY:
        return change.caller
    one = Service(change.caller.cluster, policy.caller.name, change.caller.namespace)
    return one if (one, change.to) not in compared else None


def _concerns(policy: Policy, caller: Service, to: Service, known: Container[Service]) -> bool:
    """Say whether a policy is about a path. A destination that stands for all services that are not named
    otherwise is one that a denial is about where it may be among them, and the caller is of another cluster:
    what nothing names is reached from there by a wildcard alone.
    """
    if to.name != ANY:
        return policy.concerns(caller, to)
    if policy.rule is not Rule.DENY or caller.cluster == to.cluster:
        return False
    if policy.to.name == ANY:
        return policy.concerns(caller, to)
    one = Service(to.cluster, policy.to.name, to.namespace)
    return one not in known and policy.concerns(caller, one)


def _answers(
    policy: Policy, caller: Service, change: AccessChange, before: Analysis, after: Analysis
) -> tuple[Answer, Answer]:
    """Return the answers before and after for the request that the policy is about."""
    if policy.request == ANY_REQUEST and caller == change.caller:
        return change.before, change.after
    question = Question(caller, change.to, request=policy.request)
    return before.answer(question), after.answer(question)


def finding(
    policy: Policy, answer: Answer, result: Held, at: At, objects: tuple[Address, ...] = ()
) -> Finding:
    """Return what is reported of one path."""
    reason = deciding(answer)
    question = answer.question
    blocks = bool(objects) and (result is Held.BROKEN or policy.undecided is Undecided.BLOCK)
    return Finding(
        str(policy),
        policy.origin,
        result,
        f"{question.caller} -> {question.to}",
        _said(answer, result, reason) + _among(policy, question.to),
        at(reason),
        policy.reason,
        objects,
        blocks,
    )


def _said(answer: Answer, result: Held, reason: Reason | None) -> str:
    """Return `allowed: intention "web@dc1" allow`, or what an answer depends on."""
    if result is Held.UNDECIDED:
        return f"depends on: {'; '.join(answer.conditions)}" if answer.conditions else "not known"
    limits = f" for {'; '.join(answer.conditions)}" if answer.conditions else ""
    word = "allowed" if answer.decision is Decision.DEPENDS else answer.decision.value
    because = reason.text.removeprefix(f"{word}: ") if reason is not None else ""
    return f"{word}{limits}{f': {because}' if because else ''}"


def _among(policy: Policy, to: Service | None) -> str:
    """Say why a policy that names a destination is about all that are not named."""
    if to is None or to.name != ANY or policy.to.name == ANY:
        return ""
    return f"; {policy.to.name} may be among these: nothing names it on {to.cluster}"


def standing(policies: Sequence[Policy], world: Analysis, at: At) -> Iterator[Finding]:
    """Yield every path of a world that breaks a policy or of which that cannot be decided."""
    known = set(world.services)
    for policy in policies:
        callers, targets = sides(policy, world)
        for answer in world.pairs(callers, targets, policy.request) if callers and targets else ():
            caller, to = answer.question.caller, answer.question.to
            about = to is not None and _concerns(policy, caller, to, known)
            result = held(policy, answer) if about else Held.HOLDS
            if result is not Held.HOLDS:
                yield finding(policy, answer, result, at)


def sides(policy: Policy, world: Analysis) -> tuple[list[Service], list[Service]]:
    """Return the callers and the destinations that a policy is about: those that are known, and those that it
    names at clusters of its own choice. A denial is also about callers that are not known, by their name or
    by the glob that stands for them, and about destinations that are not known, which `*` stands for.
    """
    callers = {service for service in world.callers if policy.caller.covers(service)}
    targets = {service for service in world.services if policy.to.covers(service)}
    clusters = set(world.clusters)
    if policy.caller.name == ANY or policy.rule is Rule.DENY:
        anyone = (Service(name, policy.caller.name, policy.caller.namespace) for name in clusters)
        callers |= {one for one in anyone if policy.caller.covers(one)}
    if policy.rule is Rule.DENY:
        named = (Service(name, policy.to.name, policy.to.namespace) for name in clusters)
        unknown = (one for one in named if policy.to.clusters is None or one.cluster in policy.to.clusters)
        targets |= {Service(one.cluster, ANY) for one in unknown if one not in targets}
    for party, found in ((policy.caller, callers), (policy.to, targets)):
        if party.is_exact and party.clusters is not None:
            found |= {Service(cluster, party.name, party.namespace) for cluster in party.clusters & clusters}
    return sorted(callers, key=_order), sorted(targets, key=_order)


def _order(service: Service) -> tuple[str, str, str]:
    return (service.cluster, service.name, service.namespace or "")
