"""What clients of the API ask for besides: sessions, events, queries, coordinates, keys, transactions."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, get
from tests.recorded.suites.catalog import STOCK
from tests.recorded.suites.servers.blocking import waits

POST_QUERY = "POST /v1/query"
UUID = "00000000-0000-4000-8000-00000000abcd"


def session(body: Any, **more: Any) -> Step:
    """Create a session."""
    return ask("A", "PUT /v1/session/create", body, **more)


def query(body: Any, **more: Any) -> Step:
    """Create a prepared query."""
    return ask("A", POST_QUERY, body, **more)


def txn(*operations: Any, **more: Any) -> Step:
    """A transaction."""
    return ask("A", "PUT /v1/txn", list(operations), **more)


def kv(method: str, path: str, body: Any = None, **more: Any) -> Step:
    """Something done with keys."""
    return ask("A", f"{method} /v1/kv/{path}", body, **more)


def known(node: str, status: str = "passing", **more: Any) -> Step:
    """A node with a service and a check of it."""
    service = {"Service": "web", "ID": f"web-{node}", "Port": 80, **more}
    check = {"CheckID": "c", "Name": "c", "ServiceID": f"web-{node}", "Status": status}
    body = {"Node": node, "Address": "10.0.0.9", "Service": service, "Check": check}
    return ask("A", "PUT /v1/catalog/register", body)


SUITES = (
    Suite(
        "blocking-clients",
        "nodes, checks and sessions: what wakes a query that waits for them, and what does not",
        [
            known("n1"),
            known("n2"),
            *waits("/v1/health/node/n1", known("n1", "warning")),
            *waits("/v1/health/node/n1", known("n2", "warning")),
            *waits("/v1/health/node/n1", kv("PUT", "k", "v")),
            *waits("/v1/health/checks/web", known("n2", "critical")),
            *waits("/v1/health/state/critical", known("n1", "critical")),
            *waits("/v1/health/state/any", known("n1")),
            *waits("/v1/catalog/node/n1", known("n1", Meta={"a": "b"})),
            *waits("/v1/catalog/node/n1", known("n2", Meta={"a": "b"})),
            *waits("/v1/catalog/node-services/n2", known("n2", Meta={"a": "c"})),
            *waits("/v1/session/list", session({"Node": "n2", "NodeChecks": []}), again=False),
            *waits("/v1/session/node/n1", session({"Node": "n1", "NodeChecks": []}), again=False),
            *waits("/v1/session/node/n1", session({"Node": "n2", "NodeChecks": []}), again=False),
        ],
        since="1.14",
    ),
    Suite(
        "sessions",
        "sessions of nodes, with checks and without, and that they end with these",
        [
            get("/v1/session/list"),
            session({"Name": "one", "LockDelay": "0s"}, save={"one": "ID"}),
            get("/v1/session/list"),
            get("/v1/session/node/dc1-server"),
            session(None, save={"bare": "ID"}),
            session({"Node": "absent"}),
            session({"Checks": ["absent"]}),
            session({"NodeChecks": []}, save={"free": "ID"}),
            session({"NodeChecks": ["serfHealth"], "ServiceChecks": [{"ID": "absent"}]}),
            session({"Behavior": "nope"}),
            session({"TTL": "5s"}),
            session({"TTL": "x"}),
            session({"LockDelay": "x"}),
            session({"Nope": 1}),
            session("{"),
            get("/v1/session/node/absent"),
            get("/v1/session/node/"),
            get("/v1/session/info/{{one}}"),
            get("/v1/session/info/absent"),
            get(f"/v1/session/info/{UUID}"),
            get("/v1/session/info/"),
            ask("A", "PUT /v1/session/renew/{{one}}"),
            ask("A", f"PUT /v1/session/renew/{UUID}"),
            ask("A", "PUT /v1/session/renew/"),
            ask("A", "PUT /v1/agent/check/register", {"Name": "mine", "TTL": "1h"}),
            session({"Checks": ["mine", "serfHealth"]}),
            ask("A", "PUT /v1/agent/check/pass/mine"),
            session(
                {"Name": "checked", "NodeChecks": ["mine", "serfHealth"], "LockDelay": "0s"}, save={"c": "ID"}
            ),
            kv("PUT", "held?acquire={{c}}", "v"),
            kv("GET", "held"),
            get("/v1/session/info/{{c}}"),
            ask("A", "PUT /v1/agent/check/fail/mine"),
            get("/v1/session/info/{{c}}", until={"body": []}),
            kv("GET", "held"),
            ask("A", "PUT /v1/agent/check/pass/mine"),
            session({"Checks": ["mine"], "Behavior": "delete", "LockDelay": "0s"}, save={"d": "ID"}),
            kv("PUT", "gone?acquire={{d}}", "v"),
            ask("A", "PUT /v1/agent/check/deregister/mine"),
            get("/v1/session/info/{{d}}", until={"body": []}),
            kv("GET", "gone"),
            ask("A", "PUT /v1/session/destroy/{{one}}"),
            ask("A", "PUT /v1/session/destroy/{{one}}"),
            ask("A", "PUT /v1/session/destroy/"),
        ],
        since="1.14",
    ),
    Suite(
        "events",
        "events: fired, listed, waited for",
        [
            get("/v1/event/list"),
            ask("A", "PUT /v1/event/fire/deploy", "payload", save={"e": "ID"}),
            get("/v1/event/list", until={"status": 200, "body": lambda body: len(body) == 1}),
            ask("A", "PUT /v1/event/fire/restart?node=n&service=web&tag=v1"),
            get("/v1/event/list", until={"body": lambda body: len(body) == 1}),
            ask("A", "PUT /v1/event/fire/"),
            ask("A", "PUT /v1/event/fire/x?node=%28"),
            ask("A", "PUT /v1/event/fire/x?tag=v1"),
            ask("A", "PUT /v1/event/fire/restart"),
            get("/v1/event/list?name=restart", until={"body": lambda body: len(body) == 1}),
            get("/v1/event/list?name=absent"),
            get("/v1/event/list", until={"body": lambda body: len(body) == 2}),
        ],
        since="1.14",
    ),
    Suite(
        "queries",
        "prepared queries: made, read, changed, run and explained",
        [
            get("/v1/query"),
            *STOCK,
            query({}),
            query({"Name": "q"}),
            query({"Service": {"Service": "web"}, "Nope": 1}),
            query("{"),
            query({"Name": "all", "Service": {"Service": "web"}}, save={"all": "ID"}),
            get("/v1/query"),
            query({"Name": "all", "Service": {"Service": "db"}}),
            query(
                {
                    "Name": "v1",
                    "Service": {"Service": "web", "Tags": ["v1", "!old"], "OnlyPassing": True},
                    "DNS": {"TTL": "10s"},
                },
                save={"v1": "ID"},
            ),
            query(
                {"Name": "of-b", "Service": {"Service": "web", "NodeMeta": {"zone": "b"}}}, save={"b": "ID"}
            ),
            query({"Name": "b2", "Service": {"Service": "web"}, "DNS": {"TTL": "x"}}),
            query({"Name": "b3", "Service": {"Service": "web", "Failover": {"NearestN": -1}}}),
            query({"Name": "b4", "Service": {"Service": "web"}, "Session": UUID}),
            query({"ID": "x", "Service": {"Service": "web"}}),
            query(
                {
                    "Name": "geo-",
                    "Template": {"Type": "name_prefix_match", "Regexp": "^geo-(.*?)$"},
                    "Service": {"Service": "${match(1)}"},
                },
                save={"geo": "ID"},
            ),
            query({"Name": "bad", "Template": {"Type": "nope"}, "Service": {"Service": "x"}}),
            get("/v1/query/{{all}}"),
            get("/v1/query/absent"),
            get(f"/v1/query/{UUID}"),
            get("/v1/query/all/execute"),
            get("/v1/query/{{v1}}/execute"),
            get("/v1/query/{{b}}/execute"),
            get("/v1/query/{{b}}/execute?limit=1"),
            query({"Service": {"Service": "web"}}),
            get("/v1/query/{{b}}/execute?limit=x"),
            get("/v1/query/geo-db/execute"),
            get("/v1/query/absent/execute"),
            get("/v1/query/geo-db/explain"),
            get("/v1/query/all/explain"),
            get("/v1/query/absent/explain"),
            ask("A", "PUT /v1/query/{{all}}", {"Name": "every", "Service": {"Service": "db"}}),
            ask("A", f"PUT /v1/query/{UUID}", {"Name": "new", "Service": {"Service": "db"}}),
            get("/v1/query/{{all}}"),
            get("/v1/query/every/execute"),
            ask("A", "DELETE /v1/query/{{all}}"),
            ask("A", f"DELETE /v1/query/{UUID}"),
            get("/v1/query/{{all}}"),
            ask("A", "DELETE /v1/query"),
            ask("A", "POST /v1/query/{{b}}"),
        ],
        since="1.14",
    ),
    Suite(
        "coordinates",
        "network coordinates of nodes",
        [
            get("/v1/coordinate/datacenters"),
            ask("A", "PUT /v1/catalog/register", {"Node": "n1", "Address": "10.0.0.1"}),
            ask(
                "A",
                "PUT /v1/coordinate/update",
                {"Node": "n1", "Coord": {"Vec": [0.5] * 8, "Error": 1.5, "Adjustment": 0.1, "Height": 0.001}},
            ),
            get("/v1/coordinate/node/n1", until={"status": 200}),
            get("/v1/coordinate/node/absent"),
            get("/v1/coordinate/node/n1?segment=x"),
            ask("A", "PUT /v1/coordinate/update", {"Node": "absent", "Coord": {"Vec": [0.0] * 8}}),
            ask("A", "PUT /v1/coordinate/update", {"Node": "n1", "Coord": {"Vec": [1.0] * 3}}),
            ask("A", "PUT /v1/coordinate/update", "{"),
        ],
        since="1.14",
    ),
    Suite(
        "keys-details",
        "keys: flags, separators, raw and binary values, locks, odd names",
        [
            kv("PUT", "a/b/c?flags=42", "value"),
            kv("PUT", "a/b/d", ""),
            kv("PUT", "a/e", "x"),
            kv("PUT", "\u00fc/\u65e5\u672c", "unicode"),
            kv("PUT", "trailing/", "t"),
            kv("GET", "a/b/c"),
            kv("GET", "a/b/c?raw"),
            kv("GET", "a/b/d"),
            kv("GET", "a/b/d?raw"),
            kv("GET", "a?recurse"),
            kv("GET", "a/?keys"),
            kv("GET", "a/?keys&separator=/"),
            kv("GET", "?keys&separator=/"),
            kv("GET", "?keys"),
            kv("GET", "?recurse"),
            kv("GET", "absent"),
            kv("GET", "absent?recurse"),
            kv("GET", "absent?keys"),
            kv("GET", "absent?raw"),
            kv("GET", "a?keys&raw"),
            kv("PUT", "a/e?flags=x", "x"),
            kv("PUT", "a/e?flags=-1", "x"),
            kv("PUT", "a/e?flags=18446744073709551615", "x"),
            kv("GET", "a/e"),
            kv("PUT", "a/e?cas=0", "y"),
            kv("PUT", "a/e?cas=x", "y"),
            kv("PUT", "a/e?cas=", "y"),
            kv("PUT", "fresh?cas=0", "y"),
            kv("PUT", "a/e?acquire=x", "y"),
            kv("PUT", "a/e?release=x", "y"),
            kv("PUT", f"a/e?acquire={UUID}", "y"),
            kv("PUT", f"a/e?release={UUID}", "y"),
            kv("PUT", f"a/e?acquire={UUID}&release={UUID}", "y"),
            kv("DELETE", "a/e?cas=1"),
            kv("DELETE", "a/e?cas=0"),
            kv("DELETE", "a/e?recurse&cas=1"),
            kv("DELETE", "absent"),
            kv("DELETE", ""),
            kv("DELETE", "a/b?recurse"),
            kv("GET", "?keys"),
            kv("DELETE", "?recurse"),
            kv("GET", "?keys"),
            kv("POST", "a", "x"),
        ],
        since="1.14",
    ),
    Suite(
        "transactions",
        "transactions over keys, nodes, services, checks and sessions",
        [
            txn(
                {"KV": {"Verb": "set", "Key": "k", "Value": "aGVsbG8=", "Flags": 7}},
                {"KV": {"Verb": "get", "Key": "k"}},
                {"Node": {"Verb": "set", "Node": {"Node": "n1", "Address": "10.0.0.1", "Meta": {"a": "b"}}}},
                {
                    "Service": {
                        "Verb": "set",
                        "Node": "n1",
                        "Service": {"Service": "web", "ID": "web-1", "Tags": ["t"], "Port": 80},
                    }
                },
                {
                    "Check": {
                        "Verb": "set",
                        "Check": {
                            "Node": "n1",
                            "CheckID": "c",
                            "Name": "c",
                            "ServiceID": "web-1",
                            "Status": "passing",
                        },
                    }
                },
            ),
            txn(
                {"Node": {"Verb": "get", "Node": {"Node": "n1"}}},
                {"Service": {"Verb": "get", "Node": "n1", "Service": {"ID": "web-1"}}},
                {"Check": {"Verb": "get", "Check": {"Node": "n1", "CheckID": "c"}}},
            ),
            txn(
                {"Node": {"Verb": "get", "Node": {"Node": "absent"}}},
                {"Service": {"Verb": "get", "Node": "n1", "Service": {"ID": "absent"}}},
                {"Check": {"Verb": "get", "Check": {"Node": "n1", "CheckID": "absent"}}},
            ),
            txn({"Node": {"Verb": "cas", "Node": {"Node": "n1", "Address": "10.0.0.2", "ModifyIndex": 1}}}),
            txn(
                {
                    "Service": {
                        "Verb": "cas",
                        "Node": "n1",
                        "Service": {"ID": "web-1", "Service": "web", "ModifyIndex": 1},
                    }
                }
            ),
            txn({"Check": {"Verb": "cas", "Check": {"Node": "n1", "CheckID": "c", "ModifyIndex": 1}}}),
            txn({"Node": {"Verb": "nope", "Node": {"Node": "n1"}}}),
            txn({"Service": {"Verb": "nope", "Node": "n1", "Service": {"ID": "web-1"}}}),
            txn({"Check": {"Verb": "nope", "Check": {"Node": "n1", "CheckID": "c"}}}),
            txn({"Service": {"Verb": "set", "Node": "absent", "Service": {"Service": "x"}}}),
            txn({"Check": {"Verb": "delete", "Check": {"Node": "n1", "CheckID": "c"}}}),
            txn({"Service": {"Verb": "delete", "Node": "n1", "Service": {"ID": "web-1"}}}),
            txn({"Node": {"Verb": "delete", "Node": {"Node": "n1"}}}),
            get("/v1/catalog/nodes?filter=Node+==+n1"),
            txn(),
            txn({}),
            txn({"KV": {"Verb": "get", "Key": "absent"}}),
            txn({"KV": {"Verb": "get-or-empty", "Key": "absent"}}),
            txn({"KV": {"Verb": "get-tree", "Key": ""}}),
            txn({"KV": {"Verb": "set", "Key": "", "Value": ""}}),
            txn({"KV": {"Verb": "set", "Key": "k", "Value": "not base64"}}),
            txn(
                {"KV": {"Verb": "check-not-exists", "Key": "k"}},
                {"KV": {"Verb": "check-not-exists", "Key": "z"}},
            ),
        ],
        since="1.14",
    ),
)
