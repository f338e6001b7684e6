"""Every kind of finding: what it is, why it is so, and what to do. docs/findings.md is made from it.

In `cause` and `fix`, words in braces are names that a finding puts there (`commands` has how they are
written), and `$CONSUL_HTTP_ADDR` is the address of the cluster that is asked, where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.access.diagnosis import Complaint, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

_CLUSTERS = (
    Complaint(
        "cluster-silent", _ERROR, "A cluster does not answer",
        "its servers are down, its address is wrong, or its token is refused",
        "ask it by hand: consul info -http-addr=$CONSUL_HTTP_ADDR",
    ),
    Complaint(
        "cluster-tls", _ERROR, "A connection to a cluster ends at TLS",
        "ca_file or server_name of its credentials do not fit its certificate, the certificate is not valid "
        "any more, or it asks for a client certificate (cert_file, key_file)",
        "see what it presents: curl -v $CONSUL_HTTP_ADDR/v1/status/leader",
    ),
    Complaint("same-cluster", _ERROR, "Two clusters are one", "the address of one of them leads to the other",
        "correct the address that is wrong; see who answers: consul info -http-addr=$CONSUL_HTTP_ADDR"),
    Complaint(
        "no-gateway", _ERROR, "A cluster exports services and has no mesh gateway",
        "requests of peers arrive at the exporter's mesh gateway only, in every mode",
        "start one in {cluster:said}: consul connect envoy -gateway=mesh -register -address=HOST:PORT "
        "-wan-address=HOST:PORT",
    ),
    Complaint(
        "no-local-gateway", _ERROR, "Callers leave through a mesh gateway of their own, and there is none",
        "the mode of mesh gateways is local in {cluster:said}",
        "start a mesh gateway in {cluster:said}, or set MeshGateway.Mode to remote in proxy-defaults",
    ),
    Complaint(
        "gateway-critical", _ERROR, "All mesh gateways of a cluster are critical",
        "the gateway's process is down, or its checks fail",
        "see its checks in {cluster:said}: curl $CONSUL_HTTP_ADDR/v1/health/state/critical",
    ),
    Complaint(
        "gateway-without-wan", _WARNING, "A mesh gateway has no address for the WAN",
        "it was registered without -wan-address: peers get its LAN address, which only works in one network",
        "register it again in {cluster:said} with -wan-address=HOST:PORT",
    ),
    Complaint(
        "clock-apart", _WARNING, "The clock of a cluster is not the time",
        "its servers do not synchronise their clocks; certificates may count as not valid yet, or as expired",
        "synchronise the clocks of the servers of {cluster:said} (NTP)",
    ),
    Complaint(
        "own-clock", _WARNING, "The clocks of all clusters differ alike from that of this machine",
        "the clock of the machine that reads the clusters is wrong: it misjudges how old heartbeats are",
        "synchronise the clock of the machine that runs reconciler (NTP)",
    ),
    Complaint(
        "version-too-old", _ERROR, "The version of a cluster lacks what its entries or peerings use",
        "the feature came with a later version of Consul",
        "upgrade {cluster:said} to {since} or later",
    ),
)  # fmt: skip
_LINKS = (
    Complaint(
        "link-one-ended", _ERROR, "A peering has a row at one end only",
        "it was deleted at {cluster:said} alone, or that cluster was restored from before it was peered",
        "recreate both ends: reconciler apply --replace {peering}",
    ),
    Complaint(
        "link-incomplete", _ERROR, "A peering was never established",
        "its token was not used, or the dialer did not reach the acceptor at the addresses of the token: "
        "those that are given for it need the port of gRPC with TLS",
        "finish it: reconciler apply --target {peering}",
    ),
    Complaint(
        "link-ended", _ERROR, "A peering was ended by the other side",
        "it was deleted at one end; the other end keeps a row that does nothing",
        "recreate it: reconciler apply --replace {peering}",
    ),
    Complaint(
        "link-leaving", _WARNING, "A peering is being deleted",
        "a deletion has begun and removes what was imported first",
        "wait until it is gone: curl $CONSUL_HTTP_ADDR/v1/peering/{alias:url}",
    ),
    Complaint(
        "link-failing", _ERROR, "A peering has lost its connection",
        "the servers of the acceptor do not answer the dialer: network, firewall, certificates or addresses",
        "test the way from the servers of {dialer:said}: {way:said}",
    ),
    Complaint(
        "heartbeat-old", _WARNING, "The last heartbeat of a peering is long ago",
        "the connection is lost and servers have not noticed yet, or a clock is apart",
        "look again in a minute: reconciler doctor {cluster}",
    ),
    Complaint(
        "mixed-addresses", _ERROR, "A peering that does not work has hostnames and IP addresses of one end",
        "ServerExternalAddresses of the token had both; dialers use one kind and leave out the other",
        "give one kind of addresses, then: reconciler apply --replace {peering}",
    ),
    Complaint(
        "http-port", _ERROR, "A peering dials the port of the HTTP API",
        "ServerExternalAddresses named the HTTP port; peerings use the port of gRPC with TLS",
        "correct the addresses (port {port}), then: reconciler apply --replace {peering}",
    ),
    Complaint(
        "plain-grpc-port", _ERROR, "A peering dials the port of gRPC without TLS",
        "ServerExternalAddresses named the port that proxies use without TLS; peerings use the one with TLS",
        "correct the addresses (port {port}), then: reconciler apply --replace {peering}",
    ),
    Complaint(
        "server-name", _ERROR, "The name that a dialer expects of the acceptor's servers is another one",
        "the acceptor was built again with a new certificate authority or datacenter name",
        "exchange a new token: reconciler apply --replace {peering}",
    ),
    Complaint(
        "addresses-outdated", _ERROR, "A peering dials addresses at which the acceptor has no server",
        "the servers of the acceptor were replaced while the peering was down",
        "exchange a new token: reconciler apply --replace {peering}",
    ),
)  # fmt: skip
_EXPORTS = (
    Complaint(
        "export-unknown-peer", _ERROR, "A service is exported to a peer that the cluster does not have",
        "a consumer is the exporter's own name for the peer, letter for letter; a mistyped one has no effect",
        "correct the consumer in exported-services of {cluster:said}, or peer the clusters",
    ),
    Complaint(
        "export-shadowed", _ERROR, "On tcp, another item of the exports takes a service away from a peer",
        "the last item that names a tcp service decides whose certificates its proxies trust",
        "name all consumers of {service:said} in one item of exported-services of {cluster:said}",
    ),
    Complaint(
        "export-not-sent", _ERROR, "An export is written, and the exporter does not send it",
        "the stream is down, or the list was written a moment ago",
        "see StreamStatus: curl $CONSUL_HTTP_ADDR/v1/peering/{alias:url}",
    ),
    Complaint(
        "import-not-received", _ERROR, "An export is sent, and the other end has not imported it",
        "the stream is down, or nothing of that name is in the exporter's mesh",
        "compare both ends: consul peering read -name {alias} -http-addr=$CONSUL_HTTP_ADDR",
    ),
    Complaint(
        "export-without-instance", _ERROR, "A service is exported that does not run in the mesh",
        "nothing of that name is registered with a sidecar proxy, or its name is mistyped",
        "register it with a sidecar, or correct the name: consul catalog services "
        "-http-addr=$CONSUL_HTTP_ADDR",
    ),
    Complaint(
        "import-unhealthy", _ERROR, "No instance of an exported service is healthy",
        "all its instances are critical; peers still send requests, and a failover to it does not move on",
        "see the checks of its sidecars and nodes: curl $CONSUL_HTTP_ADDR/v1/health/connect/{service:url}",
    ),
    Complaint(
        "export-redirected", _ERROR, "A name is exported that only redirects",
        "the exporter's gateway does not serve a name without instances",
        "export the service that {service:said} redirects to",
    ),
)  # fmt: skip
_RULES = (
    Complaint(
        "intention-unknown-peer", _ERROR, "An intention names a peer that the cluster does not have",
        "servers take any name; an allow of a mistyped peer opens nothing, and a deny protects nothing",
        "correct the peer: consul config read -kind service-intentions -name {service} "
        "-http-addr=$CONSUL_HTTP_ADDR",
    ),
    Complaint(
        "intention-without-export", _ERROR, "An intention allows a peer to call what is not exported to it",
        "an intention alone opens nothing: the service must be exported to the peer",
        "export {service:said} to {peer:said}, or remove the source",
    ),
    Complaint(
        "deny-without-peer", _WARNING, 'A deny of "*" does not cover peers',
        "a source without a peer is of the own cluster only, also when it is *",
        "add a deny of * with each peer, or declare the source \"*@*\"",
    ),
    Complaint(
        "intention-overridden", _WARNING, "A more precise intention takes the place of another one",
        "of two intentions with one source, that for the service itself counts, and that for * does not",
        "remove one of the two, or make them say the same",
    ),
    Complaint(
        "nothing-allowed", _WARNING, "A service is exported to a peer, and no caller there is let in",
        "the default intention is deny, and no intention names a source of that peer",
        "allow a caller: intentions of {service:said} on {cluster:said}, with the peer {peer:said}",
    ),
    Complaint(
        "intention-at-dialer", _WARNING, "An intention is written where it decides nothing",
        "only the intentions of the exporting cluster count for what is imported",
        "write it at {exporter:said}",
    ),
)  # fmt: skip
_CHAINS = (
    Complaint(
        "target-unknown-peer", _ERROR, "A redirect or failover names a peer that the cluster does not have",
        "servers take any name; proxies then have no listener, or leave out the target",
        "correct the peer: consul config read -kind service-resolver -name {service} "
        "-http-addr=$CONSUL_HTTP_ADDR",
    ),
    Complaint(
        "target-not-exported", _ERROR, "A redirect or failover leads to what the peer does not export",
        "the peer exports nothing of that name to this cluster",
        "export {target:said} at {exporter:said} to {peer:said}",
    ),
    Complaint(
        "subset-empty", _ERROR, "No instance is in a subset of a resolver",
        "the filter matches none of the instances that are registered",
        "compare the filter with tags and Meta: curl $CONSUL_HTTP_ADDR/v1/health/connect/{service:url}",
    ),
    Complaint(
        "failover-stuck", _ERROR, "A failover stays with a peer whose instances are all critical",
        "failover does not look at the health of instances inside a peer: the peer's gateway passes",
        "stop exporting {target:said} at {exporter:said}, or deregister it there, so that the next target "
        "is used",
    ),
    Complaint(
        "protocol-differs", _WARNING, "The two ends say different protocols for a service",
        "the exporter's protocol counts; routers and splitters at the dialer need theirs to be the same",
        "set the same Protocol in service-defaults {service:said} of {cluster:said} as at {exporter:said} "
        "({protocol:said})",
    ),
)  # fmt: skip
_DECLARED = (
    Complaint(
        "not-applied", _WARNING, "What is declared is not, or not as a whole, on the cluster",
        "the configuration was not applied, or somebody changed the object since",
        "see what is missing: reconciler plan --target {address}",
    ),
)  # fmt: skip

COMPLAINTS: Mapping[str, Complaint] = {
    one.rule: one for one in (*_CLUSTERS, *_LINKS, *_EXPORTS, *_RULES, *_CHAINS, *_DECLARED)
}
"""Every kind of finding by its rule, in the order of the way of a request."""

_ROW = (
    "it is not declared here: declare it, or remove the row: consul peering delete -name {alias} "
    "-http-addr=$CONSUL_HTTP_ADDR"
)
UNDECLARED: Mapping[str, str] = dict.fromkeys(
    ("link-one-ended", "link-incomplete", "link-ended", "mixed-addresses", "http-port", "plain-grpc-port",
     "server-name", "addresses-outdated"),
    _ROW,
)  # fmt: skip
"""What to do about a peering that the configuration does not have."""
WORKAROUND = "failover-stuck"
"""The kind of finding that can be helped before its cause is: by what is said of it as well."""
