"""Every config entry kind that the sandbox knows: its fields, its first version, who may use it, where it is.

This is Consul's side, written down from its source, and shares nothing with what the sandbox tests: a test
compares the two. A kind that Consul changes or judges in a way of its own has that in `normal`, `tenancy`
and `entries.validate` as well; without it, Consul asks for a name and takes the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class EntryKind(NamedTuple):
    """One kind.

    fields   as `schema` explains; `None`: kept as it comes, because only a controller of Consul writes it
    since    the first version of Consul 1.N that has it
    reads    the resource of ACL rules that reading takes: `mesh`, `service`, `intention`, or none
    writes   the same for writing and deleting
    wide     Enterprise keeps it in the `default` namespace of a partition
    structs  structures of this kind alone, as those of `schema.STRUCTS`
    """

    fields: str | None
    since: int = 13
    reads: str = "mesh"
    writes: str = "mesh"
    wide: bool = False
    structs: Mapping[str, str] = {}


KINDS = {
    "service-defaults": EntryKind(
        "Name str !; Protocol str !; Mode str =structs.ProxyMode; "
        "TransparentProxy TransparentProxy ~ !; "
        "MutualTLSMode str =structs.MutualTLSMode ~mutual_tls_mode >=16; MeshGateway MeshGateway ~ !; "
        "Expose Expose !; "
        "ExternalSNI str ~external_sni; UpstreamConfig *Upstreams ~; Destination *Destination; "
        "MaxInboundConnections int ~; LocalConnectTimeoutMs int ~; LocalRequestTimeoutMs int ~; "
        "BalanceInboundConnections str ~ >=14; RateLimits *RateLimits ~ >=17; "
        "EnvoyExtensions []EnvoyExtension ~ >=15",
        reads="service",
        writes="service",
    ),
    "proxy-defaults": EntryKind(
        "Name str !; Config any !; Mode str =structs.ProxyMode; "
        "TransparentProxy TransparentProxy ~ !; "
        "MutualTLSMode str =structs.MutualTLSMode ~mutual_tls_mode >=16; MeshGateway MeshGateway ~ !; "
        "Expose Expose !; "
        "AccessLogs AccessLogs ~ ! >=15; EnvoyExtensions []EnvoyExtension ~ >=15; "
        "FailoverPolicy *FailoverPolicy ~ >=16; PrioritizeByLocality *Locality ~ >=16; Protocol str >=16",
        reads="",
        wide=True,
    ),
    "service-router": EntryKind(
        "Name str !; Routes []Route !",
        reads="service",
        writes="service",
    ),
    "service-splitter": EntryKind(
        "Name str !; Splits []Split !",
        reads="service",
        writes="service",
    ),
    "service-resolver": EntryKind(
        "Name str !; DefaultSubset str ~; Subsets map:Subset; Redirect *Redirect; "
        "Failover map:Failover; PrioritizeByLocality *Locality ~ >=16; ConnectTimeout dur ~; "
        "RequestTimeout dur ~; LoadBalancer *LoadBalancer ~",
        reads="service",
        writes="service",
    ),
    "exported-services": EntryKind(
        "Name str !; Services []Exported",
        wide=True,
    ),
    "service-intentions": EntryKind(
        "Name str !; Sources []*Source !; JWT *JWT >=16",
        reads="intention",
        writes="intention",
    ),
    "mesh": EntryKind(
        "TransparentProxy MeshProxy ~ !; AllowEnablingPermissiveMutualTLS bool ~ >=16; "
        "ValidateClusters bool ~ >=19; TLS *MeshTLS; HTTP *MeshHTTP; Peering *MeshPeering >=14",
        reads="",
        wide=True,
    ),
    "ingress-gateway": EntryKind(
        "Name str !; TLS GatewayTLS !; Listeners []IngressListener !; Defaults *IngressDefaults",
        reads="service",
    ),
    "terminating-gateway": EntryKind(
        "Name str !; Services []LinkedService !",
        reads="service",
    ),
    "sameness-group": EntryKind(
        "Name str !; DefaultForFailover bool ~; IncludeLocal bool ~; Members []Member !",
        since=16,
        reads="",
        wide=True,
    ),
    "jwt-provider": EntryKind(
        "Name str; JSONWebKeySet *KeySet ~json_web_key_set; Issuer str; Audiences strs; "
        "Locations []*TokenPlace; Forwarding *Forwarding; ClockSkewSeconds int ~; CacheConfig *TokenCache ~",
        since=16,
        wide=True,
    ),
    "api-gateway": EntryKind(
        "Name str !; Listeners []GatewayListener !; Status Status !",
        since=15,
        reads="service",
    ),
    "http-route": EntryKind(
        "Name str !; Parents []Reference !; Rules []HTTPRule !; Hostnames strs !; Status Status !",
        since=15,
    ),
    "tcp-route": EntryKind(
        "Name str !; Parents []Reference !; Services []TCPService !; Status Status !",
        since=15,
    ),
    "inline-certificate": EntryKind(
        "Name str !; Certificate str !; PrivateKey str !",
        since=15,
    ),
    "file-system-certificate": EntryKind(
        "Name str !; Certificate str !; PrivateKey str !",
        since=19,
    ),
    "bound-api-gateway": EntryKind(None, since=15, reads="service"),
}
OWN_STRUCTS = {name: fields for kind in KINDS.values() for name, fields in kind.structs.items()}
