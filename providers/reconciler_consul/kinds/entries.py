"""The kinds that this provider handles, as data: see `reconciler.sdk.kinds` for what each rule means.

Ranks follow what Consul's graph validation asks for: what is referred to stands before what refers to it,
and nothing is exported before the rules for it stand.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.sdk.kinds import Foreign, Form, KeyedBy, Kind, Rule
from reconciler_consul.kinds.fields import (
    COMMON,
    ENVOY_EXTENSIONS,
    EXPOSE,
    FAILOVER_POLICY,
    HEADERS,
    IN_DEFAULT,
    JWT,
    LOCALITY,
    LOWER,
    MAP,
    MESH_GATEWAY,
    NANOSECONDS,
    NUMBERS,
    OPAQUE,
    PERMISSION_HEADER,
    ROUTE_HEADER,
    SERVER,
    TEXT_DURATION,
    TRANSPARENT_PROXY,
    UPPER_LIST,
    UPSTREAM,
    entry,
    listed,
    struct,
)
from reconciler_consul.kinds.other_entries import OTHER

PEERING = Kind(
    "peering",
    rank=20,
    mark="Meta",
    title="peering",
    rule=struct("Acceptor Dialer ServerExternalAddresses*", Names=MAP, Meta=MAP),
    # A row cannot be renamed: another name is another peering.
    replaces=frozenset({"Names"}),
    # Roles cannot be switched in place and mean nothing to a link that stands; Consul ignores a changed
    # Meta on an existing acceptor and never gives the addresses back.
    frozen=frozenset({"Acceptor", "Dialer", "Meta", "ServerExternalAddresses"}),
    repeatable=False,
    symmetric=True,
    cluster_fields=frozenset({"Acceptor", "Dialer", "Names"}),
    rotates=True,
)

_CONSUMERS = Rule(
    keyed=KeyedBy(("Peer", "Partition", "SamenessGroup"), Foreign.REMOVE),
    each=struct("Peer Partition SamenessGroup", aliases={"peer_name": "Peer"}),
)
EXPORTED_SERVICES = Kind(
    "exported_services",
    rank=80,
    title="exported services",
    container="Services",
    rule=entry(
        Services=Rule(
            keyed=KeyedBy(("Name", "Namespace"), Foreign.KEEP),
            each=struct("Name", Namespace=IN_DEFAULT, Consumers=_CONSUMERS),
        )
    ),
)

_PERMISSION_HTTP = struct(
    "PathExact PathPrefix PathRegex", Header=listed(PERMISSION_HEADER), Methods=UPPER_LIST
)
_SOURCE = struct(
    "Name Peer SamenessGroup Action Description",
    Namespace=IN_DEFAULT,
    Partition=IN_DEFAULT,
    Permissions=listed(struct("Action", HTTP=_PERMISSION_HTTP, JWT=JWT)),
    Precedence=SERVER,
    Type=SERVER,
    LegacyID=SERVER,
    LegacyMeta=SERVER,
    LegacyCreateTime=SERVER,
    LegacyUpdateTime=SERVER,
    exclusive=(("Action", "Permissions"),),
)
SERVICE_INTENTIONS = Kind(
    "service_intentions",
    rank=70,
    mark="Meta",
    title="service intentions",
    rule=entry(
        JWT=JWT,
        Sources=Rule(
            # The order of equal precedence is that of submission: it means nothing.
            keyed=KeyedBy(
                ("Name", "Peer", "Namespace", "Partition", "SamenessGroup"), Foreign.REMOVE, shareable=True
            ),
            each=_SOURCE,
        ),
    ),
)

SERVICE_DEFAULTS = Kind(
    "service_defaults",
    rank=30,
    mark="Meta",
    title="service defaults",
    rule=entry(
        "Mode MutualTLSMode ExternalSNI MaxInboundConnections# LocalConnectTimeoutMs# LocalRequestTimeoutMs#"
        " BalanceInboundConnections",
        Protocol=LOWER,
        TransparentProxy=TRANSPARENT_PROXY,
        MeshGateway=MESH_GATEWAY,
        Expose=EXPOSE,
        UpstreamConfig=struct(Defaults=UPSTREAM, Overrides=listed(UPSTREAM)),
        Destination=struct("Addresses* Port#"),
        RateLimits=struct(
            InstanceLevel=struct(
                "RequestsPerSecond# RequestsMaxBurst#",
                Routes=listed(struct("PathExact PathPrefix PathRegex RequestsPerSecond# RequestsMaxBurst#")),
            )
        ),
        EnvoyExtensions=ENVOY_EXTENSIONS,
    ),
)

_TARGET = struct("Service ServiceSubset Datacenter Peer", Namespace=IN_DEFAULT, Partition=IN_DEFAULT)
_FAILOVER = struct(
    "Service ServiceSubset Datacenters* SamenessGroup",
    Namespace=IN_DEFAULT,
    Targets=listed(_TARGET),
    Policy=FAILOVER_POLICY,
)
_LOAD_BALANCER = struct(
    "Policy",
    RingHashConfig=struct("MinimumRingSize# MaximumRingSize#"),
    LeastRequestConfig=struct("ChoiceCount#"),
    HashPolicies=listed(
        struct("Field FieldValue SourceIP? Terminal?", CookieConfig=struct("Session? Path", TTL=NANOSECONDS))
    ),
)
SERVICE_RESOLVER = Kind(
    "service_resolver",
    rank=40,
    mark="Meta",
    title="service resolver",
    rule=entry(
        "DefaultSubset",
        Subsets=Rule(is_map=True, each=struct("Filter OnlyPassing?")),
        Redirect=struct(
            "Service ServiceSubset Datacenter Peer SamenessGroup", Namespace=IN_DEFAULT, Partition=IN_DEFAULT
        ),
        Failover=Rule(is_map=True, each=_FAILOVER),
        ConnectTimeout=TEXT_DURATION,
        RequestTimeout=TEXT_DURATION,
        LoadBalancer=_LOAD_BALANCER,
        PrioritizeByLocality=LOCALITY,
        exclusive=(("Redirect", "Failover"),),
    ),
)

SERVICE_SPLITTER = Kind(
    "service_splitter",
    rank=50,
    mark="Meta",
    title="service splitter",
    rule=entry(
        Splits=listed(
            struct(
                "Service ServiceSubset",
                Weight=Rule(form=Form.CENTI),
                Namespace=IN_DEFAULT,
                Partition=IN_DEFAULT,
                RequestHeaders=HEADERS,
                ResponseHeaders=HEADERS,
            )
        )
    ),
)

_ROUTE_MATCH = struct(
    "PathExact PathPrefix PathRegex CaseInsensitive?",
    Header=listed(ROUTE_HEADER),
    QueryParam=listed(struct("Name Present? Exact Regex")),
    Methods=UPPER_LIST,
)
_ROUTE_DESTINATION = struct(
    "Service ServiceSubset PrefixRewrite NumRetries# RetryOnConnectFailure? RetryOn*",
    RetryOnStatusCodes=NUMBERS,
    Namespace=IN_DEFAULT,
    Partition=IN_DEFAULT,
    RequestTimeout=TEXT_DURATION,
    IdleTimeout=TEXT_DURATION,
    RequestHeaders=HEADERS,
    ResponseHeaders=HEADERS,
)
SERVICE_ROUTER = Kind(
    "service_router",
    rank=60,
    mark="Meta",
    title="service router",
    rule=entry(Routes=listed(struct(Match=struct(HTTP=_ROUTE_MATCH), Destination=_ROUTE_DESTINATION))),
)

PROXY_DEFAULTS = Kind(
    "proxy_defaults",
    rank=10,
    mark="Meta",
    title="proxy defaults",
    rule=entry(
        "Mode MutualTLSMode",
        Config=OPAQUE,
        TransparentProxy=TRANSPARENT_PROXY,
        MeshGateway=MESH_GATEWAY,
        Expose=EXPOSE,
        AccessLogs=struct("Enabled? DisableListenerLogs? Type Path JSONFormat TextFormat"),
        EnvoyExtensions=ENVOY_EXTENSIONS,
        FailoverPolicy=FAILOVER_POLICY,
        PrioritizeByLocality=LOCALITY,
    ),
)

_DIRECTION_TLS = struct("TLSMinVersion TLSMaxVersion CipherSuites*")
MESH = Kind(
    "mesh",
    rank=10,
    mark="Meta",
    title="mesh",
    rule=entry(
        "AllowEnablingPermissiveMutualTLS? ValidateClusters?",
        TransparentProxy=struct("MeshDestinationsOnly?"),
        TLS=struct(Incoming=_DIRECTION_TLS, Outgoing=_DIRECTION_TLS),
        HTTP=struct(
            "SanitizeXForwardedClientCert?",
            Incoming=struct(
                RequestNormalization=struct(
                    "InsecureDisablePathNormalization? MergeSlashes? PathWithEscapedSlashesAction"
                    " HeadersWithUnderscoresAction"
                )
            ),
        ),
        Peering=struct("PeerThroughMeshGateways?"),
    ),
)

# Any other kind goes through as it is, with the rules of the fields that the known ones have.
CONFIG_ENTRY = Kind(
    "config_entry",
    rank=35,
    mark="Meta",
    title="config entry",
    rule=Rule(fields={**COMMON, **OTHER.fields}, aliases=OTHER.aliases),
)

_CHAIN = (SERVICE_DEFAULTS, SERVICE_RESOLVER, SERVICE_SPLITTER, SERVICE_ROUTER)
_ALL = (PEERING, EXPORTED_SERVICES, SERVICE_INTENTIONS, *_CHAIN, PROXY_DEFAULTS, MESH, CONFIG_ENTRY)
# Consul looks entries up by their name in lower case (live 1.14 to 1.22); peerings are named by clusters.
KINDS = {kind.type: replace(kind, folds=kind is not PEERING) for kind in _ALL}

# The one name that Consul knows for an entry of these kinds. In Enterprise, exports are named after the
# partition.
SINGLE_NAMES = {"mesh": "mesh", "proxy-defaults": "global", "exported-services": "default"}
