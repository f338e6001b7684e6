"""Intentions by ID and by name: the old API, what matches, and who may connect to whom."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, delete, entry, get, put

API = "/v1/connect/intentions"
NOBODY = "00000000-1111-4222-8333-444444444444"


def create(source: str, destination: str, action: str = "allow", **more: Any) -> Step:
    """Create an intention by the old API."""
    step = {key: more.pop(key) for key in ("save", "token") if key in more}
    body = {"SourceName": source, "DestinationName": destination, "Action": action, **more}
    return ask("A", f"POST {API}", body, **step)


def shown(destination: str) -> Step:
    """Read the entry that holds the intentions of a destination."""
    return get(f"/v1/config/service-intentions/{destination}")


BY_ID = [
    create("web", "api", Description="first", Meta={"owner": "me"}, save={"id": "ID"}),
    get(f"{API}/{{{{id}}}}"),
    shown("api"),
    create("batch", "api", "deny", save={"other": "ID"}),
    shown("api"),
    get(API),
    get(f"{API}/exact?source=web&destination=api"),
    create("web", "api"),
    ask("A", f"PUT {API}/{{{{id}}}}", {"SourceName": "web", "DestinationName": "api", "Action": "deny"}),
    get(f"{API}/{{{{id}}}}"),
    ask("A", f"PUT {API}/{{{{id}}}}", {"SourceName": "worker", "DestinationName": "api", "Action": "allow"}),
    get(f"{API}/{{{{id}}}}"),
    ask("A", f"PUT {API}/{{{{id}}}}", {"SourceName": "web", "DestinationName": "db", "Action": "allow"}),
    ask("A", f"PUT {API}/{{{{id}}}}", {"SourceName": "web", "DestinationName": "api"}),
    ask("A", f"PUT {API}/{{{{id}}}}", "not JSON"),
    ask("A", f"PUT {API}/{NOBODY}", {"SourceName": "web", "DestinationName": "api", "Action": "allow"}),
    ask("A", f"PUT {API}/short", {"SourceName": "web", "DestinationName": "api", "Action": "allow"}),
    get(f"{API}/{NOBODY}"),
    get(f"{API}/short"),
    get(f"{API}/"),
    delete(f"{API}/{NOBODY}"),
    delete(f"{API}/short"),
    delete(f"{API}/"),
    ask("A", f"PUT {API}/", {"SourceName": "web", "DestinationName": "api", "Action": "allow"}),
    ask("A", f"POST {API}/{{{{id}}}}", {}),
    delete(f"{API}/{{{{other}}}}"),
    shown("api"),
    delete(f"{API}/{{{{other}}}}"),
    delete(f"{API}/{{{{id}}}}"),
    shown("api"),
    get(API),
]

REFUSED = [
    ask("A", f"POST {API}", {}),
    ask("A", f"POST {API}", "not JSON"),
    ask("A", f"POST {API}"),
    create("", "api"),
    create("web", ""),
    create("web", "api", ""),
    create("web", "api", "perhaps"),
    create("we*", "api"),
    create("web", "ap*"),
    create("we*", "ap*", "perhaps", SourceType="other"),
    create("web", "api", ID=NOBODY),
    create("web", "api", SourcePeer="peer"),
    create("web", "api", SourceType="external"),
    create("web", "api", Description="d" * 513),
    create("web", "api", Meta={f"k{number}": "v" for number in range(65)}),
    create("web", "api", Meta={"k" * 129: "v"}),
    create("web", "api", Meta={"k": "v" * 513}),
    create("web", "api", "", Permissions=[{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]),
    create("web", "api", SourceNS="other"),
    create("web", "api", DestinationNS="default"),
    create("web", "api", DestinationPartition="default"),
    create("*", "api"),
    create("*", "*", "deny"),
    create("web", "*"),
    get(API),
    put(
        entry("service-intentions", "fresh", Sources=[{"Name": "web", "Action": "allow", "LegacyID": NOBODY}])
    ),
    shown("fresh"),
    put(
        entry(
            "service-intentions", "meta", Sources=[{"Name": "w", "Action": "allow", "LegacyMeta": {"a": "b"}}]
        )
    ),
    put(
        entry(
            "service-intentions",
            "time",
            Sources=[{"Name": "w", "Action": "allow", "LegacyCreateTime": "2020-01-01T00:00:00Z"}],
        )
    ),
    shown("time"),
]

MIXED = [
    create("web", "api", Meta={"owner": "me"}, save={"id": "ID"}),
    ask("A", f"PUT {API}/exact?source=batch&destination=api", {"Action": "deny"}),
    shown("api"),
    ask("A", f"PUT {API}/exact?source=web&destination=api", {"Action": "deny"}),
    shown("api"),
    get(f"{API}/{{{{id}}}}"),
    create("db", "cache", save={"second": "ID"}),
    put(entry("service-intentions", "cache", Sources=[{"Name": "db", "Action": "deny"}])),
    shown("cache"),
    get(f"{API}/{{{{second}}}}"),
    create("more", "cache"),
    delete(f"{API}/{{{{second}}}}"),
    put(
        entry(
            "service-intentions",
            "far",
            Meta={"a": "b"},
            Sources=[{"Name": "x", "Peer": "p", "Action": "deny"}],
        )
    ),
    create("web", "far"),
    ask("A", f"PUT {API}/exact?source=web&destination=far", {"Action": "allow", "Meta": {"a": "c"}}),
    ask("A", f"PUT {API}/exact?source=web&destination=far", {"Action": "allow", "Meta": {"a": "b"}}),
    ask("A", f"PUT {API}/exact?source=web&destination=none", {"Action": "allow", "Meta": {"a": "b"}}),
    ask("A", f"PUT {API}/exact?source=web&destination=none", {"Action": "allow", "ID": NOBODY}),
    ask("A", f"PUT {API}/exact?source=web&destination=none", {"SourceName": "other", "Action": "deny"}),
    get(f"{API}/exact?source=peer:p/x&destination=far"),
    get(f"{API}/exact?source=peer:p&destination=far"),
    get(f"{API}/exact?source=a/b/c/d&destination=far"),
    get(f"{API}/exact?source=default/web&destination=far"),
    get(f"{API}/exact?source=other/web&destination=far"),
    get(f"{API}/exact?source=web&destination=peer:p/far"),
    get(f"{API}/exact?source=&destination=far"),
    get(f"{API}/exact?source=web"),
    get(f"{API}/exact?source=web&source=db&destination=far"),
    ask("A", f"PUT {API}/exact?source=&destination=far", {"Action": "allow"}),
    ask("A", f"PUT {API}/exact?source=web&destination=far", "not JSON"),
    ask("A", f"PUT {API}/exact?source=a/b/c/d&destination=far", {"Action": "allow"}),
    delete(f"{API}/exact?source=web&destination=far"),
    delete(f"{API}/exact?source=web&destination=far"),
    delete(f"{API}/exact?source=x&destination=far"),
    delete(f"{API}/exact?source=x&destination=absent"),
    delete(f"{API}/exact?destination=absent"),
    get(API),
]

PERMISSION = {"Action": "allow", "HTTP": {"PathPrefix": "/"}}
MATCHED = [
    get(f"{API}/match?by=source&name=web"),
    get(f"{API}/check?source=web&destination=api"),
    put(entry("proxy-defaults", "global", Config={"protocol": "http"})),
    put(
        entry(
            "service-intentions",
            "api",
            Sources=[
                {"Name": "web", "Action": "allow"},
                {"Name": "*", "Action": "deny"},
                {"Name": "web", "Peer": "far", "Action": "deny"},
                {"Name": "routed", "Permissions": [PERMISSION]},
            ],
        )
    ),
    put(entry("service-intentions", "db", Sources=[{"Name": "*", "Action": "allow"}])),
    put(
        entry(
            "service-intentions",
            "*",
            Sources=[{"Name": "web", "Action": "deny"}, {"Name": "*", "Action": "deny"}],
        )
    ),
    *(
        get(f"{API}/match?{query}")
        for query in (
            "by=source&name=web",
            "by=destination&name=api",
            "by=destination&name=api&name=db",
            "by=destination&name=*",
            "by=source&name=*",
            "by=destination&name=absent",
            "by=destination&name=default/api",
            "by=destination&name=other/api",
            "by=destination&name=default/default/api",
            "by=destination&name=a/b/c/d",
            "by=destination&name=peer:far/web",
            "by=destination",
            "by=destination&name=",
            "name=api",
            "by=nobody&name=api",
            "by=source&by=destination&name=api",
            "by=destination&name=api&index=1",
        )
    ),
    *(
        get(f"{API}/check?{query}")
        for query in (
            "source=web&destination=api",
            "source=other&destination=api",
            "source=routed&destination=api",
            "source=web&destination=db",
            "source=other&destination=elsewhere",
            "source=web&destination=elsewhere",
            "source=*&destination=api",
            "source=web&destination=*",
            "source=web",
            "destination=api",
            "source=&destination=api",
            "source=web&destination=api&source-type=consul",
            "source=web&destination=api&source-type=other",
            "source=a/b/c/d&destination=api",
            "source=peer:far/web&destination=api",
            "source=web&destination=peer:far/api",
            "source=other/web&destination=api",
        )
    ),
    ask("A", f"PUT {API}/check?source=web&destination=api"),
    ask("A", f"POST {API}/match?by=source&name=web"),
]


def token(name: str, rules: str) -> list[Step]:
    """Make a token that may do what the rules say, as `{{name}}`."""
    return [
        ask(
            "A",
            "PUT /v1/acl/policy",
            {"Name": name, "Rules": rules},
            token="{{A.root}}",
            save={f"{name}p": "ID"},
        ),
        ask(
            "A",
            "PUT /v1/acl/token",
            {"Policies": [{"ID": f"{{{{{name}p}}}}"}]},
            token="{{A.root}}",
            save={name: "SecretID"},
        ),
    ]


def as_each(request: str, body: Any = None) -> list[Step]:
    """Send a request as everyone: reader, writer of `api`, writer of all, nobody."""
    return [
        ask("A", request, body, token=who)
        for who in ("{{sees}}", "{{api}}", "{{all}}", "{{none}}", "", "unknown")
    ]


DENIED = [
    *token("sees", 'service "web" { policy = "read" intentions = "read" }'),
    *token("api", 'service "api" { policy = "write" intentions = "write" }'),
    *token("all", 'service_prefix "" { policy = "write" intentions = "write" }'),
    *token("none", 'node_prefix "" { policy = "read" }'),
    create("web", "api", token="{{A.root}}", save={"id": "ID"}),
    create("batch", "db", token="{{A.root}}", save={"second": "ID"}),
    *as_each(f"GET {API}"),
    *as_each(f"GET {API}/{{{{id}}}}"),
    *as_each(f"GET {API}/{{{{second}}}}"),
    *as_each(f"GET {API}/{NOBODY}"),
    *as_each(f"GET {API}/exact?source=web&destination=api"),
    *as_each(f"GET {API}/match?by=destination&name=api"),
    *as_each(f"GET {API}/match?by=source&name=web"),
    *as_each(f"GET {API}/check?source=web&destination=api"),
    *as_each(f"GET {API}/check?source=web&destination=other"),
    *as_each(f"PUT {API}/{{{{second}}}}", {"SourceName": "b", "DestinationName": "db", "Action": "deny"}),
    *as_each(f"PUT {API}/{NOBODY}", {"SourceName": "b", "DestinationName": "db", "Action": "deny"}),
    *as_each(f"PUT {API}/exact?source=web&destination=db", {"Action": "deny"}),
    *as_each(f"POST {API}", {"SourceName": "b", "DestinationName": "new", "Action": "deny"}),
    *as_each(f"POST {API}", {"SourceName": "b", "DestinationName": "", "Action": "deny"}),
    *as_each(f"DELETE {API}/{NOBODY}"),
    *as_each(f"DELETE {API}/exact?source=web&destination=db"),
    *as_each(f"DELETE {API}/{{{{id}}}}"),
]

SUITES = [
    Suite("intentions-by-id", "intentions by ID: created, read, changed, removed", BY_ID),
    Suite("intentions-refused", "intentions by ID: what is refused, and legacy fields in entries", REFUSED),
    Suite("intentions-mixed", "intentions made by ID and written by name or as an entry: the ID goes", MIXED),
    Suite(
        "intentions-matched", "which intentions match a service, and whether a connection is allowed", MATCHED
    ),
    Suite("intentions-denied", "intentions and ACLs: who may read, write, match and check", DENIED, acl=True),
]
