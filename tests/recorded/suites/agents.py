"""What an agent makes of what is registered at it, and filter expressions that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.recorded.steps import Step, Suite, ask, delete, entry, get, put

# Where a parser comes farthest, what it expects there, and what its rules say themselves.
WRONG = (
    "a", "a ==", "a == ", "a b", "a = b", "a === b", "a == b or", "a == b and c", "not", "not (a == b",
    "((a == b)", "(a == b", "a == b)", "a is", "a is full", "a is not", "a not b", "1 == a", "1 in 2", "1 in",
    "-a in b", "01 in b", "1.x in b", '"x" in', '"x', "`x", 'a == "x', 'a == "\\q"', 'a["x', 'a["x" == b',
    "a[x] == b", "a[", "a. == b", "_a == b", "a == $b", " ", "a ==\nb c", "é == b", 'a == "é" é',
    '"\\u12" in a', "a contains", "a matches \n",
)  # fmt: skip
# Each of these is one; together they hold every rule of the grammar.
RIGHT = (
    "a == b", '(not a != "x\\u0041" and b.c["d"] is not empty)', "not (1 in a or -1.5 not in b)",
    "a contains `b` or a not contains 0 and b matches \"x\" or b not matches c", "  a is empty\n",
)  # fmt: skip


# An agent knows at once what its alias check says; its catalog hears of it within three seconds, but now and
# then not for more than forty (seen on 1.18 and 1.22): until the agent compares all it has with the catalog,
# which is once a minute and some more.
FULL_SYNC_S = 150.0


def filtered(text: str) -> Step:
    """A resolver whose subset has this filter."""
    return put(entry("service-resolver", "r", Subsets={"v1": {"Filter": text}}))


def lists() -> Iterator[Step]:
    """Lists that take a filter, with filters that are none."""
    for text in ("((", "Name ==", 'Name == "x', "Name is"):
        for path in ("/v1/catalog/services", "/v1/config/service-defaults", "/v1/config/mesh"):
            yield get(f"{path}?filter={quote(text)}")


def registered(name: str, **more: Any) -> Step:
    """A service at the agent."""
    return ask("A", "PUT /v1/agent/service/register", {"Name": name, "Port": 80, **more})


def sidecar(name: str, *, service: dict[str, Any] | None = None, **more: Any) -> Step:
    """A service at the agent, with a sidecar proxy."""
    return registered(name, Connect={"SidecarService": more}, **(service or {}))


def proxies(name: str, count: int = 1, **config: Any) -> Step:
    """What can be dialed for a service, once alias checks ran and the central configuration has arrived."""

    def settled(body: Any) -> bool:
        aliases = [check for one in body for check in one["Checks"] if check["Type"] == "alias"]
        configs = [one["Service"]["Proxy"].get("Config", {}) for one in body]
        return (
            len(body) == count
            and all(c["Status"] != "critical" for c in aliases)
            and all(c == config for c in configs)
        )

    return get(f"/v1/health/connect/{name}", until={"body": settled}, eventually_s=FULL_SYNC_S)


def opaque(body: Any) -> bool:
    """Say whether transparent mode is gone."""
    return not body[0]["Service"]["Proxy"]["Mode"]


HTTP = entry("service-defaults", "api", Protocol="http")
GLOBAL = entry("proxy-defaults", "global", Config={"protocol": "grpc", "a": 1}, MeshGateway={"Mode": "local"})
REMOVED = "PUT /v1/agent/service/deregister/"

SUITES = (
    Suite(
        "sidecars",
        "a sidecar proxy: its checks, its port, and the protocol of its service as it comes and goes",
        [
            sidecar("api"),
            get("/v1/catalog/service/api-sidecar-proxy"),
            sidecar("api", Port=9),
            proxies("api"),
            put(HTTP),
            proxies("api", protocol="http"),
            put(HTTP | {"Protocol": "grpc", "MaxInboundConnections": 7}),
            proxies("api", protocol="grpc", max_inbound_connections=7),
            delete("/v1/config/service-defaults/api"),
            proxies("api"),
            ask("A", REMOVED + "api"),
            get("/v1/agent/services"),
            proxies("api", 0),
            put(HTTP),
            sidecar(
                "api",
                Port=9,
                service={"ID": "api-1", "Tags": ["v1"], "Meta": {"m": "1"}, "Address": "127.0.0.2"},
            ),
            sidecar("api", service={"ID": "api-2"}, Port=8, Tags=["own"], Meta={"o": "2"}),
            proxies("api", 2, protocol="http"),
            ask("A", REMOVED + "api-1"),
            proxies("api", protocol="http"),
        ],
        since="1.14",
    ),
    Suite(
        "sidecars-defaults",
        "what proxy-defaults and service-defaults say of a proxy, what it says itself, and who is not asked",
        [
            put(GLOBAL),
            sidecar("api", Port=9, Proxy={"Config": {"b": 2}}),
            proxies("api", a=1, b=2, protocol="grpc"),
            put(HTTP | {"Mode": "transparent", "MeshGateway": {"Mode": "remote"}}),
            proxies("api", a=1, b=2, protocol="http"),
            sidecar("api", Port=9, Proxy={"Config": {"protocol": "tcp"}, "MeshGateway": {"Mode": "none"}}),
            proxies("api", a=1, protocol="tcp"),
            delete("/v1/config/service-defaults/api"),
            ask("A", "GET /v1/health/connect/api", until={"body": opaque}),
            registered("own", Kind="connect-proxy", Proxy={"DestinationServiceName": "web"}),
            proxies("web", a=1, protocol="grpc"),
            registered("gw", Kind="mesh-gateway"),
            get("/v1/health/service/gw"),
            ask(
                "A",
                "PUT /v1/catalog/register",
                {
                    "Node": "n",
                    "Address": "1.2.3.4",
                    "Service": {
                        "Kind": "connect-proxy",
                        "Service": "p",
                        "Port": 1,
                        "Proxy": {"DestinationServiceName": "far"},
                    },
                },
            ),
            proxies("far"),
            delete("/v1/config/proxy-defaults/global"),
            proxies("api", protocol="tcp"),
            proxies("web"),
        ],
        since="1.14",
    ),
    Suite(
        "sidecars-checks",
        "an alias says what the checks of its service say; a sidecar with a check of its own has no others",
        [
            sidecar("api", Port=9, service={"Check": {"TTL": "1h", "Status": "warning"}}),
            proxies("api"),
            sidecar(
                "web",
                Port=9,
                service={
                    "Checks": [
                        {"TTL": "1h", "Status": "passing"},
                        {"TTL": "2h", "Name": "t", "Status": "warning"},
                    ]
                },
            ),
            proxies("web"),
            sidecar("db", Port=9, service={"Check": {"TTL": "1h", "Status": "passing"}}),
            proxies("db"),
            sidecar("own", Port=9, Check={"TTL": "1h", "Status": "warning", "Notes": "mine"}),
            proxies("own"),
            sidecar(
                "two",
                Port=9,
                Checks=[{"CheckID": "first", "TTL": "1h"}, {"AliasService": "db", "Name": "as db"}],
            ),
            proxies("two"),
            get("/v1/health/service/api"),
            get("/v1/health/service/web?passing"),
        ],
        since="1.14",
    ),
    Suite(
        "filters-refused",
        "filter expressions that are none: what the parser expected, and where",
        [*map(filtered, WRONG), *map(filtered, RIGHT), delete("/v1/config/service-resolver/r"), *lists()],
        since="1.14",
    ),
)
