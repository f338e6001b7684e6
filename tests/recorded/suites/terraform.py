"""What Terraform's Consul provider asks, in its order: services of the catalog, peerings, ACLs, entries."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, delete, entry, get, put

NODE = {"Node": "ext", "Address": "10.0.0.1", "Datacenter": "dc1", "NodeMeta": {"x": "y"}}
TYPES = {"request_headers": {"Content-Type": "application/json"}}
HTTP = {"HTTP": "http://x", "Interval": "5s", "Timeout": "1s"}
DEFINITIONS = (
    {**HTTP, "Method": "PUT", "Header": {"a": ["b"]}, "TLSSkipVerify": False, "Body": ""},
    {**HTTP, "TLSSkipVerify": True, "DeregisterCriticalServiceAfter": "30s", "TLSServerName": "t"},
    {"HTTP": "http://x"},
    {"TCP": "a:1", "Interval": "5s"},
    {"TCP": "a:1"},
    {"TCP": "a:1", "IntervalDuration": 5000000000},
    {"HTTP": "http://x", "IntervalDuration": "5s", "TimeoutDuration": "1s"},
    {"Interval": 5000000000},
    {"GRPC": "a:1", "Interval": "5s"},
    {},
)
WEIGHTS: tuple[Any, ...] = (
    {"Passing": 0, "Warning": 0},
    {"Passing": 0, "Warning": 1},
    {"Passing": 2, "Warning": 0},
    {"Passing": 3, "Warning": 4},
    {"Passing": 65536, "Warning": 1},
    {"Passing": 1, "Warning": -1},
    {},
    None,
)


def register(**more: Any) -> Step:
    """Register something on the node `ext`."""
    return ask("A", "PUT /v1/catalog/register", {"Node": "ext", "Address": "10.0.0.1", **more}, **TYPES)


def weighted(number: int, weights: Any) -> list[Step]:
    """Register a service with these weights and read it."""
    service = {"ID": f"w{number}", "Service": f"w{number}", "Weights": weights}
    return [register(Service=service), get(f"/v1/catalog/service/w{number}")]


def checked(number: int, definition: dict[str, Any]) -> list[Step]:
    """Register a check of this definition and read it."""
    check = {
        "CheckID": f"c{number}",
        "Name": "c",
        "Status": "passing",
        "ServiceID": "w1",
        "Definition": definition,
    }
    return [register(Check=check), get("/v1/health/service/w1")]


CATALOG = [
    ask("A", "PUT /v1/catalog/register", NODE, **TYPES),
    get("/v1/catalog/node/ext"),
    *(step for number, weights in enumerate(WEIGHTS, 1) for step in weighted(number, weights)),
    *(step for number, definition in enumerate(DEFINITIONS, 1) for step in checked(number, definition)),
    ask("A", "PUT /v1/catalog/deregister", {"Node": "ext", "Datacenter": "dc1", "ServiceID": "w1"}, **TYPES),
    get("/v1/catalog/service/w1"),
    ask("A", "PUT /v1/catalog/deregister", {"Node": "ext", "Datacenter": "dc1"}, **TYPES),
    get("/v1/catalog/node/ext"),
]

ROOT = {"token": "{{A.root}}"}
ROLE = {
    "Name": "my-role",
    "Description": "bar",
    "Policies": [{"ID": "{{policy}}"}],
    "ServiceIdentities": [{"ServiceName": "foo", "Datacenters": None}],
    "NodeIdentities": [{"NodeName": "n1", "Datacenter": "dc1"}],
}
ACLS = [
    ask(
        "A",
        "PUT /v1/acl/policy",
        {"Name": "my-policy", "Description": "hello", "Rules": 'node_prefix "" { policy = "read" }'},
        save={"policy": "ID"},
        **ROOT,
    ),
    get("/v1/acl/policy/{{policy}}", **ROOT),
    ask("A", "PUT /v1/acl/role", ROLE, save={"role": "ID"}, **ROOT),
    get("/v1/acl/role/{{role}}", **ROOT),
    ask(
        "A",
        "PUT /v1/acl/token",
        {
            "Description": "my token",
            "Policies": [{"Name": "my-policy"}],
            "Roles": [{"Name": "my-role"}],
            "ServiceIdentities": [{"ServiceName": "svc"}],
            "Local": True,
        },
        save={"token": "AccessorID"},
        **ROOT,
    ),
    get("/v1/acl/token/{{token}}", **ROOT),
    ask(
        "A",
        "PUT /v1/acl/token/{{token}}",
        {
            "AccessorID": "{{token}}",
            "Description": "changed",
            "Policies": [{"Name": "my-policy"}],
            "Local": True,
        },
        **ROOT,
    ),
    ask("A", "PUT /v1/acl/role/{{role}}", {**ROLE, "ID": "{{role}}", "NodeIdentities": None}, **ROOT),
    get("/v1/acl/role/name/my-role", **ROOT),
    get("/v1/acl/policy/name/my-policy", **ROOT),
    delete("/v1/acl/token/{{token}}", **ROOT),
    delete("/v1/acl/role/{{role}}", **ROOT),
    delete("/v1/acl/policy/{{policy}}", **ROOT),
    get("/v1/acl/role/{{role}}", **ROOT),
]

ENTRIES = [
    put(entry("proxy-defaults", "global", Config={"protocol": "http"}, Expose={}, MeshGateway={}), "cas=0"),
    get("/v1/config/proxy-defaults/global"),
    put(entry("service-defaults", "web", Protocol="http", Expose={}, MeshGateway={}, TransparentProxy={})),
    get("/v1/config/service-defaults/web"),
    put(
        entry(
            "service-resolver",
            "web",
            DefaultSubset="v1",
            Subsets={
                "v1": {"Filter": "Service.Meta.version == v1"},
                "v2": {"Filter": "Service.Meta.version == v2"},
            },
            Failover={"*": {"Targets": [{"Peer": "cluster-b"}]}},
        )
    ),
    get("/v1/config/service-resolver/web"),
    put(
        entry(
            "service-splitter",
            "web",
            Splits=[{"Weight": 90, "ServiceSubset": "v1"}, {"Weight": 10, "ServiceSubset": "v2"}],
        )
    ),
    get("/v1/config/service-splitter/web"),
    ask("A", "POST /v1/peering/token", {"PeerName": "cluster-b", "Meta": {"owner": "me"}}, **TYPES),
    get("/v1/peering/cluster-b"),
    delete("/v1/config/service-splitter/web"),
    delete("/v1/config/service-resolver/web"),
    delete("/v1/config/service-defaults/web"),
    delete("/v1/config/proxy-defaults/global"),
    delete("/v1/peering/cluster-b"),
]

SUITES = [
    Suite("terraform-catalog", "Terraform's provider: nodes, services and checks of the catalog", CATALOG),
    Suite("terraform-acls", "Terraform's provider: policies, roles and tokens", ACLS, acl=True),
    Suite(
        "terraform-entries",
        "Terraform's provider: entries and a token, made and removed",
        ENTRIES,
        since="1.14",
    ),
]
