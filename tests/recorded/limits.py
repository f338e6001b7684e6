"""What the sandbox does not do as servers do, and why; the end of docs/conformance.md."""

from __future__ import annotations

LIMITS = (
    (
        "Several servers in one cluster",
        "Where a sandbox's cluster has several, its address is a follower and the others have none. What "
        "is on its way when the leader dies (`rpc error making call: EOF`, reads that hang) is not emulated.",
    ),
    (
        "Enterprise: as documented, not recorded",
        "A version that ends in `+ent` answers as Consul's public documentation and the source that both "
        "editions share say; no Enterprise server was run, so its error texts may differ. Not emulated: what "
        "a sameness group expands to; chains across partitions and namespaces, of which only the first step "
        "is looked at; instances by namespace; the old intentions API across places; snapshots of more than "
        "the default partition and namespace; inheritance of a namespace's default policies and roles.",
    ),
    (
        "WAN federation",
        "An outage of the primary is as its first seconds are: gossip never takes a datacenter away. "
        "Of Enterprise, only the default partition and namespace are copied.",
    ),
    (
        "Upstreams of proxies",
        "A registered proxy gets what proxy-defaults and service-defaults say of itself, not what "
        "UpstreamConfig says of its upstreams.",
    ),
    (
        "Checks that somebody has to run",
        "TTLs run out and alias checks follow their service. HTTP, TCP, gRPC and other checks stay as "
        "they were registered; script checks are refused, as by servers that do not allow them.",
    ),
    (
        "Logins",
        "Auth methods and binding rules are kept; what would check a bearer token is not there, so a login "
        "by a known method is a 501.",
    ),
    (
        "Encrypted gossip",
        "The keyring is that of a server without encryption: keys can be neither listed nor set.",
    ),
    (
        "Certificates",
        "Those of the certificate authority, its keys and the leaf certificates are texts of the right form: "
        "there is no cryptography. Only Consul's own CA provider can be configured, and nothing is rotated.",
    ),
    (
        "Peers outside",
        "Sandboxes of two processes talk in a way of their own at the peering ports: real servers cannot "
        "peer with them. Through mesh gateways only clusters of one sandbox peer.",
    ),
    (
        "HTTP",
        "No TLS and no HTTP/2. A body may have 64 MiB. `/debug/pprof` and `/api` are not served.",
    ),
    ("Traffic", "Nothing listens behind a registered service: no proxies, no gateways that forward."),
    (
        "Snapshots of other clusters",
        "A snapshot's archive has Consul's form and the name of a copy that the same sandbox keeps; real "
        "snapshots are refused as damaged.",
    ),
    (
        "Where servers differ from run to run",
        "The order in which a server tells several unknown keys; at which member it begins to tell a loop; "
        "when within its rhythm of five seconds a row turns ACTIVE or TERMINATED; how long a restart takes. "
        "The sandbox always does one of these.",
    ),
    (
        "Two deletions that strand a row",
        "Both ends deleted at the same moment seldom leave a row TERMINATED with a DeletedAt on servers; "
        "in the sandbox only where `World.strand` orders it.",
    ),
    (
        "A server that freezes",
        "Real peers notice after 39 to 49 s, by their keepalive; the sandbox always after 44 s. Recordings "
        "keep to the first seconds.",
    ),
    (
        "Versions between the recorded ones",
        "1.15, 1.17, 1.19 and 1.21 were not run; a version is emulated as its family's recorded release.",
    ),
    (
        "Entries of API gateways and Envoy extensions",
        "The status that a controller writes into api-gateway, http-route and tcp-route entries; what "
        "servers refuse about matches of http-routes, hostnames and listeners of API gateways, arguments "
        "of Envoy extensions, JSON formats of access logs and parts of jwt-provider.",
    ),
    (
        "Control characters in error texts",
        "Servers write some of them escaped where they quote a value; the sandbox does so for durations and "
        "numbers only.",
    ),
    ("Limits that need load", "Rate limits, connection limits and messages of 8 MiB are not emulated."),
)

VARYING = {
    "entries-103": "A loop of redirects is told from whichever member the server comes to first.",
    "graph-kv-catalog-017": "A loop of splitters is told from whichever member the server comes to first.",
    "graph-kv-catalog-093": "Of two chains that a write breaks, a server names the one that it meets first.",
    "order-references-21": "Of two chains that a write breaks, a server names the one that it meets first.",
}
"""Lines that real servers answer differently from run to run, and why."""
