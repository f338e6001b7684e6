"""Rows that end in odd ways: both ends at once, one end while the other is away."""

from __future__ import annotations

from tests.recorded.steps import Suite, ask, awaits, gone, peered, put, read, state

EXPORTS = {
    "Kind": "exported-services",
    "Name": "default",
    "Services": [{"Name": "api", "Consumers": [{"Peer": "to-b"}]}],
}


def token(cluster: str, name: str, save: str = "token") -> dict[str, object]:
    return ask(cluster, "POST /v1/peering/token", {"PeerName": name}, save={save: "PeeringToken"})


def establish(cluster: str, name: str, saved: str = "token") -> dict[str, object]:
    return ask(
        cluster,
        "POST /v1/peering/establish",
        {"PeerName": name, "PeeringToken": f"{{{{{saved}}}}}"},
    )


SUITES = (
    Suite(
        "peering-waited-for",
        "a query that waits at a row while its link comes up, at the dialing and at the accepting end",
        [
            token("A", "to-b"),
            ask("A", "GET /v1/peering/to-b", save={"i": "header:X-Consul-Index"}, opaque=True),
            establish("B", "to-a"),
            ask("B", "GET /v1/peering/to-a", save={"j": "header:X-Consul-Index"}, opaque=True),
            ask("A", "GET /v1/peering/to-b?index={{i}}&wait=8s", background="acceptor"),
            ask("B", "GET /v1/peering/to-a?index={{j}}&wait=8s", background="dialer"),
            {**awaits("acceptor"), "timed": False, "only": ("State",)},
            {**awaits("dialer"), "timed": False, "only": ("State",)},
            read("A", "B", pause_s=1),
            read("B", "A"),
        ],
        since="1.14",
    ),
    Suite(
        "peering-both-deleted",
        "both ends deleted at the same moment: both go, and a name can be used again",
        [
            *peered(),
            ask("A", "DELETE /v1/peering/to-b", background="one"),
            ask("B", "DELETE /v1/peering/to-a", background="other"),
            {**awaits("one"), "timed": False},
            {**awaits("other"), "timed": False},
            gone("A", "B"),
            gone("B", "A"),
            *peered(to_active=False),
            state("B", "A", "ACTIVE"),
            state("A", "B", "ACTIVE"),
        ],
        since="1.14",
    ),
    Suite(
        "peering-renewed",
        "a new token for a link that is up: nothing drops, the meta data of the dialing end is replaced",
        [
            *peered(),
            token("A", "to-b", "new"),
            ask("A", "GET /v1/peering/to-b"),
            ask(
                "B",
                "POST /v1/peering/establish",
                {"PeerName": "to-a", "PeeringToken": "{{new}}", "Meta": {"n": "1"}},
            ),
            ask("B", "GET /v1/peering/to-a"),
            ask("A", "GET /v1/peering/to-b"),
            establish("B", "to-a", "new"),
            ask("B", "GET /v1/peering/to-a"),
            ask("A", "GET /v1/peering/to-b"),
        ],
        since="1.14",
    ),
    Suite(
        "peering-both-ways",
        "two clusters peered twice, under other names and in the other direction",
        [
            *peered(),
            token("B", "a2", "back"),
            establish("A", "b2", "back"),
            ask("A", "GET /v1/peering/b2", until={"State": "ACTIVE"}, only=("State",)),
            ask("B", "GET /v1/peering/a2", until={"State": "ACTIVE"}, only=("State",)),
            ask("A", "GET /v1/peering/to-b"),
            put(EXPORTS),
            ask("B", "GET /v1/peering/to-a", until={"status": 200}, pause_s=1),
            ask("B", "GET /v1/peering/a2"),
            ask("A", "DELETE /v1/peering/b2"),
            ask("A", "GET /v1/peering/b2", until={"status": 404}),
            ask("B", "GET /v1/peering/a2", until={"State": "TERMINATED"}, only=("State",)),
            ask("A", "GET /v1/peering/to-b"),
        ],
        since="1.14",
    ),
    Suite(
        "peering-terminated-again",
        "a row whose other end is gone: tokens are dead, establishing revives a dialer",
        [
            *peered(),
            ask("B", "DELETE /v1/peering/to-a"),
            gone("B", "A"),
            state("A", "B", "TERMINATED"),
            token("A", "to-b", "dead"),
            establish("B", "to-a", "dead"),
            ask("B", "GET /v1/peering/to-a"),
            ask("B", "DELETE /v1/peering/to-a"),
            gone("B", "A"),
            ask("A", "DELETE /v1/peering/to-b"),
            gone("A", "B"),
            *peered(to_active=False),
            state("B", "A", "ACTIVE"),
            ask("A", "DELETE /v1/peering/to-b"),
            gone("A", "B"),
            state("B", "A", "TERMINATED"),
            token("A", "to-b", "fresh"),
            establish("B", "to-a", "fresh"),
            state("B", "A", "ACTIVE"),
            state("A", "B", "ACTIVE"),
        ],
        since="1.14",
    ),
)
