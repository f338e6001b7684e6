"""What a plan says about access, on clusters: what others wrote counts, and what is not known is named."""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.model.plan import Mode, Plan
from reconciler.model.reaching.diff import Effect, Risk
from reconciler.sdk.access.answer import Decision
from tests.flows.access.conftest import WHOLE, Estate

BOTH = WHOLE.replace("    api: [dc2]\n", "    api: [dc2]\n    db: [dc2]\n", 1)


def paths(plan: Plan, effect: Effect) -> list[str]:
    assert plan.access is not None
    return [str(path) for path in plan.access.of(effect)]


async def test_a_plan_without_changes_asks_nothing_about_access(estate: Estate) -> None:
    await estate.apply()
    await estate.plan()
    estate.clear()

    plan = await estate.plan()

    assert plan.access is None
    assert not [path for path in estate.reads if "service-router" in path or "proxy-defaults" in path]


async def test_a_plan_reads_each_list_once(estate: Estate) -> None:
    await estate.apply()
    estate.declare(BOTH)
    estate.clear()

    await estate.plan()

    lists = Counter(path for path in estate.reads if "/v1/config/" in path)
    assert lists["dc1/v1/config/service-router"] == 1
    assert {path: count for path, count in lists.items() if count > 1} == {}


REDIRECTED = """config_entries:
  dc2:
    - {Kind: service-defaults, Name: api, Protocol: http}
    - {Kind: service-defaults, Name: far, Protocol: http}
    - {Kind: service-resolver, Name: far, Redirect: {Service: api, Peer: us-prod}}
    - {Kind: service-splitter, Name: api, Splits: [{Weight: 50}, {Weight: 50, Service: far}]}
"""


async def test_checks_of_a_plan_use_the_lists_that_it_read(estate: Estate) -> None:
    await estate.apply()
    estate.declare(WHOLE + REDIRECTED)
    estate.clear()

    await estate.plan()

    lists = Counter(path for path in estate.reads if "/v1/config/" in path)
    assert lists["dc2/v1/config/service-resolver"] == lists["dc2/v1/config/service-splitter"] == 1
    assert {path: count for path, count in lists.items() if count > 1} == {}


async def test_intentions_of_others_decide_too(estate: Estate) -> None:
    await estate.apply()
    sources = [
        {"Name": "*", "Peer": "us-prod", "Action": "deny"},
        {"Name": "web", "Peer": "us-prod", "Action": "allow"},
    ]
    body = {"Kind": "service-intentions", "Name": "db", "Sources": sources}
    estate.call("dc1", "PUT", "/v1/config", body)
    estate.declare(BOTH)

    assert paths(await estate.plan(), Effect.OPENS) == ["web@dc2 -> db@dc1"]


async def test_without_the_intentions_of_others_everyone_gets_in(estate: Estate) -> None:
    await estate.apply()
    estate.declare(BOTH)

    assert paths(await estate.plan(), Effect.OPENS) == ["*@dc2 -> db@dc1"]


async def test_a_peering_that_goes_breaks_what_depends_on_it(estate: Estate) -> None:
    await estate.apply()

    plan = await estate.plan(Mode.DESTROY)

    assert plan.access is not None
    assert "web@dc2 -> api@dc1" in paths(plan, Effect.CLOSES)
    assert plan.access.risk is Risk.BREAKS


async def test_what_cannot_be_read_is_named_and_is_a_condition_of_what_opens(estate: Estate) -> None:
    await estate.apply()
    estate.world.faults.add(
        "answer", cluster="dc1", path="/v1/config/service-router", status=403, body="no", times=None
    )
    estate.declare(BOTH)

    plan = await estate.plan()

    assert plan.access is not None
    assert "service-router" in plan.access.unknown["dc1"]
    (opened,) = plan.access.of(Effect.OPENS)
    assert opened.after is Decision.DEPENDS
    assert any("service-router" in condition for condition in opened.conditions)


BALANCED = "config_entries:\n  dc1:\n    - {Kind: service-defaults, Name: api, Protocol: tcp%s}\n"


async def test_a_plan_asks_nothing_where_no_change_matters_to_access(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(*_: object) -> None:
        raise AssertionError("the world was asked for")

    estate.declare(WHOLE + BALANCED % "")
    await estate.apply()
    estate.declare(WHOLE + BALANCED % ", BalanceInboundConnections: exact_balance, Meta: {owner: shop}")
    monkeypatch.setattr("reconciler_consul.seen.seen", asked)

    plan = await estate.plan()

    assert [change.action.value for change in plan.actions] == ["update"]
    assert plan.access is None


async def test_with_policies_all_that_they_are_about_is_looked_at(estate: Estate) -> None:
    policies = 'policies: [{deny: "web@dc2 -> api@dc1"}]\n'
    estate.declare(WHOLE + BALANCED % "")
    await estate.apply()
    estate.declare(WHOLE + policies + BALANCED % ", Meta: {owner: shop}")

    plan = await estate.plan()

    assert [(one.path, one.blocks) for one in plan.policies] == [("web@dc2 -> api@dc1", False)]


async def test_what_no_path_of_a_plan_depends_on_is_not_said(estate: Estate) -> None:
    """A peering that belongs to no configuration leads to a cluster of which nothing is known."""
    await estate.apply()
    estate.call("dc1", "POST", "/v1/peering/token", {"PeerName": "stranger"})
    estate.declare(BOTH)
    plan = await estate.plan()
    assert plan.access is not None
    assert plan.access.count(Effect.OPENS)
    assert plan.access.unknown == {}
