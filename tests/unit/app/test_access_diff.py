"""What a plan does to access: opened, closed and changed paths, the risk of each action, and policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.app.planning.access.before import Before
from reconciler.app.planning.access.governing import governed
from reconciler.config.load import load
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change
from reconciler.model.desired import DesiredState
from reconciler.model.diagnostic import Position
from reconciler.model.plan import Mode, Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.model.plan_digest import sealed
from reconciler.model.reaching.diff import AccessDiff, Effect, Risk
from reconciler.model.reaching.policy import Held, Policy
from reconciler.render.plan.access import access_lines
from reconciler.render.plan.as_json import plan_value
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import paint
from reconciler.sdk.address import Address
from tests.support.access.toy import ToyAnalyses

WEB, APP, SHOP = "web@dc1 -> api@dc2", "app@dc1 -> api@dc2", "shop@dc1 -> pay@dc2"
CLUSTERS = "clusters: {dc1: {address: 'http://127.0.0.1:8500'}, dc2: {address: 'http://127.0.0.1:8501'}}\npolicies:\n"


def change(text: str, before: Any = None, after: Any = None, **more: Any) -> Change:
    action = Action.CREATE if before is None else Action.DELETE if after is None else Action.UPDATE
    more = {"action": action, "origin": Position("team.yaml", len(text), 1)} | more
    return Change(Address.parse(text), provider="toy", before=before, after=after, **more)


def opens(*paths: str) -> dict[str, Any]:
    return {"Open": list(paths)}


def made(*changes: Change) -> Plan:
    numbered = [
        Change(**{name: getattr(one, name) for name in one.__dataclass_fields__} | {"index": n})
        for n, one in enumerate(changes, 1)
    ]
    return Plan(Mode.NORMAL, tuple(numbered))


def policies(*texts: str, folder: Any) -> tuple[Policy, ...]:
    (folder / "a.yaml").write_text(CLUSTERS + "".join(f"  - {text}\n" for text in texts))
    loaded = load(folder)
    assert loaded.desired is not None, loaded.diagnostics
    return loaded.desired.policies


def planned(*changes: Change, rest: Mapping[str, Any] | None = None, rules: tuple[Policy, ...] = ()) -> Plan:
    """The plan of these changes, with what it does to access; `rest` are objects that stay."""
    toy = ToyAnalyses()
    live = {Address.parse(text): body for text, body in (rest or {}).items()}
    live |= {one.address: one.before for one in changes if one.before is not None}
    world = toy.declared(live)
    before = {"toy": Before("toy", toy, world, toy.analysis(world))}

    def again(blocks: Mapping[Address, Block]) -> Plan:
        return made(
            *(
                Change(
                    **{name: getattr(one, name) for name in one.__dataclass_fields__}
                    | {"blocked": blocks.get(one.address)}
                )
                for one in changes
            )
        )

    return governed(made(*changes), before, DesiredState({}, {}, policies=rules), again)[0]


def page(plan: Plan) -> str:
    return paint(plan_lines(sealed(plan)))


def section(plan: Plan) -> list[str]:
    return paint(access_lines(plan.access)).splitlines()


def test_paths_that_open_close_and_change() -> None:
    rest = {"entry.dc2/rest": opens("a@dc1 -> b@dc2", "c@dc1 -> b@dc2")}
    plan = planned(
        change("entry.dc2/new", None, opens(WEB, APP + " GET,HEAD /quote*")),
        change("entry.dc2/old", opens(SHOP), None),
        change("entry.dc2/other", opens("x@dc1 -> y@dc2 GET /v1/*"), opens("x@dc1 -> y@dc2")),
        rest=rest,
    )
    assert section(plan) == [
        "Access opened",
        "  + app@dc1 -> api@dc2    GET,HEAD /quote*",
        "  + web@dc1 -> api@dc2",
        "Access closed",
        "  - shop@dc1 -> pay@dc2    default deny",
        "Access changed",
        "  ~ x@dc1 -> y@dc2    GET /v1/* -> allowed",
        "2 unchanged",
        "",
    ]
    assert "Risk: closes 1 path; opens 2 paths, changes 1 path." in page(plan)


def test_nothing_opens_and_nothing_closes() -> None:
    plan = planned(
        change("entry.dc2/a", opens(WEB), opens(WEB) | {"Size": 1}), rest={"entry.dc2/b": opens(APP)}
    )
    assert section(plan) == [], "and the page is as short as without it"
    assert "Risk" not in page(plan)
    assert plan.access is not None
    assert plan.access.unchanged == 2


def test_many_paths_are_counted_by_pair_of_clusters() -> None:
    many = [f"web{n:02}@dc{1 + n % 2} -> api@dc3" for n in range(30)]
    plan = planned(change("entry.dc3/new", None, opens(*many)))
    assert section(plan)[:3] == [
        "Access opened",
        "  + 15 paths  dc1 -> dc3   web00@dc1 -> api@dc3, web02@dc1 -> api@dc3, web04@dc1 -> api@dc3, …",
        "  + 15 paths  dc2 -> dc3   web01@dc2 -> api@dc3, web03@dc2 -> api@dc3, web05@dc2 -> api@dc3, …",
    ]
    assert plan.access is not None
    assert len(plan.access.of(Effect.OPENS)) == 30, "JSON has them all"


def test_each_action_says_what_it_does_to_access() -> None:
    link = {"Ways": [WEB, APP]}
    plan = planned(
        change("entry.dc2/api", None, opens(SHOP)),
        change("link.dc1/dc2", link, None),
        change("entry.dc2/none", {"Size": 1}, {"Size": 2}),
        rest={"entry.dc2/opening": opens(WEB, APP), "link.dc1/dc3": {"Ways": [SHOP]}},
    )
    assert plan.access is not None
    first, second = plan.access.radii
    assert (first.risk, first.opens, first.paths) == (Risk.OPENS, 1, (SHOP,))
    assert (second.risk, second.breaks, second.paths) == (Risk.BREAKS, 2, (APP, WEB))
    text = page(plan)
    assert "  # breaks 2 paths: app@dc1 -> api@dc2, web@dc1 -> api@dc2 (no peering)" in text
    assert "  # opens 1 path: shop@dc1 -> pay@dc2" in text
    assert "Risk: breaks 2 paths (link.dc1/dc2); opens 1 path." in text, "the heaviest first"


def test_what_is_replaced_is_down_for_a_while() -> None:
    link = {"Ways": [WEB]}
    replaced = change("link.dc1/dc2", link, {"Ways": [WEB], "Names": {"dc1": "b"}}, action=Action.REPLACE)
    rest = {"entry.dc2/opening": opens(WEB), "link.dc1/dc3": {"Ways": [SHOP]}}
    plan = planned(replaced, rest=rest)
    assert "  # takes down 1 path for a while: web@dc1 -> api@dc2" in page(plan)
    assert "Risk: takes down 1 path for a while (link.dc1/dc2)." in page(plan)
    assert plan.access is not None
    assert plan.access.risk is Risk.BREAKS
    assert plan.access.of(Effect.CLOSES) == (), "it is back after the plan"


def test_blocked_actions_change_no_access() -> None:
    blocked = change("entry.dc2/new", None, opens(WEB), blocked=Block(BlockKind.PROTECTED, "protected"))
    plan = planned(blocked, change("entry.dc2/x", None, opens(APP)))
    assert plan.access is not None
    assert [str(path) for path in plan.access.paths] == [APP]


def test_a_plan_file_and_the_digest_have_all_of_it(tmp_path: Any) -> None:
    rules = policies('{deny: "shop -> *"}', folder=tmp_path)
    changes = (change("entry.dc2/new", None, opens(WEB)), change("entry.dc2/pay", None, opens(SHOP)))
    plan = sealed(planned(*changes, rules=rules))
    back = decode(json.loads(json.dumps(encode(plan))))
    assert (back.access, back.policies) == (plan.access, plan.policies)
    forged = json.loads(json.dumps(encode(plan)))
    forged["access"]["paths"] = []
    assert sealed(decode(forged)).digest != plan.digest


def test_json() -> None:
    plan = planned(change("entry.dc2/new", None, opens(WEB + " GET /v1/*")))
    value = plan_value(plan, "1")
    assert value["access"]["opened"] == [
        {
            "from": "web@dc1",
            "to": "api@dc2",
            "before": "denied",
            "after": "depends",
            "was": [],
            "conditions": ["GET /v1/*"],
            "because": "web@dc1 allow",
            "breaks": False,
            "objects": ["entry.dc2/new"],
        }
    ]
    assert value["actions_order"][0]["access"] == {
        "risk": "opens",
        "because": "",
        **{"opens": 1, "closes": 0, "breaks": 0, "changes": 0, "meanwhile": 0},
        "paths": ["web@dc1 -> api@dc2 (GET /v1/*)"],
        "would": False,
    }
    assert plan_value(made(), "1")["access"] is None, "nobody was asked"


def test_a_denied_path_blocks_what_opens_it(tmp_path: Any) -> None:
    rules = policies('{deny: "* -> pay@*", except: [app], reason: money}', folder=tmp_path)
    plan = planned(
        change("entry.dc2/bad", None, opens(SHOP)), change("entry.dc2/good", None, opens(WEB)), rules=rules
    )
    bad, good = plan.changes
    assert bad.blocked is not None
    assert (bad.blocked.kind, good.blocked) == (BlockKind.POLICY, None)
    assert bad.blocked.text == "it would break the policy deny: * -> pay@* (shop@dc1 -> pay@dc2)"
    (found,) = plan.policies
    assert (found.held, found.path, found.blocks) == (Held.BROKEN, SHOP, True)
    assert found.at == "team.yaml:13:1", "where what opens it is declared"
    assert plan.breaks_policies
    assert plan.access is not None
    assert [str(path) for path in plan.access.paths] == [WEB], "what is blocked opens nothing"
    text = page(plan)
    assert "Policy broken: deny: * -> pay@*   money   (" in text
    assert "    shop@dc1 -> pay@dc2: allowed: shop@dc1 allow   (team.yaml:13:1)" in text
    assert "      blocked: entry.dc2/bad" in text


def test_a_required_path_blocks_what_closes_it(tmp_path: Any) -> None:
    rules = policies('{require: "web@dc1 -> api@dc2"}', folder=tmp_path)
    plan = planned(change("entry.dc2/old", opens(WEB), None), rules=rules)
    assert plan.changes[0].blocked is not None
    assert plan.policies[0].why == "denied: default deny"


def test_only_the_action_that_makes_the_difference_is_blocked(tmp_path: Any) -> None:
    rules = policies('{deny: "shop -> pay"}', folder=tmp_path)
    plan = planned(
        change("link.dc1/dc2", None, {"Ways": [SHOP, WEB]}),
        change("entry.dc2/api", None, opens(WEB)),
        change("entry.dc2/pay", None, opens(SHOP)),
        rules=rules,
    )
    assert [bool(one.blocked) for one in plan.changes] == [False, False, True]


def test_what_breaks_a_policy_already_blocks_nothing(tmp_path: Any) -> None:
    rules = policies('{deny: "shop -> pay"}', folder=tmp_path)
    plan = planned(
        change("entry.dc2/new", None, opens(WEB)), rest={"entry.dc2/old": opens(SHOP)}, rules=rules
    )
    (found,) = plan.policies
    assert (found.by, found.blocks, plan.breaks_policies) == ((), False, False)
    assert "so it is already; this plan does not change it" in page(plan)


@pytest.mark.parametrize("choice", ["warn", "block"])
def test_a_policy_that_cannot_be_decided(choice: str, tmp_path: Any) -> None:
    rules = policies(f'{{deny: "shop -> pay", undecided: {choice}}}', folder=tmp_path)
    plan = planned(change("entry.dc2/new", None, opens(SHOP + " ?")), rules=rules)
    (found,) = plan.policies
    assert (found.held, found.blocks) == (Held.UNDECIDED, choice == "block")
    assert bool(plan.changes[0].blocked) == (choice == "block")
    assert found.why == "depends on: the default is not known"
    assert "Policy not decided: deny: shop -> pay" in page(plan)


def test_a_request_that_may_get_through_breaks_a_denial(tmp_path: Any) -> None:
    rules = policies('{deny: "shop -> pay"}', folder=tmp_path)
    plan = planned(change("entry.dc2/new", None, opens(SHOP + " GET /v1/*")), rules=rules)
    assert plan.policies[0].why == "allowed for GET /v1/*: shop@dc1 allow"


def test_a_requirement_holds_where_some_request_gets_through(tmp_path: Any) -> None:
    rules = policies('{require: "shop -> pay"}', folder=tmp_path)
    plan = planned(change("entry.dc2/x", opens(SHOP), opens(SHOP + " GET /v1/*")), rules=rules)
    assert plan.policies == ()


def test_nothing_is_kept_of_a_plan_that_asks_nobody() -> None:
    assert paint(access_lines(None)) == ""
    assert AccessDiff().risk is Risk.NONE
