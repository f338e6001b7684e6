"""Community Edition: which partitions and namespaces it refuses, and which it does not look at."""

from __future__ import annotations

from tests.recorded.steps import Step, Suite, ask, entry, put

ROOT = "{{A.root}}"
BOTH = ("ns=team", "partition=team", "ns=default", "partition=default", "ns=", "partition=")
PLACES = (
    "GET /v1/config/mesh",
    "GET /v1/config/service-defaults/api",
    "DELETE /v1/config/service-defaults/api",
    "GET /v1/peerings",
    "GET /v1/peering/far",
    "DELETE /v1/peering/far",
    "GET /v1/catalog/services",
    "GET /v1/catalog/service/api",
    "GET /v1/health/service/api",
    "GET /v1/health/connect/api",
    "GET /v1/connect/intentions",
    "GET /v1/connect/intentions/exact?source=a&destination=b",
    "GET /v1/kv/a",
    "DELETE /v1/kv/a",
    "GET /v1/session/list",
    "GET /v1/discovery-chain/api",
    "GET /v1/status/peers",
)
# Of these only the partition counts: nodes and exports are in no namespace.
PARTITIONS = ("GET /v1/catalog/nodes", "GET /v1/agent/services", "GET /v1/exported-services")
# Blocks for places are taken and mean nothing; so are resources that nobody knows.
RULES = (
    'namespace "team" { service "api" { policy = "write" }  service "web" { policy = "read" } }',
    'partition "team" { mesh = "read"  namespace_prefix "" { service "api" { policy = "write" } } }',
    'nonsense "api" { policy = "write" }',
    'nonsense = "write"',
    'service "api" { policy = "write"  nonsense = "x" }',
    'namespace "team" { service "api" { policy = "nonsense" } }',
    'namespace = "team"',
)
TENANTS = ("partitions", "partition/default", "namespaces", "namespace/default")


def _named(request: str, query: str, **more: object) -> Step:
    return ask("A", request + ("&" if "?" in request else "?") + query, **more)


def _exports(*consumers: dict[str, str], **service: object) -> Step:
    return put(
        entry(
            "exported-services",
            "default",
            Services=[{"Name": "api", **service, "Consumers": list(consumers)}],
        )
    )


SUITES = (
    Suite(
        "editions-requests",
        "Community Edition: requests that name a partition or namespace, also `default`",
        [_named(place, query, only=[]) for place in PLACES for query in BOTH],
    ),
    Suite(
        "editions-partitions",
        "Community Edition: requests of which only the partition is looked at",
        [_named(place, query, only=[]) for place in PARTITIONS for query in ("ns=team", "partition=team")],
    ),
    Suite(
        "editions-entries",
        "Community Edition: what entries may say of partitions, namespaces and sameness groups",
        [
            *(ask("A", f"GET /v1/{path}") for path in TENANTS),
            ask("A", "PUT /v1/partition", {"Name": "team"}),
            ask("A", "PUT /v1/namespace", {"Name": "team"}),
            _exports({"Partition": "team"}),
            _exports({"Partition": "*"}),
            _exports({"Partition": "team", "Peer": "far"}),
            _exports({"Peer": "far"}, Namespace="*"),
            ask("A", "GET /v1/config/exported-services/default"),
            put(entry("sameness-group", "all", Members=[{"Partition": "team"}])),
            put(entry("sameness-group", "all", Members=[{"Partition": "team", "Odd": 1}])),
            put(entry("sameness-group", "all", Odd=1)),
            put(entry("sameness-group", "all", Partition="team")),
            put(entry("sameness-group", "", include_local=True)),
        ],
    ),
    Suite(
        "editions-acl",
        "Community Edition: ACL endpoints that name a partition or namespace",
        [
            _named(request, query, token=ROOT, only=[])
            for request in (
                "GET /v1/acl/policies",
                "GET /v1/acl/tokens",
                "GET /v1/acl/roles",
                "GET /v1/acl/policy/x",
            )
            for query in ("ns=team", "partition=team")
        ]
        + [
            ask("A", "PUT /v1/acl/policy", {"Name": f"p{number}", "Rules": rules}, token=ROOT, only=[])
            for number, rules in enumerate(RULES)
        ],
        acl=True,
    ),
)
