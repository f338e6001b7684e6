"""What clients of other projects do: events, queries, coordinates, ACL bootstrap, snapshots, waiting."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from reconciler.emulator import Block, ClusterSpec, Request
from reconciler.emulator.agent.content_hash import content_hash
from reconciler.emulator.routes import ROUTES
from tests.unit.emulator.conftest import SandboxLab

PAGE = Path(__file__).parents[3] / "docs" / "guides" / "sandbox.md"


def test_an_event_wakes_who_waits_for_one_of_its_name() -> None:
    lab = SandboxLab()
    lab.ask("dc1", "PUT", "/v1/event/fire/deploy")
    index = lab.ask("dc1", "GET", "/v1/event/list?name=deploy").headers["X-Consul-Index"]
    block = lab.send("dc1", "GET", f"/v1/event/list?name=deploy&index={index}")
    assert isinstance(block, Block)
    assert not block.ready()
    lab.ask("dc1", "PUT", "/v1/event/fire/other")
    assert not block.ready()
    lab.ask("dc1", "PUT", "/v1/event/fire/deploy")
    assert block.ready()


def test_a_query_fails_over_to_a_peer() -> None:
    lab = SandboxLab()
    lab.peer()
    lab.ask("dc1", "PUT", "/v1/agent/service/register", {"Name": "api", "Port": 80})
    services = [{"Name": "api", "Consumers": [{"Peer": "dc2"}]}]
    lab.put("dc1", "exported-services", "default", Services=services)
    lab.pass_time(6)
    body = {"Name": "q", "Service": {"Service": "api", "Failover": {"Targets": [{"Peer": "dc1"}]}}}
    lab.ask("dc2", "POST", "/v1/query", body)
    found = lab.get("dc2", "/v1/query/q/execute")
    assert (found["PeerName"], found["Failovers"], len(found["Nodes"])) == ("dc1", 1, 1)


def test_the_nearest_node_comes_first() -> None:
    lab = SandboxLab()
    for name, far in (("a", 9.0), ("b", 1.0)):
        body = {"Node": name, "Address": "10.0.0.1", "Service": {"Service": "web", "Port": 80}}
        lab.ask("dc1", "PUT", "/v1/catalog/register", body)
        coord = {"Vec": [far] + [0.0] * 7, "Error": 1.5, "Adjustment": 0.0, "Height": 0.0}
        lab.ask("dc1", "PUT", "/v1/coordinate/update", {"Node": name, "Coord": coord})
    rows = lab.get("dc1", "/v1/catalog/service/web?near=_agent")
    assert [row["Node"] for row in rows] == ["b", "a"]


def test_a_cluster_is_bootstrapped_once() -> None:
    lab = SandboxLab(ClusterSpec("dc1", acl=True, bootstrapped=False))
    refused = lab.ask("dc1", "GET", "/v1/acl/tokens", **{"x-consul-token": "root"})
    assert refused.status == 403
    assert refused.body.startswith(b"ACL system must be bootstrapped")
    made = lab.ask("dc1", "PUT", "/v1/acl/bootstrap").json()
    assert lab.ask("dc1", "GET", "/v1/acl/tokens", **{"x-consul-token": made["SecretID"]}).status == 200
    assert lab.ask("dc1", "PUT", "/v1/acl/bootstrap").status == 403


def test_a_default_of_allow_is_kept_from_who_has_a_rule() -> None:
    lab = SandboxLab(ClusterSpec("dc1", acl=True, management_token="root", default_policy="allow"))
    root = {"x-consul-token": "root"}
    lab.ask("dc1", "PUT", "/v1/acl/policy", {"Name": "p", "Rules": 'key "no" { policy = "deny" }'}, **root)
    secret = lab.ask("dc1", "PUT", "/v1/acl/token", {"Policies": [{"Name": "p"}]}, **root).json()["SecretID"]
    own = {"x-consul-token": secret}
    assert lab.ask("dc1", "PUT", "/v1/kv/yes", "x", **own).status == 200
    assert lab.ask("dc1", "PUT", "/v1/kv/no", "x", **own).status == 403
    assert lab.ask("dc1", "GET", "/v1/acl/tokens", **own).status == 403


def test_an_identity_may_write_its_service_and_no_other() -> None:
    lab = SandboxLab(ClusterSpec("dc1", acl=True, management_token="root"))
    body = {"ServiceIdentities": [{"ServiceName": "web"}]}
    made = lab.ask("dc1", "PUT", "/v1/acl/token", body, **{"x-consul-token": "root"}).json()
    own = {"x-consul-token": made["SecretID"]}
    for name, code in (("web", 200), ("web-sidecar-proxy", 200), ("db", 403)):
        assert lab.ask("dc1", "PUT", "/v1/agent/service/register", {"Name": name}, **own).status == code


def test_a_token_ends_when_it_is_to() -> None:
    lab = SandboxLab(ClusterSpec("dc1", acl=True, management_token="root"))
    root = {"x-consul-token": "root"}
    made = lab.ask("dc1", "PUT", "/v1/acl/token", {"ExpirationTTL": "1h"}, **root).json()
    own = {"x-consul-token": made["SecretID"]}
    assert lab.ask("dc1", "GET", "/v1/acl/token/self", **own).status == 200
    lab.pass_time(3601)
    assert lab.ask("dc1", "GET", "/v1/acl/token/self", **own).status == 403


def test_a_failed_transaction_leaves_keys_and_catalog_as_they_were() -> None:
    lab = SandboxLab()
    operations = [
        {"Node": {"Verb": "set", "Node": {"Node": "n", "Address": "10.0.0.1"}}},
        {"KV": {"Verb": "set", "Key": "k", "Value": ""}},
        {"Check": {"Verb": "get", "Check": {"Node": "n", "CheckID": "absent"}}},
    ]
    before = lab.ask("dc1", "GET", "/v1/catalog/nodes").headers["X-Consul-Index"]
    assert lab.ask("dc1", "PUT", "/v1/txn", operations).status == 409
    after = lab.ask("dc1", "GET", "/v1/catalog/nodes")
    assert len(after.json()) == 1
    assert after.headers["X-Consul-Index"] == before
    assert lab.ask("dc1", "GET", "/v1/kv/k").status == 404


def test_a_snapshot_is_an_archive_that_ends_where_consul_stops_to_read() -> None:
    lab = SandboxLab()
    lab.ask("dc1", "PUT", "/v1/kv/k", "before")
    archive = lab.ask("dc1", "GET", "/v1/snapshot").body
    plain = gzip.decompress(archive)
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert tar.getnames() == ["meta.json", "state.bin", "SHA256SUMS"]
        end = sum(512 + -(-member.size // 512) * 512 for member in tar.getmembers())
    assert len(plain) == end + 1024
    lab.ask("dc1", "DELETE", "/v1/kv/k")
    lab.world.handle("dc1", Request("PUT", "/v1/snapshot", body=archive))
    assert lab.ask("dc1", "GET", "/v1/kv/k?raw").body == b'"before"'


def test_the_content_hash_is_the_one_that_servers_give() -> None:
    shown = {
        "ID": "foo",
        "Service": "foo",
        "Tags": ["bar", "baz"],
        "Meta": {},
        "Port": 8000,
        "Address": "",
        "Weights": {"Passing": 1, "Warning": 1},
        "EnableTagOverride": False,
    }
    assert content_hash(shown) == "3e352f348d44f7eb"


def test_what_the_agent_has_answered_before_comes_from_its_cache() -> None:
    lab = SandboxLab()
    answers = [lab.ask("dc1", "GET", "/v1/catalog/service/consul?cached") for _ in range(2)]
    assert [one.headers["X-Cache"] for one in answers] == ["MISS", "HIT"]


def test_the_page_has_every_group_of_endpoints() -> None:
    page = PAGE.read_text(encoding="utf-8")
    groups = {"/".join(route.path.split("/")[:3]) for route in ROUTES if not route.edition}
    missing = {group for group in groups if group not in page and group != "/v1/internal"}
    assert not missing
