"""A cluster that is put back to an earlier time."""

from __future__ import annotations

from tests.recorded.steps import Suite, ask, awaits, delete, entry, get, peered, put, state

API = entry("service-defaults", "api", Protocol="http")
GRPC = entry("service-defaults", "api", Protocol="grpc")
WEB = entry("service-defaults", "web", Protocol="http")
PATH = "/v1/config/service-defaults/api"
SAVE = get("/v1/snapshot", save={"snapshot": "body"}, opaque=True)
RESTORE = ask("A", "PUT /v1/snapshot", "{{snapshot}}")

SUITES = (
    Suite(
        "snapshot-entries",
        "entries and keys go back, ModifyIndex falls, compare-and-set with a later index fails",
        [
            put(API),
            ask("A", "PUT /v1/kv/k", "one"),
            get(PATH),
            SAVE,
            put(GRPC),
            put(WEB),
            ask("A", "PUT /v1/kv/k", "two"),
            ask("A", "PUT /v1/kv/l", "two"),
            get(PATH, save={"late": "ModifyIndex"}),
            RESTORE,
            get(PATH, save={"early": "ModifyIndex"}),
            get("/v1/config/service-defaults"),
            get("/v1/kv/?recurse"),
            put(GRPC, "cas={{late}}"),
            delete(f"{PATH}?cas={{{{late}}}}"),
            put(GRPC, "cas={{early}}"),
            get(PATH),
            ask("A", "PUT /v1/snapshot", "nonsense"),
            get(PATH),
        ],
        since="1.14",
    ),
    Suite(
        "snapshot-wakes",
        "a query that waits is answered when the cluster is restored",
        [
            put(API),
            SAVE,
            put(GRPC),
            get(PATH, save={"i": "header:X-Consul-Index"}),
            get(f"{PATH}?index={{{{i}}}}&wait=3s", background="it"),
            RESTORE,
            awaits("it"),
            get("/v1/config/service-defaults", save={"i": "header:X-Consul-Index"}),
            get("/v1/config/service-defaults?index={{i}}&wait=2s", background="it"),
            put(WEB),
            awaits("it"),
        ],
        since="1.14",
    ),
    Suite(
        "snapshot-before-peering",
        "the accepting end goes back to before it was peered: its row is gone, the dialer is told TERMINATED",
        [
            put(API),
            SAVE,
            *peered(),
            RESTORE,
            get("/v1/peering/to-b", until={"status": 404}),
            ask("B", "GET /v1/peering/to-a", pause_s=8),
            ask("A", "POST /v1/peering/token", {"PeerName": "to-b"}, save={"again": "PeeringToken"}),
            ask("B", "POST /v1/peering/establish", {"PeerName": "to-a", "PeeringToken": "{{again}}"}),
            state("B", "A", "ACTIVE"),
            state("A", "B", "ACTIVE"),
        ],
        since="1.14",
    ),
    Suite(
        "snapshot-brings-back",
        "the accepting end goes back to when it was peered, after both ends were deleted",
        [
            *peered(),
            SAVE,
            ask("A", "DELETE /v1/peering/to-b"),
            get("/v1/peering/to-b", until={"status": 404}),
            state("B", "A", "TERMINATED"),
            ask("B", "DELETE /v1/peering/to-a"),
            ask("B", "GET /v1/peering/to-a", until={"status": 404}),
            RESTORE,
            get("/v1/peering/to-b", until={"status": 200}),
            get("/v1/peering/to-b", pause_s=6),
            ask("A", "DELETE /v1/peering/to-b"),
            get("/v1/peering/to-b", until={"status": 404}),
        ],
        since="1.14",
    ),
)
