"""WAN federations: A is the primary datacenter dc1, B the secondary dc2, C a cluster of its own."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, act, ask, entry, gone, peered, state
from tests.recorded.worlds import ROOT

API = entry("service-defaults", "api", Protocol="http")
PATH = "/v1/config/service-defaults/api"
EXPORTS = entry("exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "to-c"}]}])
AT_EXPORTS = "/v1/config/exported-services/default"
WRONG = entry("service-splitter", "api", Splits=[{"Weight": 50}])
ALONE = entry("service-splitter", "web", Splits=[{"Weight": 100}])
POLICY = {"Name": "reader", "Rules": 'service_prefix "" { policy = "read" }'}


def write(cluster: str, body: dict[str, Any], query: str = "", **more: Any) -> Step:
    """Write a config entry."""
    return ask(cluster, "PUT /v1/config" + (f"?{query}" if query else ""), body, **more)


def copied(path: str, token: str = "", **until: Any) -> Step:
    """Read on the secondary until the copy is there (or is as told)."""
    more = {"token": token} if token else {}
    return ask("B", f"GET {path}", until=until or {"status": 200}, **more)


SUITES = (
    Suite(
        "federation-datacenters",
        "which datacenters know each other, and what another one is asked for",
        [
            ask("A", "GET /v1/catalog/datacenters"),
            ask("B", "GET /v1/catalog/datacenters"),
            ask("C", "GET /v1/catalog/datacenters"),
            ask("B", "GET /v1/connect/ca/roots", save={"domain": "TrustDomain"}, only=("TrustDomain",)),
            ask("A", "GET /v1/connect/ca/roots", only=("TrustDomain",)),
            ask("A", "GET /v1/catalog/nodes?dc=dc2", of="B"),
            ask("B", "GET /v1/catalog/services?dc=dc1"),
            ask("B", "GET /v1/catalog/nodes?dc=dc3"),
            ask("C", "GET /v1/catalog/nodes?dc=dc1"),
            ask("B", "GET /v1/status/leader?dc=dc1"),
            ask("B", "GET /v1/status/leader?dc=dc9"),
            ask("B", "GET /v1/status/peers?dc=dc1"),
            ask("B", "GET /v1/peerings?dc=dc9"),
            ask("B", "PUT /v1/kv/k?dc=dc1", "v"),
            ask("A", "GET /v1/kv/k?raw"),
            ask("B", "GET /v1/kv/k"),
            ask("B", "GET /v1/kv/k?dc=dc1&raw"),
            ask("B", "GET /v1/kv/k?dc=dc9"),
            ask("B", "PUT /v1/kv/k?dc=dc9", "v"),
            ask("B", "DELETE /v1/kv/k?dc=dc1"),
            ask("A", "GET /v1/kv/k"),
            ask("B", "GET /v1/kv/?dc=dc1&recurse"),
            ask("B", "GET /v1/health/service/consul?dc=dc9"),
            ask("B", "GET /v1/config/none/api?dc=dc1"),
            ask("B", "GET /v1/config/mesh?dc=dc1"),
            ask("B", "GET /v1/config/mesh/mesh?dc=dc1"),
            ask("B", "GET /v1/catalog/services?dc=dc1&filter=(("),
        ],
        federated=True,
    ),
    Suite(
        "federation-entries",
        "config entries are written by the primary, wherever they are sent, and copied to the secondary",
        [
            write("A", API),
            copied(PATH),
            write("B", API | {"Protocol": "grpc"}),
            ask("A", f"GET {PATH}"),
            copied(PATH, Protocol="grpc"),
            ask("A", "GET /v1/config/service-defaults"),
            ask("B", "GET /v1/config/service-defaults"),
            ask("B", "GET /v1/config/service-defaults?dc=dc1", of="A"),
            ask("B", f"GET {PATH}?dc=dc9"),
            write("B", API, "dc=dc9"),
            copied(PATH, Protocol="http"),
            write("C", API, "dc=dc9"),
            ask("C", f"DELETE {PATH}?dc=dc9"),
            write("B", entry("none", "api")),
            write("B", WRONG),
            write("B", ALONE),
            write("A", ALONE),
            ask("B", "DELETE /v1/config/none/api"),
            ask("B", f"DELETE {PATH}"),
            ask("A", f"GET {PATH}"),
            copied(PATH, status=404),
            ask("B", f"DELETE {PATH}"),
            ask("B", "PUT /v1/connect/intentions/exact?source=a&destination=b", {"Action": "deny"}),
            ask("A", "GET /v1/config/service-intentions/b"),
            copied("/v1/config/service-intentions/b"),
            ask("B", "DELETE /v1/connect/intentions/exact?source=a&destination=b"),
            copied("/v1/config/service-intentions/b", status=404),
        ],
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-indexes",
        "compare-and-set counts with the primary's index, a copy has the secondary's",
        [
            ask("B", "PUT /v1/kv/one", "1"),
            ask("B", "PUT /v1/kv/two", "2"),
            ask("B", "PUT /v1/kv/three", "3"),
            write("A", API),
            ask("A", f"GET {PATH}", save={"theirs": "ModifyIndex"}),
            copied(PATH) | {"save": {"own": "ModifyIndex"}},
            write("B", API | {"Protocol": "tcp"}, "cas={{own}}"),
            write("B", API | {"Protocol": "grpc"}, "cas={{theirs}}"),
            copied(PATH, Protocol="grpc"),
            ask("B", f"DELETE {PATH}?cas={{{{theirs}}}}"),
            ask("A", f"GET {PATH}", save={"theirs": "ModifyIndex"}),
            ask("B", f"DELETE {PATH}?cas={{{{theirs}}}}"),
            copied(PATH, status=404),
        ],
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-exports",
        "exports are the primary's alone: a secondary refuses to write them, and gets no copy",
        [
            write("B", EXPORTS),
            write("B", EXPORTS, "dc=dc2"),
            write("B", EXPORTS, "dc=dc9"),
            write("C", EXPORTS, "dc=dc1"),
            write("B", EXPORTS, "dc=dc1"),
            ask("A", f"GET {AT_EXPORTS}"),
            write("A", API),
            copied(PATH),
            ask("B", f"GET {AT_EXPORTS}"),
            ask("B", f"GET {AT_EXPORTS}?dc=dc1", of="A"),
            ask("B", f"DELETE {AT_EXPORTS}"),
            ask("A", f"GET {AT_EXPORTS}"),
        ],
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-peerings",
        "peerings are each datacenter's own, and go on whatever the other does",
        [
            *peered("A", "C"),
            ask("B", "GET /v1/peerings"),
            *peered("C", "B"),
            ask("A", "GET /v1/peerings", only=()),
            ask("B", "DELETE /v1/peering/to-c"),
            gone("B", "C"),
            state("C", "B", "TERMINATED"),
            state("A", "C", "ACTIVE"),
        ],
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-accepts",
        "a secondary accepts: its token names its own datacenter in the trust domain of the federation",
        [*peered("B", "C"), *peered("A", "C"), ask("A", "GET /v1/peering/to-b")],
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-within",
        "two datacenters of one federation peer with each other, if asked to",
        [
            *peered("A", "B"),
            ask("B", "DELETE /v1/peering/to-a"),
            gone("B", "A"),
            state("A", "B", "TERMINATED"),
        ],
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-acl",
        "policies, roles and tokens are the primary's; a local token stays where it was made",
        [
            ask("B", "PUT /v1/acl/policy", POLICY, token=ROOT, of="A", save={"policy": "ID"}),
            ask("A", "GET /v1/acl/policy/name/reader", token=ROOT),
            copied("/v1/acl/policy/name/reader", ROOT),
            ask("B", "PUT /v1/acl/policy", POLICY, token=ROOT),
            ask("B", "PUT /v1/acl/token", {"Policies": [{"Name": "reader"}]}, token=ROOT, of="A",
                save={"secret": "SecretID", "accessor": "AccessorID"}),
            copied("/v1/acl/token/{{accessor}}", ROOT),
            copied("/v1/catalog/services", "{{secret}}"),
            ask("B", "PUT /v1/acl/token", {"Policies": [{"Name": "reader"}], "Local": True}, token=ROOT,
                save={"own": "AccessorID"}),
            ask("B", "GET /v1/acl/token/{{own}}", token=ROOT),
            ask("A", "GET /v1/acl/token/{{own}}", token=ROOT),
            write("B", API, token="{{secret}}"),
            write("A", API, token="{{secret}}"),
            write("B", API),
            write("B", API, token="11111111-0000-4000-8000-000000000000"),
            write("B", API, token=ROOT),
            copied(PATH, ROOT),
            ask("B", f"GET {PATH}?dc=dc1", token="{{secret}}", of="A"),
            ask("B", f"GET {PATH}?dc=dc1"),
            ask("B", "PUT /v1/acl/policy/{{policy}}", POLICY | {"Description": "all"}, token=ROOT, of="A"),
            copied("/v1/acl/policy/{{policy}}", ROOT, Description="all"),
            ask("B", "DELETE /v1/acl/token/{{own}}", token=ROOT),
            ask("B", "DELETE /v1/acl/token/{{accessor}}", token=ROOT),
            ask("A", "GET /v1/acl/token/{{accessor}}", token=ROOT),
            ask("B", "DELETE /v1/acl/policy/{{policy}}", token=ROOT),
            ask("A", "GET /v1/acl/policy/{{policy}}", token=ROOT),
        ],
        acl=True,
        federated=True,
        since="1.14",
    ),
    Suite(
        "federation-outage",
        "the primary is down: the secondary reads on, its peerings too, and writes nothing",
        [
            write("A", API),
            copied(PATH),
            act("A", "kill"),
            ask("B", f"GET {PATH}"),
            write("B", API | {"Protocol": "grpc"}),
            ask("B", f"GET {PATH}?dc=dc1", of="A"),
            ask("B", "PUT /v1/kv/k", "v"),
            ask("B", "POST /v1/peering/token", {"PeerName": "to-c"}),
            act("A", "start"),
            ask("A", f"GET {PATH}"),
            ask("B", "PUT /v1/config", API | {"Protocol": "grpc"}, until={"status": 200}),
            copied(PATH, Protocol="grpc"),
        ],
        durable=True,
        federated=True,
        since="1.14",
    ),
)  # fmt: skip
