"""ACLs on sandbox clusters: the least policy suffices, nothing in it is spare, plans tell what is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.serve.options import MANAGEMENT_TOKEN
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.drifting.report import DriftChoice
from reconciler.model.plan import Mode, Selection
from tests.support.acl_lab import (
    AclLab,
    named,
    policies_of_others_are_listed,
    reader,
    rotation_names_the_rule_before_the_first_write,
    told,
    without,
)
from tests.support.lab import EXAMPLES, Lab
from tests.support.virtual import CLOCK

NAMES = ("dc1", "dc2", "dc3")
AGENT = 'agent_prefix "" { policy = "read" }'


class Sandbox(AclLab):
    """Three sandbox clusters with ACLs."""

    def __init__(self, folder: Path) -> None:
        specs = [ClusterSpec(name, acl=True, port=8500 + 20 * number) for number, name in enumerate(NAMES)]
        self.world = World(specs, clock=CLOCK, delays=False)
        transports = dict.fromkeys(NAMES, SandboxTransport(self.world))
        super().__init__(folder, {name: self.world.url(name) for name in NAMES}, self._call, transports)

    def _call(self, cluster: str, method: str, path: str, body: object) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"x-consul-token": MANAGEMENT_TOKEN}
        path, _, query = path.partition("?")
        reply = self.world.handle(cluster, Request(method, path, query, headers, content))
        assert isinstance(reply, Response)
        assert reply.status < 300, reply.body
        return reader(reply.body)

    @property
    def writes(self) -> list[str]:
        """Writes on the wire; questions are none."""
        return [
            f"{r.method} {r.cluster}{r.path}"
            for r in self.world.requests
            if r.method != "GET" and not r.path.startswith(("/v1/acl", "/v1/internal"))
        ]

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.world.requests)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    for file in (EXAMPLES / "01-three-clusters").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return Sandbox(tmp_path)


async def test_the_least_policy_is_enough_from_first_plan_to_destroy(sandbox: Sandbox) -> None:
    sandbox.hold(await sandbox.least())

    await sandbox.whole_walk()


async def test_the_least_policy_is_enough_beside_what_others_own(sandbox: Sandbox) -> None:
    """Their entries are filtered out of every list; ours are absent all the same, and that is certain."""
    for kind in ("service-defaults", "service-resolver", "service-splitter"):
        for name in NAMES:
            sandbox.call(name, "PUT", "/v1/config", {"Kind": kind, "Name": "theirs"} | OTHERS.get(kind, {}))
    theirs = {"Kind": "service-intentions", "Name": "theirs", "Sources": [{"Name": "x", "Action": "deny"}]}
    sandbox.call("dc1", "PUT", "/v1/config", theirs)
    sandbox.hold(await sandbox.least())

    await sandbox.whole_walk()


OTHERS: dict[str, dict[str, Any]] = {
    "service-defaults": {"Protocol": "http"},
    "service-splitter": {"Splits": [{"Weight": 100}]},
}


async def test_without_any_one_rule_something_fails_and_the_plan_names_the_rule(sandbox: Sandbox) -> None:
    least = await sandbox.least()
    spared = []
    for cluster, rules in least.items():
        for number, rule in enumerate(rules):
            if rule == AGENT:
                continue  # without it a cluster's version may be unknown, and nothing fails
            sandbox.hold(without(least, cluster, number))
            sandbox.world.requests.clear()
            plan = await sandbox.plan()
            if named(rule) not in told(plan) or f"token for {cluster}" not in told(plan):
                spared.append((cluster, rule, told(plan)))
            assert sandbox.writes == []

    assert spared == []


async def test_a_weaker_rule_is_named_before_the_first_write_and_the_rest_goes_on(sandbox: Sandbox) -> None:
    least = await sandbox.least()
    weak = 'service "api" { policy = "read" }'
    sandbox.hold({**least, "dc1": [weak if '"api"' in rule else rule for rule in least["dc1"]]})

    done = await sandbox.apply()

    blocked = {str(change.address): str(change.blocked) for change in done.plan.actions if change.blocked}
    missing = 'the token for dc1 lacks service "api" { policy = "write" }'
    assert blocked["service_defaults.dc1/api"] == missing
    assert 'intentions = "write"' in blocked["service_intentions.dc1/api"]
    assert "which is blocked" in blocked["exported_services.dc1/default"]
    assert done.plan.warnings[0].splitlines()[0] == "add to the policy of the token for dc1:"
    assert done.outcome is not None
    assert done.outcome.failed == ()
    assert {str(event.address) for event in done.outcome.skipped} == set(blocked)
    assert done.outcome.added == len(done.plan.actions) - len(blocked)


LINKS = "peerings: [{mesh: [dc1, dc2, dc3]}]\n"


async def test_a_rotation_names_the_rule_before_the_first_write_and_rotates_the_rest(
    sandbox: Sandbox,
) -> None:
    sandbox.declare(LINKS)

    await rotation_names_the_rule_before_the_first_write(sandbox)


async def test_a_rotation_that_is_allowed_asks_once(sandbox: Sandbox) -> None:
    sandbox.declare(LINKS)
    sandbox.hold(await sandbox.least())
    await sandbox.must(Mode.NORMAL)
    sandbox.world.requests.clear()

    rotated = await sandbox.rotate()

    assert sandbox.count("/v1/internal/acl/authorize") == len(NAMES)
    assert rotated.plan.warnings == ()
    assert rotated.outcome is not None
    assert rotated.outcome.changed == 3


async def test_several_clusters_are_reported_at_once(sandbox: Sandbox) -> None:
    sandbox.hold(await sandbox.least(read_only=True))

    plan = await sandbox.plan()

    assert plan.actions
    assert all(change.blocked for change in plan.actions)
    assert [warning.splitlines()[0][-4:] for warning in plan.warnings] == ["dc1:", "dc2:", "dc3:"]
    assert 'peering = "write"' in plan.warnings[1]


async def test_planning_takes_no_more_than_the_plan_only_policy(sandbox: Sandbox) -> None:
    sandbox.hold(await sandbox.least())
    await sandbox.must(Mode.NORMAL)
    reading = await sandbox.least(read_only=True)
    sandbox.hold(reading)

    plan = await sandbox.plan()

    assert not plan.has_changes
    assert not plan.deferred
    assert not any('"write"' in rule for rules in reading.values() for rule in rules)


async def test_the_preflight_costs_one_request_a_cluster_with_changes(sandbox: Sandbox) -> None:
    sandbox.hold(await sandbox.least())
    sandbox.world.requests.clear()
    await sandbox.plan()
    asked = sandbox.count("/v1/internal/acl/authorize")
    await sandbox.must(Mode.NORMAL)
    sandbox.world.requests.clear()

    await sandbox.plan()

    # Peerings are asked about apart: in a federation all else is written in the primary datacenter.
    assert asked <= 2 * len(NAMES)
    assert sandbox.count("/v1/internal/acl/authorize") == 0


async def test_a_cluster_that_cannot_be_asked_is_no_obstacle(sandbox: Sandbox) -> None:
    sandbox.hold(await sandbox.least(read_only=True))
    real = sandbox.world.handle

    def handle(cluster: str, request: Request, *more: Any) -> Any:
        if "authorize" in request.path:
            return Response(404, {"Content-Type": "text/plain"}, b"Invalid URL path")
        return real(cluster, request, *more)

    sandbox.world.handle = handle  # type: ignore[method-assign]

    done = await sandbox.apply()

    assert not any(change.blocked for change in done.plan.actions)
    assert done.outcome is not None
    assert done.outcome.failed != ()
    assert all(failed.error.code == "denied" for failed in done.outcome.failed)


ENTRY = "config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http}]}\n"


async def test_the_least_policy_has_what_marks_of_states_take(tmp_path: Path) -> None:
    lab = Sandbox(tmp_path)
    (tmp_path / "reconciler.yaml").write_text("mark_clusters: true\n")
    lab.declare(ENTRY)
    rules = await lab.least()
    assert 'key_prefix "reconciler/" { policy = "write" }' in rules["dc2"]
    lab.hold(rules)
    applied = await lab.apply()
    assert applied.outcome is not None
    assert applied.outcome.notes == ()
    assert lab.count(f"/v1/kv/reconciler/{(await lab.state()).lineage}/serial") == 3, "each is marked once"


async def test_a_cluster_that_does_not_let_its_token_mark_is_named_and_nothing_fails(tmp_path: Path) -> None:
    lab = Sandbox(tmp_path)
    (tmp_path / "reconciler.yaml").write_text("mark_clusters: true\n")
    lab.declare(ENTRY)
    rules = await lab.least()
    lab.hold({**rules, "dc2": [rule.replace('"write"', '"read"') for rule in rules["dc2"]]})
    applied = await lab.apply()
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert [text.split(" (")[0] for text in applied.outcome.notes] == [
        "dc2 does not keep the mark of the state"
    ]
    lab.hold({**rules, "dc2": [rule for rule in rules["dc2"] if "key_prefix" not in rule]})
    assert any("dc2 does not let its token read the mark" in text for text in (await lab.plan()).warnings)


async def test_policies_of_others_are_listed_where_the_token_may_list_them(tmp_path: Path) -> None:
    guarded = Sandbox(tmp_path)
    del guarded.addresses["dc3"]  # type: ignore[attr-defined]
    await policies_of_others_are_listed(guarded)


async def test_a_cluster_without_acls_has_no_policies_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 1)
    lab.write(lab.clusters_yaml())
    found = await app.drift(lab.options(), Selection(), DriftChoice(unmanaged=True))
    assert (found.plan.warnings, found.drift and found.drift.items) == ((), ())
