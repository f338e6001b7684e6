"""What a token needs for each thing that a reconciler does: all rules together, then without one."""

from __future__ import annotations

import pytest

from reconciler.emulator import ClusterSpec
from reconciler.emulator.acl.places import own_rules
from reconciler.emulator.acl.rules import Authorizer, merge
from tests.unit.emulator.conftest import SandboxLab

RULES = {
    "peering": 'peering = "write"',
    "mesh": 'mesh = "write"',
    "service_prefix": 'service_prefix "" { policy = "write"  intentions = "write" }',
    "node_prefix": 'node_prefix "" { policy = "read" }',
    "agent_prefix": 'agent_prefix "" { policy = "read" }',
    "operator": 'operator = "read"',
    "key_prefix": 'key_prefix "peer-reconciler/" { policy = "write" }',
    "session_prefix": 'session_prefix "" { policy = "write" }',
}
EXPORTS = {
    "Kind": "exported-services",
    "Name": "default",
    "Services": [{"Name": "a", "Consumers": [{"Peer": "p"}]}],
}
INTENTIONS = {"Kind": "service-intentions", "Name": "*", "Sources": [{"Name": "web", "Action": "allow"}]}
CALLS = {
    "token": ("POST", "/v1/peering/token", {"PeerName": "p"}),
    "read peerings": ("GET", "/v1/peerings", None),
    "delete peering": ("DELETE", "/v1/peering/p", None),
    "write exports": ("PUT", "/v1/config", EXPORTS),
    "write mesh": ("PUT", "/v1/config", {"Kind": "mesh"}),
    "write defaults": ("PUT", "/v1/config", {"Kind": "service-defaults", "Name": "a"}),
    "write intentions": ("PUT", "/v1/config", INTENTIONS),
    "read chain": ("GET", "/v1/discovery-chain/a", None),
    "agent self": ("GET", "/v1/agent/self", None),
    "usage": ("GET", "/v1/operator/usage", None),
    "state": ("PUT", "/v1/kv/peer-reconciler/state", "x"),
    "session": ("PUT", "/v1/session/create", {}),
}
NEEDS = {
    "peering": {"token", "delete peering"},
    "mesh": {"write exports", "write mesh"},
    "service_prefix": {"write defaults", "write intentions", "read chain"},
    "node_prefix": set(),
    "agent_prefix": {"agent self"},
    "operator": {"usage"},
    "key_prefix": {"state"},
    "session_prefix": {"session"},
}
ROOT = "root-token"


def denied(without: str) -> set[str]:
    lab = SandboxLab(ClusterSpec("dc1", acl=True, management_token=ROOT), delays=False)
    rules = "\n".join(text for name, text in RULES.items() if name != without)
    policy = {"Name": "reconciler", "Rules": rules}
    lab.ask("dc1", "PUT", "/v1/acl/policy", policy, **{"x-consul-token": ROOT})
    wanted = {"Policies": [{"Name": "reconciler"}]}
    made = lab.ask("dc1", "PUT", "/v1/acl/token", wanted, **{"x-consul-token": ROOT}).json()
    headers = {"x-consul-token": made["SecretID"]}
    return {
        name
        for name, (method, path, body) in CALLS.items()
        if lab.ask("dc1", method, path, body, **headers).status == 403
    }


def test_with_every_rule_everything_is_allowed() -> None:
    assert denied(without="") == set()


@pytest.mark.parametrize("rule", sorted(NEEDS))
def test_without_a_rule_exactly_what_needs_it_is_denied(rule: str) -> None:
    assert denied(without=rule) == NEEDS[rule]


def test_deny_wins_over_write_when_policies_meet() -> None:
    one, other = (
        own_rules('service "a" { policy = "write" }'),
        own_rules('service "a" { policy = "deny" }'),
    )
    assert not Authorizer(merge([one, other])).allows("service", "read", "a")


def test_a_denied_peering_read_takes_its_time_from_1_15_on() -> None:
    lab = SandboxLab(ClusterSpec("new", acl=True), ClusterSpec("old", acl=True, version="1.14"))
    assert lab.ask("new", "GET", "/v1/peerings").delay_s == 2.5
    assert lab.ask("old", "GET", "/v1/peerings").delay_s == 0
    assert lab.ask("new", "DELETE", "/v1/peering/p").delay_s == 0


def test_a_filtered_list_says_so() -> None:
    lab = SandboxLab(ClusterSpec("dc1", acl=True, management_token=ROOT))
    root = {"x-consul-token": ROOT}
    lab.ask("dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "a"}, **root)
    lab.ask("dc1", "PUT", "/v1/acl/policy", {"Name": "none", "Rules": 'key "x" { policy = "read" }'}, **root)
    made = lab.ask("dc1", "PUT", "/v1/acl/token", {"Policies": [{"Name": "none"}]}, **root).json()
    reply = lab.ask("dc1", "GET", "/v1/config/service-defaults", **{"x-consul-token": made["SecretID"]})
    assert (reply.body, reply.headers["X-Consul-Results-Filtered-By-ACLs"]) == (b"[]", "true")


@pytest.mark.parametrize("version", ["1.16", "1.18"])
@pytest.mark.parametrize("policy", ["allow", "deny"])
def test_the_agent_says_the_default_policy_and_since_1_18_that_intentions_have_none_of_their_own(
    version: str, policy: str
) -> None:
    spec = ClusterSpec("dc1", acl=True, default_policy=policy, management_token=ROOT, version=version)
    reply = SandboxLab(spec).ask("dc1", "GET", "/v1/agent/self", **{"x-consul-token": ROOT})
    debug = reply.json()["DebugConfig"]
    assert debug["ACLResolverSettings"]["ACLDefaultPolicy"] == policy
    assert debug.get("DefaultIntentionPolicy") == ("" if version == "1.18" else None)
