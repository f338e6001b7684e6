"""Compare-and-set in every combination: what is there, which index is given, what is written."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Step, Suite, ask, delete, entry, get, put

PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "service-defaults": (
        entry("service-defaults", "api", Protocol="http"),
        entry("service-defaults", "api", Protocol="grpc"),
        "/v1/config/service-defaults/api",
    ),
    "exported-services": (
        entry("exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "b"}]}]),
        entry("exported-services", "default", Services=[{"Name": "web", "Consumers": [{"Peer": "b"}]}]),
        "/v1/config/exported-services/default",
    ),
    "service-intentions": (
        entry("service-intentions", "api", Sources=[{"Name": "web", "Peer": "b", "Action": "allow"}]),
        entry("service-intentions", "api", Sources=[{"Name": "web", "Peer": "b", "Action": "deny"}]),
        "/v1/config/service-intentions/api",
    ),
    "service-resolver": (
        entry("service-resolver", "api", ConnectTimeout="5s"),
        entry("service-resolver", "api", ConnectTimeout="6s"),
        "/v1/config/service-resolver/api",
    ),
    "mesh": (
        {"Kind": "mesh", "Peering": {"PeerThroughMeshGateways": True}},
        {"Kind": "mesh", "Peering": {"PeerThroughMeshGateways": False}},
        "/v1/config/mesh/mesh",
    ),
    "proxy-defaults": (
        entry("proxy-defaults", "global", Config={"protocol": "http"}),
        entry("proxy-defaults", "global", MeshGateway={"Mode": "local"}),
        "/v1/config/proxy-defaults/global",
    ),
}
INDEXES = ("cas=1", "cas=999999", "cas=0", "cas=", "cas=-1", "cas=x", "cas")


def written(first: dict[str, Any], second: dict[str, Any], path: str) -> list[Step]:
    """Creating, then writing the same and writing something else, with every kind of index."""
    now = get(path, save={"i": "ModifyIndex"})
    steps: list[Step] = []
    for query in ("cas=7", "cas=x", "cas=-1"):
        steps += [put(first, query), get(path)]
    steps += [put(first, "cas=0"), now, put(first, "cas=0"), put(second, "cas=0"), now]
    for query in INDEXES:
        steps += [put(first, query), now]
    for query in ("cas=1", "cas=999999", "cas=-1"):
        steps += [put(second, query), get(path)]
    steps += [now, put(second, "cas={{i}}"), get(path), put(first, "cas={{i}}"), get(path)]
    return [*steps, now, put(second, "cas={{i}}"), put(second, "cas={{i}}"), now]


def deleted(first: dict[str, Any], path: str) -> list[Step]:
    """Deleting with every kind of index, present and absent."""
    steps: list[Step] = [put(first), get(path, save={"i": "ModifyIndex"})]
    for query in ("cas=1", "cas=999999", "cas=0", "cas=x", "cas=-1"):
        steps += [delete(f"{path}?{query}"), get(path)]
    steps += [delete(f"{path}?cas={{{{i}}}}"), get(path)]
    steps += [delete(f"{path}?{query}") for query in ("cas={{i}}", "cas=1", "cas=0", "cas=x", "cas=")]
    steps += [put(first, "cas={{i}}"), get(path), put(first), delete(f"{path}?cas="), get(path)]
    return [*steps, put(first, "cas=0"), delete(path), delete(path)]


def key_values() -> list[Step]:
    """The same for keys, by request and by transaction."""

    def txn(verb: str, **fields: Any) -> Step:
        return ask("A", "PUT /v1/txn", [{"KV": {"Verb": verb, "Key": "k", **fields}}])

    value = get("/v1/kv/k", save={"i": "0.ModifyIndex"})
    steps: list[Step] = [ask("A", "PUT /v1/kv/k?cas=5", "a"), ask("A", "DELETE /v1/kv/k?cas=5")]
    steps += [ask("A", "PUT /v1/kv/k?cas=0", "a"), value, ask("A", "PUT /v1/kv/k?cas=0", "a")]
    steps += [ask("A", "PUT /v1/kv/k", "a"), value, ask("A", "PUT /v1/kv/k?cas=1", "a"), value]
    steps += [ask("A", "PUT /v1/kv/k?cas={{i}}", "a"), value, ask("A", "PUT /v1/kv/k?cas={{i}}", "b"), value]
    steps += [txn("cas", Value="Yg==", Index=1), txn("cas", Value="Yg==", Index=0), value]
    steps += [{**txn("cas", Value="Yg=="), "body": _txn_body("cas", "Yg==")}, value]
    steps += [ask("A", "DELETE /v1/kv/k?cas=1"), ask("A", "DELETE /v1/kv/k?cas=0"), value]
    steps += [txn("delete-cas", Index=1), {**txn("delete-cas"), "body": _txn_body("delete-cas")}, value]
    steps += [txn("delete-cas", Index=5), ask("A", "PUT /v1/kv/k?cas=0", "c"), value]
    return [*steps, ask("A", "DELETE /v1/kv/k?cas={{i}}"), get("/v1/kv/k")]


def _txn_body(verb: str, value: str = "") -> list[dict[str, Any]]:
    return [{"KV": {"Verb": verb, "Key": "k", "Index": "{{i}}"} | ({"Value": value} if value else {})}]


SUITES = (
    *(
        Suite(
            f"cas-{kind}",
            f"compare-and-set of {kind}",
            [*written(*pair), *deleted(pair[0], pair[2])],
            since="1.14",
        )
        for kind, pair in PAIRS.items()
    ),
    Suite("cas-keys", "compare-and-set of keys, by request and by transaction", key_values()),
)
