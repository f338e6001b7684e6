"""What ends every server of a cluster, now and at each start: null in a list, headers of splits of splits."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, act, ask, delete, entry, get, peered, put, state

API = entry("service-defaults", "api", Protocol="http")
API_PATH = "/v1/config/service-defaults/api"
GLOBAL = "/v1/config/proxy-defaults/global"


def config(value: Any) -> Step:
    """Write a value into the opaque map of proxy-defaults."""
    return put(entry("proxy-defaults", "global", Config={"a": value}))


def kills(name: str, about: str, before: list[Step], body: dict[str, Any]) -> Suite:
    """A write after which the servers are gone, also when they are started again, until their data are."""
    write = ask("A", "PUT /v1/config", body)
    return Suite(
        f"deadly-{name}",
        f"{about} ends the servers at once and at each start",
        [
            put(API),
            *before,
            get(API_PATH),
            # The connection ends without an answer, or with `false`: left alone.
            write | {"background": "deadly"},
            get(API_PATH, until={"status": 0}),
            act("A", "start-in-vain"),
            get(API_PATH),
            act("A", "start-in-vain"),
            get(GLOBAL),
            act("A", "reset"),
            get(API_PATH),
            put(API),
            get(API_PATH, only=("Protocol",)),
        ],
        durable=True,
    )


def nulls(name: str, value: Any) -> Suite:
    """Null as an item of a list in the opaque map of proxy-defaults."""
    about = "null in a list of proxy-defaults"
    return kills(name, about, [], entry("proxy-defaults", "global", Config={"a": value}))


def split(name: str, to: str, field: str, headers: dict[str, Any]) -> dict[str, Any]:
    """A splitter of one split with header rules."""
    return entry("service-splitter", name, Splits=[{"Weight": 100, "Service": to, field: headers}])


def splits(name: str, first: dict[str, Any], second: dict[str, Any]) -> Suite:
    """Two splitters, one of which leads to the other, each with header rules that the other one lacks."""
    about = "a splitter that leads to another one with other header rules"
    return kills(f"splits-{name}", about, [put(HTTP), put(first)], second)


HTTP = entry("proxy-defaults", "global", Config={"protocol": "http"})
SETS = {"Set": {"x": "1"}}
ADDS = {"Add": {"y": "2"}}
REMOVES = {"Remove": ["z"]}
BOTH = {**SETS, **ADDS}
LUA = {"ProxyType": "connect-proxy", "Listener": "inbound", "Script": "x"}
SUITES = (
    nulls("nested", {"b": [1, None]}),
    nulls("pair", [1, None]),
    nulls("list-of-lists", [[None]]),
    nulls("deep", {"b": [{"c": [[], {"d": ["x", None]}]}]}),
    splits("requests", split("a", "b", "RequestHeaders", SETS), split("b", "c", "RequestHeaders", ADDS)),
    splits("responses", split("b", "c", "ResponseHeaders", SETS), split("a", "b", "ResponseHeaders", ADDS)),
    splits("removal", split("b", "c", "RequestHeaders", ADDS), split("a", "b", "RequestHeaders", REMOVES)),
    Suite(
        "splits-of-splits",
        "header rules of an outer and an inner splitter that servers put together",
        [
            put(HTTP),
            put(API),
            *(
                step
                for outer, inner in ((SETS, SETS), (SETS, REMOVES), (ADDS, ADDS), (BOTH, SETS), (REMOVES, {}))
                for step in (
                    delete("/v1/config/service-splitter/a"),
                    put(split("b", "c", "RequestHeaders", inner)),
                    put(split("a", "b", "RequestHeaders", outer)),
                    get("/v1/discovery-chain/a"),
                )
            ),
            delete("/v1/config/service-splitter/a"),
            put(split("b", "c", "RequestHeaders", SETS)),
            put(split("a", "b", "ResponseHeaders", ADDS)),
            get("/v1/discovery-chain/a"),
        ],
        since="1.14",
    ),
    Suite(
        "deadly-peered",
        "what the other end sees of a cluster that is gone for good",
        [
            *peered(),
            ask(
                "A",
                "PUT /v1/config",
                entry("proxy-defaults", "global", Config={"a": [1, None]}),
                background="deadly",
            ),
            get(API_PATH, until={"status": 0}),
            state("B", "A", "FAILING"),
            act("A", "start-in-vain"),
            state("B", "A", "FAILING"),
        ],
        durable=True,
        since="1.14",
    ),
    Suite(
        "null-items",
        "null in a list where it ends the request only, and where it is stored as something else",
        [
            config([None]),
            get(GLOBAL),
            put(entry("service-intentions", "api", Sources=[None])),
            put(entry("service-defaults", [None])),
            put(entry("service-defaults", "api", Meta=[None])),
            put(entry("service-defaults", "api", Meta={"owner": [None]})),
            put(entry("service-defaults", "api", MeshGateway=[None])),
            put(entry("service-router", "api", Routes=[[None]])),
            put(entry("service-resolver", "api", Failover={"*": [None]})),
            put(entry("service-intentions", "api", Sources=[None, {"Name": "a", "Action": "allow"}])),
            get(API_PATH),
            config(None),
            get(GLOBAL),
            config({"b": None}),
            get(GLOBAL),
            config([{"b": None, "c": [None]}]),
            get(GLOBAL),
            put(entry("exported-services", "default", Services=[{"Name": "api", "Consumers": [None]}])),
            get("/v1/config/exported-services/default"),
            put(entry("service-resolver", "api", Failover={"*": {"Targets": [None]}})),
            get("/v1/config/service-resolver/api"),
            put(entry("service-defaults", "api", Meta={"owner": None})),
            get(API_PATH),
            put(entry("service-router", "api", Routes=[None])),
            put(entry("exported-services", "default", Services=[None])),
        ],
        since="1.14",
    ),
    Suite(
        "null-arguments",
        "null in a list among the arguments of an Envoy extension",
        [
            *(
                step
                for value in ([None], [1, None], {"b": [1, None]}, [[None]])
                for step in (
                    put(
                        entry(
                            "service-defaults",
                            "api",
                            EnvoyExtensions=[
                                {"Name": "builtin/lua", "Arguments": LUA | {"a": value}},
                            ],
                        )
                    ),
                    get(API_PATH),
                )
            ),
            act("A", "restart"),
            get(API_PATH),
        ],
        durable=True,
        since="1.16",
    ),
)
