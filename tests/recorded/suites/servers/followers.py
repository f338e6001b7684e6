"""A cluster of three servers that is asked at a follower, and the death of its leader."""

from __future__ import annotations

from typing import Any

from tests.recorded.steps import Suite, act, ask, delete, entry, get, peered, put, state
from tests.recorded.worlds import ROOT

API = entry("service-defaults", "api", Protocol="http")
PATH = "/v1/config/service-defaults/api"


def said(words: str) -> dict[str, Any]:
    """Until this is said."""
    return {"body": lambda body: isinstance(body, str) and words in body}


SUITES = (
    Suite(
        "followers",
        "what the leader refuses comes as an RPC's error; what the follower refuses itself does not",
        [
            put(API),
            get(PATH),
            put(API, "cas=999"),
            put(API | {"Protocol": "grpc"}, "cas=999"),
            put(API, "cas=x"),
            put(entry("service-splitter", "api", Splits=[{"Weight": 50}])),
            put(entry("service-splitter", "web", Splits=[{"Weight": 100}])),
            put(entry("none", "api")),
            get("/v1/config/none/api"),
            get("/v1/config/none"),
            delete("/v1/config/none/api"),
            get("/v1/config/mesh/mesh"),
            get("/v1/kv/k"),
            ask("A", "PUT /v1/kv/k?dc=dc9", "v"),
            ask("A", "PUT /v1/kv/k?cas=7", "v"),
            get("/v1/catalog/nodes?dc=dc9"),
            ask("A", "PUT /v1/catalog/register", {"Address": "1.2.3.4"}),
            get("/v1/health/service/nobody"),
            get("/v1/peering/nobody"),
            ask("A", "POST /v1/peering/token", {"PeerName": "Bad Name"}),
            *peered(),
            ask("A", "POST /v1/peering/establish", {"PeerName": "to-b", "PeeringToken": "e30="}),
            ask("A", "DELETE /v1/peering/to-b"),
            state("B", "A", "TERMINATED"),
        ],
        several=True,
        since="1.14",
    ),
    Suite(
        "followers-denied",
        "a token that may do nothing, asked at a follower",
        [
            put(API, token=ROOT),
            put(API | {"Protocol": "grpc"}),
            put(API, token="11111111-0000-4000-8000-000000000000"),
            get(PATH),
            get("/v1/kv/k"),
            get("/v1/agent/self", opaque=True),
            get("/v1/peerings"),
            get("/v1/acl/policies"),
            ask("A", "POST /v1/peering/token", {"PeerName": "to-b"}),
        ],
        several=True,
        acl=True,
        since="1.14",
    ),
    Suite(
        "followers-election",
        "the leader is killed: how a follower says that it does not reach it, and that all goes on by itself",
        [
            put(API),
            *peered(),
            act("A", "kill-leader"),
            ask("A", "PUT /v1/kv/k", "v", until=said("failed to get conn: dial tcp")),
            ask("A", "POST /v1/peering/token", {"PeerName": "to-c"}, until=said("Error while dialing")),
            get("/v1/agent/self", opaque=True),
            ask("A", "PUT /v1/kv/k", "v", until={"status": 200}),
            ask("A", "POST /v1/peering/token", {"PeerName": "to-c"}, until={"status": 200}, opaque=True),
            get(PATH),
            state("A", "B", "ACTIVE"),
            state("B", "A", "ACTIVE"),
        ],
        several=True,
        since="1.14",
    ),
)
