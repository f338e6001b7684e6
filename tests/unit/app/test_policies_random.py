"""Policies on random worlds: what is found is what every pair says, and a plan leaves no more behind."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import pytest

from reconciler.app.planning.access.before import Before
from reconciler.app.planning.access.governing import governed
from reconciler.app.planning.access.policing import standing
from reconciler.model.block import Block
from reconciler.model.change import Action, Change
from reconciler.model.desired import DesiredState
from reconciler.model.plan import Mode, Plan
from reconciler.model.reaching.policy import Held, Party, Policy, Rule
from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.protocol import Analysis, World
from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.address import Address
from reconciler.sdk.globs import matches
from reconciler.sdk.provider import Settings
from reconciler_consul.kinds.names import entry_address
from reconciler_consul.provider import ConsulProvider
from tests.support.tables import each
from tests.unit.consul.access.test_changes_random import (
    CLUSTERS,
    NAMES,
    Entry,
    drawn,
    exports,
    peerings,
    world,
)

WORLDS = 300
PROVIDER = ConsulProvider({}, Settings())
Broken = set[tuple[str, str]]  # policy, path


def entries_of(chance: random.Random) -> dict[str, dict[tuple[str, str], Entry]]:
    found: dict[str, dict[tuple[str, str], Entry]] = {name: {} for name in CLUSTERS}
    for name in CLUSTERS:
        for entry in (exports(chance, name), *(drawn(chance, name) for _ in range(6))):
            found[name][entry["Kind"], entry["Name"]] = entry
    return found


def taken_to_run(entries: dict[str, dict[tuple[str, str], Entry]]) -> dict[str, Any]:
    """A world as plans see it: `*` is a destination, too. Servers took these entries."""
    return {**world(entries, peerings()), "named_services_run": True}


def policy(chance: random.Random) -> Policy:
    rule = chance.choice((Rule.DENY, Rule.DENY, Rule.REQUIRE))
    names = (*NAMES, "*", "[ab]", "zzz") if rule is Rule.DENY else NAMES
    caller, to = (_party(chance, names) for _ in range(2))
    excepted = (_party(chance, NAMES),) if rule is Rule.DENY and chance.random() < 0.4 else ()
    said = f"{caller.name}@{sorted(caller.clusters or '*')} -> {to.name}@{sorted(to.clusters or '*')}"
    return Policy(rule, f"{said} except {excepted}", caller, to, excepted)


def _party(chance: random.Random, names: tuple[str, ...]) -> Party:
    where = frozenset(chance.sample(CLUSTERS, chance.randint(1, 2))) if chance.random() < 0.7 else None
    return Party(chance.choice(names), where)


def broken(policy: Policy, analysis: Analysis) -> Broken:
    """What one finds by asking about every caller and every destination."""
    return {
        (str(policy), f"{caller} -> {to}")
        for caller in _callers(policy, analysis)
        for to in _targets(policy, analysis, caller)
        if caller != to and not any(_is(party, caller) for party in policy.excepted)
        if _breaks(policy.rule, analysis.answer(Question(caller, to)))
    }


def _is(party: Party, one: Service) -> bool:
    if party.clusters is not None and one.cluster not in party.clusters:
        return False
    return party.name == ANY if one.name == ANY else matches(party.name, one.name)


def _callers(policy: Policy, analysis: Analysis) -> list[Service]:
    """Those that are known; of a denial, whoever else may have such a name; of a requirement, those named."""
    found = {one for one in analysis.callers if _is(policy.caller, one)}
    if policy.rule is Rule.DENY or (policy.caller.is_exact and policy.caller.clusters):
        found |= {Service(name, policy.caller.name) for name in policy.caller.clusters or CLUSTERS}
    return sorted(found)


def _targets(policy: Policy, analysis: Analysis, caller: Service) -> Iterator[Service]:
    known = set(analysis.services)
    yield from (one for one in sorted(known) if _is(policy.to, one))
    for name in sorted(policy.to.clusters or CLUSTERS):
        one = Service(name, policy.to.name)
        if one in known:
            continue
        if policy.rule is Rule.REQUIRE and policy.to.is_exact and policy.to.clusters:
            yield one
        if policy.rule is Rule.DENY and caller.cluster != name:
            yield Service(name, ANY)  # it may be among those that nothing names


def _breaks(rule: Rule, answer: Answer) -> bool:
    decisions = [share.decision for share in answer.shares] or [answer.decision]
    passes = not answer.fails and any(one in (Decision.ALLOWED, Decision.DEPENDS) for one in decisions)
    return passes is (rule is Rule.DENY)


@pytest.mark.long
@each("seed", range(WORLDS))
def test_what_breaks_a_policy_is_what_every_pair_says(seed: int) -> None:
    chance = random.Random(seed)
    analysis = PROVIDER.analysis(taken_to_run(entries_of(chance)))
    for rule in [policy(chance) for _ in range(4)]:
        found = {(item.policy, item.path) for item in standing([rule], analysis, lambda _: "")}
        assert found == broken(rule, analysis), str(rule)


@pytest.mark.long
@each("seed", range(WORLDS))
def test_what_a_plan_leaves_behind_breaks_nothing_that_held(seed: int) -> None:
    chance = random.Random(seed)
    before = taken_to_run(entries_of(chance))
    changes = list(_changes(chance, before))
    rules = tuple({str(one): one for one in (policy(chance) for _ in range(4))}.values())

    made = _governed(before, changes, rules)

    done = {one.address: one.after for one in made.changes if one.blocked is None}
    one, two = PROVIDER.analysis(before), PROVIDER.analysis(PROVIDER.changed(before, done))
    was, now = ({key for rule in rules for key in broken(rule, at)} for at in (one, two))
    reported = {(item.policy, item.path) for item in made.policies if item.held is Held.BROKEN}
    assert now - was <= set(), "nothing is broken that held"
    assert now <= reported, "and what was broken before is told"


def _changes(chance: random.Random, before: World) -> Iterator[Change]:
    there = {
        (name, item["Kind"], item["Name"]): item
        for name, cluster in before["clusters"].items()
        for item in cluster["config_entries"]
    }
    written: dict[Address, Change] = {}
    for _ in range(chance.randint(1, 4)):
        cluster = chance.choice(CLUSTERS)
        entry = drawn(chance, cluster)
        key = entry["Kind"], entry["Name"]
        old = there.get((cluster, *key))
        new = None if old is not None and chance.random() < 0.4 else entry
        address = entry_address(key, cluster)
        action = Action.CREATE if old is None else Action.UPDATE if new else Action.DELETE
        written[address] = Change(address, action, provider="consul", before=old, after=new)
    yield from (_with(one, index=at) for at, one in enumerate(written.values(), 1))


def _with(change: Change, **more: Any) -> Change:
    return Change(**{item.name: getattr(change, item.name) for item in fields(change)} | more)


def _governed(before: World, changes: list[Change], rules: tuple[Policy, ...]) -> Plan:
    def again(blocks: Mapping[Address, Block]) -> Plan:
        return Plan(Mode.NORMAL, tuple(_with(one, blocked=blocks.get(one.address)) for one in changes))

    at = {"consul": Before("consul", PROVIDER, before, PROVIDER.analysis(before))}
    return governed(again({}), at, DesiredState({}, {}, policies=rules), again)[0]
