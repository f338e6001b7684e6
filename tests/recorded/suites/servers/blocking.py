"""What wakes a query that waits, and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.recorded.steps import Step, Suite, ask, awaits, delete, entry, get, put

API = entry("service-defaults", "api", Protocol="http")
API_GRPC = entry("service-defaults", "api", Protocol="grpc")
WEB = entry("service-defaults", "web", Protocol="http")
RESOLVER = entry("service-resolver", "api", ConnectTimeout="5s")
SERVICE = {"Name": "api", "ID": "api-1", "Port": 80}
ONE = "/v1/config/service-defaults/api"
KIND = "/v1/config/service-defaults"
EXPORTS = entry("exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "to-b"}]}])


def waits(path: str, *between: Step, again: bool = True) -> list[Step]:
    """Read, wait for the next index, do something, and take the answer."""
    mark = "&" if "?" in path else "?"
    steps = [
        get(path, save={"i": "header:X-Consul-Index"}),
        get(f"{path}{mark}index={{{{i}}}}&wait=2s", background="it"),
        *between,
        awaits("it"),
    ]
    return [*steps, get(path)] if again else steps


def register(**more: Any) -> Step:
    return ask("A", "PUT /v1/agent/service/register", SERVICE | more)


def token(name: str) -> Step:
    return ask("A", "POST /v1/peering/token", {"PeerName": name})


def suite(name: str, about: str, *parts: Sequence[Step], since: str = "1.14") -> Suite:
    return Suite(f"blocking-{name}", about, [step for part in parts for step in part], since=since)


SUITES = (
    suite(
        "entry",
        "one entry: its own change and removal wake, others and identical writes do not",
        [put(API)],
        waits(ONE),
        waits(ONE, put(API_GRPC)),
        waits(ONE, put(WEB)),
        waits(ONE, put(RESOLVER)),
        waits(ONE, put(API_GRPC)),
        waits(ONE, put(API)),
        waits(ONE, delete("/v1/config/service-defaults/web")),
        waits(ONE, delete(ONE)),
        [get(f"{ONE}?index=1&wait=2s", timed=True), get(f"{ONE}?index=999999&wait=2s", timed=True)],
        [get(f"{ONE}?index=999999&wait=2s", background="it"), put(API), awaits("it")],
    ),
    suite(
        "kind",
        "a list of entries: changes inside the kind wake it",
        [put(API)],
        waits(KIND, put(API_GRPC)),
        waits(KIND, put(WEB)),
        waits(KIND, put(RESOLVER)),
        waits(KIND, put(WEB)),
        waits(KIND, delete("/v1/config/service-defaults/web")),
        waits(KIND, delete(ONE)),
        waits(KIND, put(RESOLVER)),
        waits(KIND, put(API)),
    ),
    suite(
        "peerings",
        "rows: tokens and deletions of the same name wake a single read, of any name the list",
        [token("b")],
        waits("/v1/peering/b", token("b")),
        waits("/v1/peering/b", token("c")),
        waits("/v1/peering/b", put(API)),
        waits("/v1/peerings", token("b")),
        waits("/v1/peerings", token("d")),
        waits("/v1/peerings", put(API)),
        [delete("/v1/peering/c"), get("/v1/peering/c", until={"status": 404})],
        waits("/v1/peerings"),
    ),
    suite(
        "keys",
        "keys: one key, a prefix, a missing key",
        [ask("A", "PUT /v1/kv/a/1", "x")],
        waits("/v1/kv/a/1", ask("A", "PUT /v1/kv/a/1", "y")),
        waits("/v1/kv/a/1", ask("A", "PUT /v1/kv/a/1", "y")),
        waits("/v1/kv/a/1", ask("A", "PUT /v1/kv/a/2", "y")),
        waits("/v1/kv/a/?recurse", ask("A", "PUT /v1/kv/a/3", "y")),
        waits("/v1/kv/a/?recurse", ask("A", "PUT /v1/kv/b/3", "y")),
        waits("/v1/kv/a/?keys", ask("A", "PUT /v1/kv/a/4", "y")),
        waits("/v1/kv/a/9", ask("A", "PUT /v1/kv/a/9", "y")),
        waits("/v1/kv/a/9", ask("A", "DELETE /v1/kv/a/9")),
        waits("/v1/kv/a/9", ask("A", "PUT /v1/kv/a/1", "z")),
        since="1.13",
    ),
    suite(
        "catalog",
        "services and instances",
        waits("/v1/catalog/services", register()),
        waits("/v1/catalog/services", register(Port=81)),
        waits("/v1/catalog/services", put(API)),
        waits("/v1/catalog/service/api", register(Port=82)),
        waits("/v1/catalog/service/web", register(Port=83)),
        waits("/v1/health/service/api", register(Port=84)),
        waits("/v1/health/service/api", put(WEB)),
        waits("/v1/catalog/service/api", ask("A", "PUT /v1/agent/service/deregister/api-1")),
    ),
    suite(
        "chain",
        "a compiled chain wakes only when it compiles to something else",
        [put(API)],
        waits("/v1/discovery-chain/api", put(RESOLVER)),
        waits("/v1/discovery-chain/api", put(WEB)),
        waits("/v1/discovery-chain/api", put(API_GRPC)),
        waits("/v1/discovery-chain/api", token("b")),
    ),
    suite(
        "exports",
        "the list of exported services",
        waits("/v1/exported-services", put(EXPORTS)),
        waits("/v1/exported-services", put(WEB)),
        waits("/v1/exported-services", register()),
        waits("/v1/exported-services", delete("/v1/config/exported-services/default")),
        since="1.18",
    ),
)
