"""Servers that are killed, restarted with their data, or stopped without closing anything."""

from __future__ import annotations

from tests.recorded.steps import Suite, act, ask, entry, get, gone, peered, put, state

API = entry("service-defaults", "api", Protocol="http")
PATH = "/v1/config/service-defaults/api"

SUITES = (
    Suite(
        "outage-restart-acceptor",
        "the accepting end is restarted with its data",
        [
            put(API),
            ask("A", "PUT /v1/kv/k", "v"),
            get(PATH),
            *peered(),
            act("A", "kill"),
            get(PATH),
            state("B", "A", "FAILING"),
            act("A", "restart"),
            # PENDING for some seconds mostly, ACTIVE already now and then.
            ask("A", "GET /v1/peering/to-b", opaque=True),
            get(PATH),
            get("/v1/kv/k"),
            ask("B", "GET /v1/peering/to-a", until={"State": "ACTIVE"}, only=("State",), pause_s=12),
            state("A", "B", "ACTIVE"),
        ],
        durable=True,
        since="1.14",
    ),
    Suite(
        "outage-restart-dialer",
        "the dialing end is restarted with its data",
        [
            *peered(),
            act("B", "kill"),
            state("A", "B", "FAILING"),
            act("B", "restart"),
            state("B", "A", "ACTIVE"),
            state("A", "B", "ACTIVE"),
        ],
        durable=True,
        since="1.14",
    ),
    Suite(
        "outage-zombie",
        "the dialing row goes while the accepting end is down: the end that comes back is told later",
        [
            *peered(),
            act("A", "kill"),
            state("B", "A", "FAILING"),
            ask("B", "DELETE /v1/peering/to-a"),
            gone("B", "A"),
            act("A", "restart"),
            # ACTIVE for a while, or TERMINATED already: it depends on what the dialer's leader does first.
            ask("A", "GET /v1/peering/to-b", opaque=True, pause_s=15),
            ask("B", "GET /v1/peering/to-a"),
            ask("B", "POST /v1/peering/token", {"PeerName": "unrelated"}),
            state("A", "B", "TERMINATED"),
        ],
        durable=True,
        since="1.14",
    ),
    Suite(
        "outage-orphan",
        "the accepting row goes while the dialing end is down: the dialer is never told",
        [
            *peered(),
            act("B", "kill"),
            state("A", "B", "FAILING"),
            ask("A", "DELETE /v1/peering/to-b"),
            gone("A", "B"),
            act("B", "restart"),
            state("B", "A", "FAILING"),
            ask("B", "GET /v1/peering/to-a", pause_s=6),
        ],
        durable=True,
        since="1.14",
    ),
    Suite(
        "outage-frozen",
        "a server that is stopped without closing anything: requests hang, its peer still reads ACTIVE",
        [
            *peered(),
            act("A", "freeze"),
            get("/v1/peerings", client_timeout_s=2.0),
            ask("B", "GET /v1/peering/to-a", pause_s=3),
            act("A", "thaw"),
            get("/v1/peering/to-b", pause_s=1),
            state("B", "A", "ACTIVE"),
        ],
        since="1.14",
    ),
    Suite(
        "outage-frozen-establish",
        "establishing with a token of a server that is stopped",
        [
            ask("A", "POST /v1/peering/token", {"PeerName": "to-b"}, save={"token": "PeeringToken"}),
            act("A", "freeze"),
            ask(
                "B",
                "POST /v1/peering/establish",
                {"PeerName": "to-a", "PeeringToken": "{{token}}"},
                opaque=True,
            ),
            ask("B", "GET /v1/peering/to-a"),
            act("A", "thaw"),
            ask(
                "B",
                "POST /v1/peering/establish",
                {"PeerName": "to-a", "PeeringToken": "{{token}}"},
                pause_s=1,
            ),
            state("B", "A", "ACTIVE"),
        ],
        since="1.14",
    ),
)
