"""Config entries that discovery chains are made of: service defaults, resolvers, splitters, routers."""

from __future__ import annotations

from reconciler.sdk.kinds import Form, Rule
from reconciler_consul.kinds.fields import (
    ENVOY_EXTENSIONS,
    EXPOSE,
    FAILOVER_POLICY,
    HEADERS,
    IN_DEFAULT,
    LOCALITY,
    LOWER,
    MESH_GATEWAY,
    NANOSECONDS,
    NUMBERS,
    ROUTE_HEADER,
    TEXT_DURATION,
    TRANSPARENT_PROXY,
    UPPER_LIST,
    UPSTREAM,
    entry,
    listed,
    struct,
)
from reconciler_consul.kinds.record import EntryKind
from reconciler_consul.kinds.references import of_resolver, of_router, of_splitter

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

ENTRIES = (
    EntryKind(
        "service-defaults",
        read="service",
        write="service",
        peers=("UpstreamConfig.Overrides.Peer",),
        rank=30,
        rule=entry(
            "Mode MutualTLSMode ExternalSNI MaxInboundConnections# LocalConnectTimeoutMs#"
            " LocalRequestTimeoutMs# BalanceInboundConnections",
            Protocol=LOWER,
            TransparentProxy=TRANSPARENT_PROXY,
            MeshGateway=MESH_GATEWAY,
            Expose=EXPOSE,
            UpstreamConfig=struct(Defaults=UPSTREAM, Overrides=listed(UPSTREAM)),
            Destination=struct("Addresses* Port#"),
            RateLimits=struct(
                InstanceLevel=struct(
                    "RequestsPerSecond# RequestsMaxBurst#",
                    Routes=listed(
                        struct("PathExact PathPrefix PathRegex RequestsPerSecond# RequestsMaxBurst#")
                    ),
                )
            ),
            EnvoyExtensions=ENVOY_EXTENSIONS,
        ),
    ),
    EntryKind(
        "service-resolver",
        read="service",
        write="service",
        refers=of_resolver,
        peers=("Redirect.Peer", "Failover.*.Targets.Peer"),
        rank=40,
        rule=entry(
            "DefaultSubset",
            Subsets=Rule(is_map=True, each=struct("Filter OnlyPassing?")),
            Redirect=struct(
                "Service ServiceSubset Datacenter Peer SamenessGroup",
                Namespace=IN_DEFAULT,
                Partition=IN_DEFAULT,
            ),
            Failover=Rule(is_map=True, each=_FAILOVER),
            ConnectTimeout=TEXT_DURATION,
            RequestTimeout=TEXT_DURATION,
            LoadBalancer=_LOAD_BALANCER,
            PrioritizeByLocality=LOCALITY,
            exclusive=(("Redirect", "Failover"),),
        ),
    ),
    EntryKind(
        "service-splitter",
        read="service",
        write="service",
        refers=of_splitter,
        rank=50,
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
    ),
    EntryKind(
        "service-router",
        read="service",
        write="service",
        refers=of_router,
        rank=60,
        rule=entry(Routes=listed(struct(Match=struct(HTTP=_ROUTE_MATCH), Destination=_ROUTE_DESTINATION))),
    ),
)
