"""ACLs: lists that are filtered and say so, and refusals that are not about ACLs."""

from __future__ import annotations

from tests.recorded.steps import Step, Suite, ask, delete, entry, get, put

ROOT = "{{A.root}}"
NARROW = 'service "api" { policy = "read" } key_prefix "a/" { policy = "read" }'
WIDE = (
    'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" } '
    'key_prefix "" { policy = "read" } session_prefix "" { policy = "read" } mesh = "read" peering = "read"'
)
WRITER = 'peering = "write"'
DENIED = 'service_prefix "" { policy = "write" } service "web" { policy = "deny" } mesh = "write"'
ENTRIES = (
    entry("service-defaults", "api", Protocol="http"),
    entry("service-defaults", "web", Protocol="http"),
    entry("service-resolver", "web", ConnectTimeout="5s"),
    entry("service-intentions", "api", Sources=[{"Name": "web", "Action": "allow"}]),
    entry("service-intentions", "web", Sources=[{"Name": "api", "Action": "allow"}]),
    entry("exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "b"}]}]),
    {"Kind": "mesh", "Meta": {"m": "1"}},
    entry("proxy-defaults", "global", Config={"protocol": "http"}),
)
OPAQUE = (
    "nodes",
    "session/list",
    "service/web",
    "service/api",
)  # nodes: agents here have no token to fill them
SET_KEY = [{"KV": {"Verb": "set", "Key": "a/1", "Value": "eA=="}}]
LISTS = (
    "/v1/config/service-defaults",
    "/v1/config/service-resolver",
    "/v1/config/service-intentions",
    "/v1/config/exported-services",
    "/v1/config/mesh",
    "/v1/config/proxy-defaults",
    "/v1/config/",
    "/v1/catalog/services",
    "/v1/catalog/nodes",
    "/v1/catalog/service/web",
    "/v1/health/service/web",
    "/v1/health/service/api",
    "/v1/connect/intentions",
    "/v1/kv/?recurse",
    "/v1/kv/?keys",
    "/v1/kv/b/1",
    "/v1/session/list",
    "/v1/discovery-chain/web",
    "/v1/exported-services",
    "/v1/acl/policies",
    "/v1/agent/services",
)


def token(rules: str, name: str, cluster: str = "A") -> list[Step]:
    """A token with one policy, saved under its name."""
    root = f"{{{{{cluster}.root}}}}"
    return [
        ask(cluster, "PUT /v1/acl/policy", {"Name": name, "Rules": rules}, token=root),
        ask(
            cluster, "PUT /v1/acl/token", {"Policies": [{"Name": name}]}, token=root, save={name: "SecretID"}
        ),
    ]


def filled() -> list[Step]:
    """Something of everything."""
    return [
        *(put(body, token=ROOT) for body in reversed(ENTRIES)),
        ask("A", "PUT /v1/agent/service/register", {"Name": "api", "Port": 80}, token=ROOT),
        ask("A", "PUT /v1/agent/service/register", {"Name": "web", "Port": 81}, token=ROOT),
        ask("A", "PUT /v1/kv/a/1", "x", token=ROOT),
        ask("A", "PUT /v1/kv/b/1", "x", token=ROOT),
    ]


def generated(name: str, save: str) -> Step:
    """A peering token of A, saved."""
    body = {"PeerName": name}
    return ask("A", "POST /v1/peering/token", body, token="{{writer}}", save={save: "PeeringToken"})


def established(name: str, saved: str, who: str) -> Step:
    """B takes a saved peering token."""
    body = {"PeerName": name, "PeeringToken": f"{{{{{saved}}}}}"}
    return ask("B", "POST /v1/peering/establish", body, token=who)


SUITES = (
    Suite(
        "access-lists",
        "what a list says to a token that may read a part, nothing, all, or all but one",
        [
            *filled(),
            *token(NARROW, "narrow"),
            *token(WIDE, "wide"),
            *token(DENIED, "denied"),
            *(
                get(path, token=who, **({"opaque": True} if path.endswith(OPAQUE) else {}))
                for who in ("{{narrow}}", "{{wide}}", "{{denied}}", "")
                for path in LISTS
            ),
        ],
        acl=True,
        since="1.14",
    ),
    Suite(
        "access-writes",
        "what an unprivileged write is told, and that nothing of it stays",
        [
            *filled(),
            *token(NARROW, "narrow"),
            *token(DENIED, "denied"),
            *(put(body, token=who) for who in ("{{narrow}}", "{{denied}}", "") for body in ENTRIES),
            *(
                delete(f"/v1/config/{body['Kind']}/{body.get('Name', 'mesh')}", token=who)
                for who in ("{{narrow}}", "")
                for body in ENTRIES
            ),
            get("/v1/config/", token=ROOT),
            ask("A", "PUT /v1/kv/a/1", "y", token="{{narrow}}"),
            ask("A", "PUT /v1/txn", SET_KEY, token="{{narrow}}"),
            ask("A", "PUT /v1/session/create", {"Name": "s"}, token="{{narrow}}"),
        ],
        acl=True,
        since="1.14",
    ),
    Suite(
        "access-spent-token",
        "403 from establish: a spent peering token is told apart from a missing permission by its text",
        [
            *token(WRITER, "writer"),
            *token('peering = "read"', "reader", "B"),
            *token(WRITER, "dialer", "B"),
            generated("to-b", "t"),
            *(
                established(name, "t", who)
                for who, name in (
                    ("", "to-a"), ("{{reader}}", "to-a"), ("no-such-token", "to-a"),
                    ("{{dialer}}", "to-a"), ("{{dialer}}", "other"), ("{{reader}}", "other"),
                )
            ),
            ask("B", "GET /v1/peering/to-a", token="{{dialer}}", until={"State": "ACTIVE"}, only=("State",)),
            ask("B", "GET /v1/peerings", token="{{dialer}}"),
            generated("to-c", "old"),
            generated("to-c", "new"),
            established("c", "old", "{{dialer}}"),
            ask("B", "GET /v1/peering/c", token="{{dialer}}"),
            ask("B", "POST /v1/peering/token", {"PeerName": "c"}, token="{{dialer}}"),
            established("c", "new", "{{dialer}}"),
            ask("B", "GET /v1/peering/c", token="{{dialer}}", until={"State": "ACTIVE"}, only=("State",)),
        ],
        acl=True,
        since="1.14",
    ),
)  # fmt: skip
