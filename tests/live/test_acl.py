"""The least policy on real servers: it suffices and nothing in it is spare; policies stand as declared."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.change import Action
from reconciler.model.plan import Mode
from tests.live.conftest import chosen_versions, running
from tests.live.guarding import guarded_by
from tests.support.acl_lab import (
    AclLab,
    named,
    policies_of_others_are_listed,
    rotation_names_the_rule_before_the_first_write,
    told,
    without,
)
from tests.support.agents import MANAGEMENT, Agent
from tests.support.lab import EXAMPLES

pytestmark = pytest.mark.live
AGENT = 'agent_prefix "" { policy = "read" }'


@pytest.fixture(scope="module", params=chosen_versions() or ["none"])
def guarded_trio(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Agent]]:
    yield from running(request.param, 3, tmp_path_factory.mktemp("acl"), acl=True)


@pytest.fixture
def real(guarded_trio: list[Agent], tmp_path: Path) -> AclLab:
    for file in (EXAMPLES / "01-three-clusters").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return guarded_by(guarded_trio, tmp_path)


async def test_the_least_policy_is_enough_from_first_plan_to_destroy(real: AclLab) -> None:
    real.hold(await real.least())

    await real.whole_walk()


async def test_the_least_policy_is_enough_beside_what_others_own(real: AclLab) -> None:
    theirs = {"Kind": "service-intentions", "Name": "theirs", "Sources": [{"Name": "x", "Action": "deny"}]}
    default = {"Kind": "service-defaults", "Name": "theirs", "Protocol": "http"}
    for name in real.addresses:
        real.call(name, "PUT", "/v1/config", default)
        real.call(name, "PUT", "/v1/config", theirs)
    try:
        real.hold(await real.least())
        await real.whole_walk()
    finally:
        for name in real.addresses:
            real.call(name, "DELETE", "/v1/config/service-intentions/theirs", None)
            real.call(name, "DELETE", "/v1/config/service-defaults/theirs", None)


async def test_without_any_one_rule_something_fails_and_the_plan_names_the_rule(real: AclLab) -> None:
    least = await real.least()
    spared = []
    for number, rule in enumerate(least["dc1"]):
        if rule != AGENT:
            real.hold(without(least, "dc1", number))
            said = told(await real.plan())
            if named(rule) not in said or "token for dc1" not in said:
                spared.append((rule, said))

    assert spared == []


async def test_planning_takes_no_more_than_the_plan_only_policy(real: AclLab) -> None:
    real.hold(await real.least())
    await real.must(Mode.NORMAL)
    real.hold(await real.least(read_only=True))
    plan = await real.plan()
    refused = await real.plan(Mode.DESTROY)
    real.hold(await real.least())
    await real.must(Mode.DESTROY)

    assert not plan.has_changes
    assert not plan.deferred
    assert all(change.blocked for change in refused.actions)


async def test_a_rotation_names_the_rule_before_the_first_write_and_rotates_the_rest(real: AclLab) -> None:
    real.declare("peerings: [{mesh: [dc1, dc2, dc3]}]\n")

    await rotation_names_the_rule_before_the_first_write(real)


EVERYTHING = """
intentions:
  dc1:
    "*":
      - {from: "*", action: deny}
    api:
      - {from: web, action: allow}
service_defaults:
  dc1: {api: {protocol: http}, web: {protocol: http}, blue: {protocol: http}, green: {protocol: http}}
routes:
  dc1:
    web:
      - {match: {path_prefix: /green}, to: green}
splits:
  dc1:
    api: {api: 50, blue: 50}
redirects:
  dc1: {old: other}
proxy_defaults:
  dc1: {config: {protocol: http}}
config_entries:
  dc1:
    - {Kind: terminating-gateway, Name: exit, Services: [{Name: outside}]}
    - Kind: ingress-gateway
      Name: entrance
      Listeners: [{Port: 9999, Protocol: http, Services: [{Name: blue}]}]
acl_policies:
  dc1:
    web: {rules: 'service "web" { policy = "write" }', description: the web team}
"""


async def test_the_least_policy_covers_every_kind_and_intentions_on_all(real: AclLab) -> None:
    real.declare(EVERYTHING)
    least = await real.least()
    real.hold(least)
    await real.whole_walk()

    spared = []
    for number, rule in enumerate(least["dc1"]):
        if rule != AGENT:
            real.hold(without(least, "dc1", number))
            said = told(await real.plan())
            if "token for dc1" not in said:
                spared.append((rule, said))

    assert spared == []


POLICY = """
acl_policies:
  dc1:
    app:
      description: of the app
      rules: |
        # what the app may do
        service "app" { policy = "write" }
        key_prefix "app/" { policy = "read" }
"""


async def test_a_policy_is_made_compared_by_rule_changed_and_removed(real: AclLab) -> None:
    def declare(policy: str) -> None:
        text = "clusters:\n" + f'  dc1: {{address: "{real.addresses["dc1"]}"}}\n' + policy
        (real.folder / "main.yaml").write_text(text)

    real.environ["RECONCILER_TOKEN_DC1"] = MANAGEMENT
    declare(POLICY)
    await real.must(Mode.NORMAL)
    made = real.call("dc1", "GET", "/v1/acl/policy/name/app", None)
    identifier = next(
        p["ID"] for p in real.call("dc1", "GET", "/v1/acl/policies", None) if p["Name"] == "app"
    )
    reordered = {"ID": identifier, "Name": "app", "Description": "of the app"}
    rules = '{"key_prefix": {"app/": {"policy": "read"}}, "service": {"app": {"policy": "write"}}}'
    real.call("dc1", "PUT", f"/v1/acl/policy/{identifier}", {**reordered, "Rules": rules})

    assert made["Description"] == "of the app"
    assert not (await real.plan()).has_changes

    real.call(
        "dc1", "PUT", f"/v1/acl/policy/{identifier}", {**reordered, "Rules": rules.replace("read", "write")}
    )
    drifted = await real.plan()
    assert [(change.action, change.fields[0].path) for change in drifted.actions] == [
        (Action.UPDATE, ("Rules", 'key_prefix "app/"', "policy"))
    ]
    await real.must(Mode.NORMAL)
    assert not (await real.plan()).has_changes

    declare(POLICY.replace('"write"', '"read"'))
    await real.must(Mode.NORMAL)
    await real.must(Mode.DESTROY)
    left = [policy["Name"] for policy in real.call("dc1", "GET", "/v1/acl/policies", None)]
    assert "app" not in left


async def test_without_the_agent_rule_a_run_works_and_old_servers_do_not_say_their_version(
    real: AclLab,
) -> None:
    least = await real.least()
    real.hold({name: [rule for rule in rules if rule != AGENT] for name, rules in least.items()})

    seen = (await real.plan()).clusters["dc1"]
    await real.whole_walk()

    config: Any = real.call("dc1", "GET", "/v1/agent/self", None)
    minor = int(config["Config"]["Version"].split(".")[1])
    assert seen.version.startswith("1.") if minor >= 16 else seen.version == "unknown"


async def test_policies_of_others_are_listed_where_the_token_may_list_them(
    guarded: list[Agent], tmp_path: Path
) -> None:
    await policies_of_others_are_listed(guarded_by(guarded, tmp_path))
