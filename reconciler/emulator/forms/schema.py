"""How the fields of config entries are written down, and the structures that they are made of.

A field is `Name type [marks]`. Types: str int bool float any (opaque map) map (text to text) strs ints;
`bytes` (shown as base64), `dur` (shown as text) and `ns` (shown as nanoseconds); `T` a struct, `*T` a pointer
to one, `[]T` a list, `map:T` a map of structs; `*int` and `*ns` pointers. Marks: `~` also takes snake_case,
`~x` takes the alias x, `!` is shown even when empty, `>=N` exists from Consul 1.N on, `<N` before 1.N,
`ent` in Enterprise only (its embedded `EnterpriseMeta`), `=T` Go calls the type T.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from reconciler.emulator.core.versions import Version
from reconciler.emulator.forms.kinds import KINDS, OWN_STRUCTS
from reconciler.emulator.forms.schema_gateways import GATEWAY_STRUCTS

STRUCTS = {
    **OWN_STRUCTS,
    **GATEWAY_STRUCTS,
    "MeshGateway": "Mode str =structs.MeshGatewayMode",
    "TransparentProxy": "OutboundListenerPort int ~; DialedDirectly bool ~",
    "Expose": "Checks bool; Paths []ExposePath",
    "ExposePath": "ListenerPort int ~; Path str; LocalPathPort int ~; Protocol str; ParsedFromCheck bool ~",
    "AccessLogs": "Enabled bool; DisableListenerLogs bool ~; Type str =structs.LogSinkType; Path str; "
    "JSONFormat str ~json_format; TextFormat str ~",
    "EnvoyExtension": "Name str !; Required bool !; Arguments any !; "
    "ConsulVersion str ! >=16; EnvoyVersion str ! >=16",
    "Upstreams": "Overrides []*Upstream; Defaults *Upstream",
    "Upstream": "Name str; Peer str ! >=15; EnvoyListenerJSON str ~envoy_listener_json; "
    "EnvoyClusterJSON str ~envoy_cluster_json; Protocol str; ConnectTimeoutMs int ~; Limits *Limits; "
    "PassiveHealthCheck *PassiveHealthCheck ~; MeshGateway MeshGateway ~ !; "
    "BalanceOutboundConnections str ~ >=14; Partition str ent; Namespace str ent",
    "Limits": "MaxConnections *int ~; MaxPendingRequests *int ~; MaxConcurrentRequests *int ~",
    "PassiveHealthCheck": "Interval ns; MaxFailures int =uint32 ~; "
    "EnforcingConsecutive5xx *int =uint32 ~enforcing_consecutive_5xx; "
    "MaxEjectionPercent *int =uint32 ~ >=14; "
    "BaseEjectionTime *ns ~ >=14",
    "Destination": "Addresses strs; Port int",
    "RateLimits": "InstanceLevel InstanceLevel ~ !",
    "InstanceLevel": "RequestsPerSecond int ~ !; RequestsMaxBurst int ~ !; Routes []RateRoute !",
    "RateRoute": "PathExact str ~ !; PathPrefix str ~ !; PathRegex str ~ !; RequestsPerSecond int ~ !; "
    "RequestsMaxBurst int ~ !",
    "Locality": "Mode str",
    "FailoverPolicy": "Mode str; Regions strs",
    "Route": "Match *RouteMatch; Destination *RouteDestination",
    "RouteMatch": "HTTP *RouteHTTP",
    "RouteHTTP": "PathExact str ~; PathPrefix str ~; PathRegex str ~; CaseInsensitive bool ~ >=17; "
    "Header []Header; QueryParam []QueryParam ~; Methods strs",
    "Header": "Name str !; Present bool; Exact str; Prefix str; Suffix str; Regex str; Invert bool",
    "PermissionHeader": "Name str !; Present bool; Exact str; Prefix str; Suffix str; Regex str; "
    "Invert bool; Contains str >=21; IgnoreCase bool ~ >=21",
    "QueryParam": "Name str !; Present bool; Exact str; Regex str",
    "RouteDestination": "Service str; ServiceSubset str ~; Namespace str; Partition str; "
    "PrefixRewrite str ~; RequestTimeout dur ~; IdleTimeout dur ~ >=14; NumRetries int =uint32 ~; "
    "RetryOnConnectFailure bool ~; "
    "RetryOn strs ~ >=14; RetryOnStatusCodes ints ~; RequestHeaders *Modifiers ~; "
    "ResponseHeaders *Modifiers ~",
    "Modifiers": "Add map; Set map; Remove strs",
    "Split": "Weight float !; Service str; ServiceSubset str ~; Namespace str; Partition str; "
    "RequestHeaders *Modifiers ~; ResponseHeaders *Modifiers ~",
    "Subset": "Filter str; OnlyPassing bool ~",
    "Redirect": "Service str; ServiceSubset str ~; Namespace str; Partition str; Datacenter str; "
    "Peer str >=14; SamenessGroup str >=16",
    "Failover": "Service str; ServiceSubset str ~; Namespace str; Datacenters strs; Targets []Target >=14; "
    "Policy *FailoverPolicy >=16; SamenessGroup str >=16",
    "Target": "Service str; ServiceSubset str ~; Partition str; Namespace str; Datacenter str; Peer str",
    "LoadBalancer": "Policy str; RingHashConfig *RingHash ~; LeastRequestConfig *LeastRequest ~; "
    "HashPolicies []HashPolicy ~",
    "RingHash": "MinimumRingSize int =uint64 ~; MaximumRingSize int =uint64 ~",
    "LeastRequest": "ChoiceCount int =uint32 ~",
    "HashPolicy": "Field str; FieldValue str ~; CookieConfig *Cookie ~; "
    "SourceIP bool ~source_ip; Terminal bool",
    "Cookie": "Session bool; TTL ns; Path str",
    "Exported": "Name str !; Namespace str; Consumers []Consumer",
    "Consumer": "Partition str; Peer str ~peer_name >=14; PeerName str ~peer_name <14; "
    "SamenessGroup str ~ >=16",
    "Source": "Name str !; Action str =structs.IntentionAction; Permissions []*Permission; Precedence int !; "
    "LegacyID str ~legacy_id; Type str =structs.IntentionSourceType !; Description str; LegacyMeta map ~; "
    "LegacyCreateTime str ~; LegacyUpdateTime str ~; "
    "Partition str ent; Namespace str ent; Peer str; SamenessGroup str ~ >=16",
    "Member": "Partition str; Peer str",
    "Permission": "Action str =structs.IntentionAction !; HTTP *PermissionHTTP; JWT *JWT >=16",
    "PermissionHTTP": "PathExact str ~; PathPrefix str ~; PathRegex str ~; Header []PermissionHeader; "
    "Methods strs",
    "JWT": "Providers []*JWTProvider",
    "JWTProvider": "Name str; VerifyClaims []Claim ~",
    "Claim": "Path strs; Value str",
    "MeshProxy": "MeshDestinationsOnly bool ~ !",
    "MeshTLS": "Incoming *DirectionalTLS; Outgoing *DirectionalTLS",
    "DirectionalTLS": "TLSMinVersion str =types.TLSVersion ~tls_min_version; "
    "TLSMaxVersion str =types.TLSVersion ~tls_max_version; "
    "CipherSuites strs =types.TLSCipherSuite ~",
    "MeshHTTP": "SanitizeXForwardedClientCert bool ~ !; Incoming *MeshIncoming >=21",
    "MeshIncoming": "RequestNormalization *Normalization ~",
    "Normalization": "InsecureDisablePathNormalization bool ~ !; MergeSlashes bool ~ !; "
    "PathWithEscapedSlashesAction str =structs.PathWithEscapedSlashesAction ~ !; "
    "HeadersWithUnderscoresAction str =structs.HeadersWithUnderscoresAction ~ !",
    "MeshPeering": "PeerThroughMeshGateways bool ~ !",
    "GatewayTLS": "Enabled bool !; SDS *SDS; TLSMinVersion str =types.TLSVersion ~tls_min_version; "
    "TLSMaxVersion str =types.TLSVersion ~tls_max_version; CipherSuites strs =types.TLSCipherSuite ~",
    "SDS": "ClusterName str ~; CertResource str ~",
    "ServiceTLS": "SDS *SDS",
    "IngressDefaults": "MaxConnections int =uint32 !; MaxPendingRequests int =uint32 !; "
    "MaxConcurrentRequests int =uint32 !; "
    "PassiveHealthCheck *PassiveHealthCheck ~ >=15",
    "IngressListener": "Port int !; Protocol str !; TLS *GatewayTLS; Services []IngressService !",
    "IngressService": "Name str !; Hosts strs !; TLS *ServiceTLS; RequestHeaders *Modifiers ~; "
    "ResponseHeaders *Modifiers ~; MaxConnections int =uint32 ~; MaxPendingRequests int =uint32 ~; "
    "MaxConcurrentRequests int =uint32 ~; PassiveHealthCheck *PassiveHealthCheck ~ >=15; Meta map; "
    "Namespace str ent; Partition str ent",
    "LinkedService": "Name str; CAFile str ~ca_file; CertFile str ~cert_file; KeyFile str ~key_file; "
    "SNI str; DisableAutoHostRewrite bool >=18; Namespace str ent; Partition str ent",
    "KeySet": "Local *LocalKeys; Remote *RemoteKeys",
    "LocalKeys": "JWKS str; Filename str",
    "RemoteKeys": "URI str; RequestTimeoutMs int ~; CacheDuration ns ~; FetchAsynchronously bool ~; "
    "RetryPolicy *KeyRetries ~; JWKSCluster *KeyCluster ~jwks_cluster >=16; "
    "UseSNI bool ~use_sni >=21",
    "KeyRetries": "NumRetries int ~; RetryPolicyBackOff *BackOff ~",
    "BackOff": "BaseInterval ns ~; MaxInterval ns ~",
    "KeyCluster": "DiscoveryType str =structs.ClusterDiscoveryType ~; "
    "TLSCertificates *KeyTLS ~tls_certificates; ConnectTimeout ns ~",
    "KeyTLS": "CaCertificateProviderInstance *KeyInstance ~; TrustedCA *KeyAuthority ~trusted_ca",
    "KeyInstance": "InstanceName str ~; CertificateName str ~",
    "KeyAuthority": "Filename str; EnvironmentVariable str ~; InlineString str ~; InlineBytes bytes ~",
    "TokenPlace": "Header *TokenHeader; QueryParam *TokenName ~; Cookie *TokenName",
    "TokenHeader": "Name str; ValuePrefix str ~; Forward bool",
    "TokenName": "Name str",
    "Forwarding": "HeaderName str ~; PadForwardPayloadHeader bool ~ !",
    "TokenCache": "Size int",
    "ChainOverrides": "OverrideMeshGateway MeshGateway ~; OverrideProtocol str ~; "
    "OverrideConnectTimeout ns ~",
}

COMMON = (
    "Meta map; Hash int =uint64 >=16; Partition str ent; Namespace str ent; CreateIndex int =uint64; "
    "ModifyIndex int =uint64"
)
GO_TYPES = {
    **{"str": "string", "strs": "string", "int": "int", "ints": "uint32", "bool": "bool", "float": "float32"},
    **{"dur": "time.Duration", "ns": "time.Duration"},
}
UPPER_RUNS = ("TLS", "SNI", "JSON")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its Go name, type, whether it is shown when empty, and what Go calls a value's type."""

    name: str
    type: str
    always: bool
    go: str = ""


@dataclass(slots=True)
class Schema:
    """The fields of one struct for one version, found by any accepted spelling."""

    fields: tuple[Field, ...]
    names: dict[str, Field] = field(default_factory=dict)
    folded: dict[str, Field] = field(default_factory=dict)

    def find(self, key: str) -> Field | None:
        """Return the field that an input key means: exact name first, then any letter case and aliases."""
        return self.names.get(key) or self.folded.get(key.lower())


def kind_known(kind: str, version: Version) -> bool:
    """Say whether this Consul knows the kind."""
    found = KINDS.get(kind)
    return found is not None and version.at_least(found.since)


@cache
def kind_schema(kind: str, version: Version) -> Schema | None:
    """Return the schema of a kind, None for a kind that is kept as it comes."""
    found = KINDS.get(kind)
    if found is None or found.fields is None:
        return None
    return _schema(f"{found.fields}; {COMMON}", version)


@cache
def struct_schema(name: str, version: Version) -> Schema:
    """Return the schema of a nested struct."""
    return _schema(STRUCTS[name], version)


def _schema(text: str, version: Version) -> Schema:
    schema = Schema(())
    kept = []
    for line in filter(str.strip, text.split(";")):
        name, kind, *marks = line.split()
        if not _exists(marks, version):
            continue
        go = next((mark[1:] for mark in marks if mark.startswith("=")), GO_TYPES.get(kind.lstrip("*"), ""))
        made = Field(name, kind, "!" in marks, go)
        kept.append(made)
        schema.names[name] = schema.folded[name.lower()] = made
        for mark in marks:
            if mark.startswith("~"):
                schema.folded[mark[1:] or _snake(name)] = made
    schema.fields = tuple(kept)
    return schema


def _exists(marks: list[str], version: Version) -> bool:
    for mark in marks:
        if mark.startswith(">=") and not version.at_least(int(mark[2:])):
            return False
        if mark == "ent" and not version.enterprise:
            return False
        if mark.startswith("<") and version.at_least(int(mark[1:])):
            return False
    return True


def _snake(name: str) -> str:
    for run in UPPER_RUNS:
        name = name.replace(run, run.capitalize())
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
