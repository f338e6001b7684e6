"""The order of a plan where servers judge writes: what is taken, interim steps, closing before opening."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.planner import make_plan
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Reason
from reconciler.model.plan import Mode, Plan, Selection, TakeDown
from reconciler.sdk.foresight import Way, Write
from tests.support.judged import JudgedServers, at
from tests.support.memory import MemoryServers
from tests.support.plans import KINDS_IN_PLAY, desired, providers, recorded, resource, state
from tests.support.tables import each

Bodies = Mapping[str, Mapping[str, Any]]


async def planned(
    before: Bodies, after: Bodies, sure: bool = True, **more: Any
) -> tuple[Plan, JudgedServers]:
    """The plan from one configuration, recorded and live, to another."""
    world = MemoryServers()
    needs = more.pop("needs", {})
    for name, body in before.items():
        world.put(at(name), body)
    protect = more.pop("protect", ())
    world.unreadable = {at(name) for name in more.pop("unreadable", ())}
    want = desired(
        *(resource(str(at(n)), b, needs.get(n, ()), protect=n in protect) for n, b in after.items())
    )
    known = state(*(recorded(str(at(n)), b) for n, b in before.items()))
    observed = await refresh(wanted(want.resources, known.resources), providers(world))
    servers = JudgedServers({at(name): body for name, body in before.items()}, sure)
    inputs = Inputs(want, known, observed, KINDS_IN_PLAY, standings={"memory": servers}, **more)
    return make_plan(inputs), servers


def steps(plan: Plan) -> list[str]:
    """Steps in order: `update x`, or `widen x` for one in between."""
    found = []
    for change in plan.actions:
        if not change.blocked:
            found.append((change.index, f"{change.action.value} {change.address.name}"))
        if change.interim is not None:
            found.append((change.interim.index, f"{change.interim.way.value} {change.address.name}"))
    return [text for _, text in sorted(found)]


def check_every_order(plan: Plan, servers: JudgedServers) -> None:
    """Whatever a run does at the same time, no write of the plan is refused."""
    for seed in range(20):
        rng = random.Random(seed)
        trial = JudgedServers(servers.bodies)
        todo: dict[tuple[Any, bool], tuple[Any, set[Any]]] = {}
        for change in plan.actions:
            if change.blocked:
                continue
            own = {(a, False) for a in change.waits_for} | {(a, True) for a in change.waits_for_interim}
            if change.interim is not None:
                own.add((change.address, True))
                first = change.interim
                before = {(a, False) for a in first.waits_for} | {(a, True) for a in first.waits_for_interim}
                todo[change.address, True] = (first.after, before)
            todo[change.address, False] = (change.after, own)
        while todo:
            ready = sorted(key for key, (_, before) in todo.items() if not before & todo.keys())
            key = rng.choice(ready)
            body, _ = todo.pop(key)
            verdict = trial.judge(Write(key[0], body))
            assert not verdict.refused, (key, verdict.refused, seed)
            trial.put(Write(key[0], body))


WEB = {"Tone": "low", "Has": ["v1"]}
SPLIT = {"Tone": "low", "Uses": {"web": "v1"}}


async def test_what_lets_go_is_done_before_what_it_needed_changes() -> None:
    plan, servers = await planned({"web": WEB, "split": SPLIT}, {"web": {"Tone": "high", "Has": ["v2"]}})
    assert steps(plan) == ["delete split", "update web"]
    assert plan.actions[1].waits_for == (at("split"),)
    check_every_order(plan, servers)


async def test_an_object_that_drops_a_use_goes_before_the_used_one() -> None:
    after = {"web": {"Tone": "low", "Has": ["v2"]}, "split": {"Tone": "low"}}
    plan, servers = await planned({"web": WEB, "split": SPLIT}, after)
    assert steps(plan) == ["update split", "update web"]
    check_every_order(plan, servers)


async def test_where_neither_may_go_first_the_used_one_is_widened() -> None:
    after = {"web": {"Tone": "low", "Has": ["v2"]}, "split": {"Tone": "low", "Uses": {"web": "v2"}}}
    plan, servers = await planned({"web": WEB, "split": SPLIT}, after)
    assert steps(plan) == ["widen web", "update split", "update web"]
    web = next(change for change in plan.actions if change.address == at("web"))
    assert web.interim is not None
    assert web.interim.after == {"Tone": "low", "Has": ["v1", "v2"]}
    assert web.interim.owned == {"Tone": "low", "Has": ["v1", "v2"]}
    assert web.interim.was == WEB
    assert "split" in web.interim.why or "web" in web.interim.why
    assert next(c for c in plan.actions if c.address == at("split")).waits_for_interim == (at("web"),)
    check_every_order(plan, servers)


async def test_where_nothing_can_be_widened_the_user_is_taken_down_and_put_back() -> None:
    after = {"web": {**WEB, "Tone": "high"}, "split": {**SPLIT, "Tone": "high"}}
    plan, servers = await planned({"web": WEB, "split": SPLIT}, after)
    assert steps(plan) == ["take-down split", "update web", "update split"]
    check_every_order(plan, servers)


async def test_an_object_that_needs_no_change_is_put_back_as_it_was() -> None:
    """The tone of a middle object changes and changes back nowhere: only its user is in the way."""
    before = {
        "web": {"Tone": "low", "Has": ["v1"]},
        "db": {"Tone": "low", "Has": ["v1"]},
        "split": {"Tone": "low", "Uses": {"web": "v1"}},
    }
    after = {**before, "web": {"Tone": "low", "Has": ["v2"]}, "split": {"Tone": "low", "Uses": {"web": "v2"}}}
    plan, servers = await planned(before, after)
    assert all(change.address != at("db") for change in plan.actions)
    check_every_order(plan, servers)


async def test_two_new_objects_that_need_each_other_start_with_a_reduced_one() -> None:
    after = {
        "a": {"Tone": "low", "Has": ["v1"], "Uses": {"b": "v1"}},
        "b": {"Tone": "low", "Has": ["v1"], "Uses": {"a": "v1"}},
    }
    plan, servers = await planned({}, after)
    assert steps(plan) == ["take-down a", "create b", "create a"]
    check_every_order(plan, servers)


async def test_take_downs_that_change_access_may_be_refused() -> None:
    """With `never`, nothing is taken down, and the change that needed it is blocked with the reason."""
    after = {"web": {**WEB, "Tone": "high"}, "split": {**SPLIT, "Tone": "high"}}
    plan, _ = await planned({"web": WEB, "split": SPLIT}, after, take_down=TakeDown.NEVER)
    blocked = {change.address.name: str(change.blocked) for change in plan.actions}
    assert "differ in tone" in blocked["web"]
    assert "take_down: never" in blocked["split"] + blocked["web"]
    assert not any(change.interim for change in plan.actions)


async def test_what_no_order_makes_possible_is_blocked_with_the_servers_words() -> None:
    plan, _ = await planned({"web": WEB, "split": SPLIT}, {"web": {"Tone": "low", "Has": []}, "split": SPLIT})
    (web,) = plan.actions
    assert str(web.blocked) == "dc1 would refuse it: web has no v1"


async def test_a_write_refused_because_of_unmanaged_objects_is_blocked() -> None:
    uses = {"Tone": "low", "Uses": {"theirs": "v1", "absent": "v1"}}
    plan, _ = await planned({}, {"split": uses})
    (split,) = plan.actions
    assert str(split.blocked) == "dc1 would refuse it: theirs has no v1"


async def test_where_the_servers_are_not_known_in_full_nothing_is_blocked() -> None:
    after = {"web": {"Tone": "low", "Has": []}, "split": SPLIT}
    plan, _ = await planned({"web": WEB, "split": SPLIT}, after, sure=False)
    assert [change.blocked for change in plan.actions] == [None]


async def test_closing_goes_first_and_opening_waits_for_it() -> None:
    before = {"rules": {"Denies": ["api@dc2"]}, "shows": {"Shows": ["api@dc2", "web@dc2"]}}
    after = {"rules": {}, "shows": {"Shows": ["web@dc2"]}}
    plan, _ = await planned(before, after)
    assert steps(plan) == ["update shows", "update rules"]
    assert plan.actions[1].waits_for == (at("shows"),)


async def test_adding_a_deny_goes_before_showing() -> None:
    before = {"rules": {}, "shows": {"Shows": []}, "also": {"Denies": ["web@dc3"]}}
    after = {"rules": {"Denies": ["api@dc2"]}, "shows": {"Shows": ["api@dc2"]}, "also": {}}
    plan, _ = await planned(before, after)
    assert steps(plan).index("update rules") < steps(plan).index("update shows")


async def test_what_closes_for_one_and_opens_for_another_is_split_in_two() -> None:
    before = {"rules": {"Denies": ["api@dc2"]}, "shows": {"Shows": ["api@dc2", "log@dc2"]}}
    after = {"rules": {"Denies": ["web@dc2"]}, "shows": {"Shows": ["log@dc2", "web@dc2"]}}
    plan, _ = await planned(before, after)
    assert steps(plan) == ["narrow shows", "update rules", "update shows"]
    shows = next(change for change in plan.actions if change.address == at("shows"))
    assert shows.interim is not None
    assert shows.interim.after == {"Shows": ["log@dc2"]}
    assert shows.interim.why == "it closes access before entry.dc1/rules opens it"


async def test_changes_that_wait_for_each_other_go_on_and_the_plan_says_so() -> None:
    before = {"a": {"Denies": ["api@dc2", "web@dc3"]}, "b": {"Denies": ["log@dc2"]}}
    after = {"a": {"Denies": ["log@dc2"]}, "b": {"Denies": ["api@dc2", "web@dc3"]}}
    plan, _ = await planned(before, after)
    assert len(steps(plan)) == 2
    assert sum("may open access before" in note for change in plan.actions for note in change.notes) == 1


async def test_an_opening_change_is_blocked_with_the_closing_one() -> None:
    before = {"rules": {"Denies": ["api@dc2"]}, "shows": {"Shows": ["api@dc2"]}}
    plan, _ = await planned(
        before,
        {"rules": {}, "shows": {}},
        blocks={at("shows"): Block(BlockKind.NO_PERMISSION, "the token lacks mesh")},
    )
    blocked = {change.address.name: str(change.blocked) for change in plan.actions}
    assert blocked == {"shows": "the token lacks mesh", "rules": "needs entry.dc1/shows, which is blocked"}


async def test_an_opening_change_waits_for_a_closing_one_that_is_not_decided() -> None:
    """The export could not be read. If it is as it was recorded, it still shows what the deny is for."""
    before = {"rules": {"Denies": ["api@dc2"]}, "shows": {"Shows": ["api@dc2"]}, "other": {"Size": 1}}
    after = {"rules": {}, "shows": {}, "other": {"Size": 2}}
    plan, _ = await planned(before, after, unreadable=("shows",))
    assert steps(plan) == ["update other"]
    because = {item.address.name: item.because for item in plan.deferred}
    assert because["rules"] == (
        "entry.dc1/shows is unknown, and may have to close access before this opens it"
    )


async def test_an_undecided_object_that_would_not_change_keeps_nothing_back() -> None:
    before = {"rules": {"Denies": ["api@dc2"]}, "shows": {"Shows": ["web@dc2"]}}
    plan, _ = await planned(before, {"rules": {}, "shows": {"Shows": ["web@dc2"]}}, unreadable=("shows",))
    assert steps(plan) == ["update rules"]


async def test_a_protected_object_is_not_taken_down_whole() -> None:
    after = {"web": {**WEB, "Tone": "high"}, "split": {**SPLIT, "Tone": "high"}}
    plan, _ = await planned({"web": WEB, "split": SPLIT}, after, protect=("split",))
    split = next(change for change in plan.actions if change.address == at("split"))
    assert split.interim is not None
    assert split.interim.after == {"Tone": "low"}


async def test_an_unchanged_object_in_the_way_is_replaced_with_its_reason() -> None:
    """Two tones meet in `top`; both change, it does not."""
    before = {
        "web": {"Has": ["v1"], "Tone": "low"},
        "top": {"Uses": {"web": "v1"}, "Tone": "low"},
    }
    after = {"web": {"Has": ["v1"], "Tone": "high"}, "top": {"Uses": {"web": "v1"}, "Tone": "high"}}
    plan, servers = await planned(before, after)
    assert steps(plan) == ["take-down top", "update web", "update top"]
    check_every_order(plan, servers)


@each("seed", range(150))
async def test_any_configuration_to_any_other(seed: int) -> None:
    rng = random.Random(seed)

    def drawn() -> dict[str, dict[str, Any]]:
        names = ["a", "b", "c", "d", "e"]
        tone = rng.choice(["low", "high"])
        out: dict[str, dict[str, Any]] = {}
        for name in names:
            if rng.random() < 0.75:
                out[name] = {"Tone": tone, "Has": rng.sample(["v1", "v2", "v3"], rng.randint(1, 2))}
        for name, body in out.items():
            uses = {o: rng.choice(out[o]["Has"]) for o in out if o > name and rng.random() < 0.5}
            if uses:
                body["Uses"] = uses
        return out

    plan, servers = await planned(drawn(), drawn())
    assert not [change.blocked for change in plan.actions if change.blocked]
    check_every_order(plan, servers)


async def test_destroying_follows_what_is_taken() -> None:
    world, _ = await planned({"web": WEB, "split": SPLIT}, {}, mode=Mode.DESTROY, selection=Selection())
    assert steps(world) == ["delete split", "delete web"]
    assert all(change.action is Action.DELETE for change in world.actions)
    assert all(change.reason is not Reason.TAKEN_DOWN for change in world.actions)
    assert all(change.interim is None or change.interim.way is Way.WIDEN for change in world.actions)
