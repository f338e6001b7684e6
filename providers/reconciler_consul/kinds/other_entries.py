"""Fields of the config entry kinds that have no address type of their own: gateways, routes, and others.

They share the type `config_entry`, and with it one table of top-level fields: no two of these kinds use one
name for things of different form. Consul's `agent/structs` (1.14 to 1.20) is the source of every default.
"""

from __future__ import annotations

from reconciler.sdk.kinds import Form, Rule
from reconciler_consul.kinds.fields import (
    FLAG,
    HEADERS,
    IN_DEFAULT,
    JWT,
    MAP,
    NANOSECONDS,
    NUMBER,
    NUMBERS,
    PASSIVE_HEALTH_CHECK,
    SERVER,
    TEXT,
    TEXTS,
    UPPER,
    listed,
    snake,
    struct,
)
from reconciler_consul.kinds.secrets import is_private_key, is_secret_key_set


def _reference(kind: str) -> Rule:
    """A list of references to other entries; `kind` is what they refer to unless they say otherwise."""
    return listed(
        struct(
            "Name SectionName",
            Kind=Rule(form=Form.WEAK_TEXT, default=kind),
            Namespace=IN_DEFAULT,
            Partition=IN_DEFAULT,
        )
    )


_SDS = struct("ClusterName CertResource")
_GATEWAY_TLS = struct("Enabled? TLSMinVersion TLSMaxVersion CipherSuites*", SDS=_SDS)
_LIMITS = "MaxConnections# MaxPendingRequests# MaxConcurrentRequests#"
_HEADER_FILTERS = listed(HEADERS)

_RETRY = struct("NumRetries# RetryOn* RetryOnConnectFailure?", RetryOnStatusCodes=NUMBERS)
_TIMEOUT = struct(RequestTimeout=NANOSECONDS, IdleTimeout=NANOSECONDS)
_FILTERS = struct(
    Headers=_HEADER_FILTERS, URLRewrite=struct("Path"), RetryFilter=_RETRY, TimeoutFilter=_TIMEOUT, JWT=JWT
)
_RESPONSE_FILTERS = struct(Headers=_HEADER_FILTERS)
_MATCHED = listed(struct("Match Name Value"))
# A match without a path is one of the prefix `/`.
_PATH = struct("Match Value")
_ANY_PATH = Rule(fields=_PATH.fields, aliases=_PATH.aliases, default={"Match": "prefix", "Value": "/"})

# Services stand in terminating gateways, http-route rules, tcp-routes and the listeners of ingress gateways.
_SERVICE = struct(
    f"Name CAFile CertFile KeyFile SNI DisableAutoHostRewrite? Hosts* {_LIMITS}",
    Weight=Rule(form=Form.NATURAL, default=1),
    Filters=_FILTERS,
    ResponseFilters=_RESPONSE_FILTERS,
    TLS=struct(SDS=_SDS),
    RequestHeaders=HEADERS,
    ResponseHeaders=HEADERS,
    PassiveHealthCheck=PASSIVE_HEALTH_CHECK,
    Meta=MAP,
    Namespace=IN_DEFAULT,
    Partition=IN_DEFAULT,
)
_ROUTE_RULE = struct(
    Filters=_FILTERS,
    ResponseFilters=_RESPONSE_FILTERS,
    Matches=listed(struct(Headers=_MATCHED, Method=UPPER, Path=_ANY_PATH, Query=_MATCHED)),
    Services=listed(_SERVICE),
)

# The listeners of ingress gateways, whose protocol has a default, and of API gateways, where it is required.
_LISTENER = struct(
    "Name Hostname Port#",
    Protocol=Rule(form=Form.LOWER, default="tcp"),
    Services=listed(_SERVICE),
    TLS=struct(
        "Enabled? TLSMinVersion TLSMaxVersion MinVersion MaxVersion CipherSuites*",
        SDS=_SDS,
        Certificates=_reference("inline-certificate"),
    ),
    Default=struct(JWT=JWT),
    Override=struct(JWT=JWT),
)

_TRUSTED_CA = struct(
    "Filename EnvironmentVariable InlineString",
    InlineBytes=Rule(form=Form.BYTES),
    exclusive=(("Filename", "EnvironmentVariable", "InlineString", "InlineBytes"),),
)
_PROVIDER_INSTANCE = struct("CertificateName", InstanceName=TEXT)
_KEY_CLUSTER = struct(
    DiscoveryType=TEXT,
    ConnectTimeout=NANOSECONDS,
    TLSCertificates=struct(
        CaCertificateProviderInstance=_PROVIDER_INSTANCE,
        TrustedCA=_TRUSTED_CA,
        exclusive=(("CaCertificateProviderInstance", "TrustedCA"),),
    ),
)
_BACK_OFF = struct(BaseInterval=NANOSECONDS, MaxInterval=NANOSECONDS)
_KEY_SET = struct(
    Local=struct(
        "Filename",
        JWKS=Rule(form=Form.WEAK_TEXT, sensitive=is_secret_key_set),
        exclusive=(("JWKS", "Filename"),),
    ),
    Remote=struct(
        "URI RequestTimeoutMs# FetchAsynchronously? UseSNI?",
        CacheDuration=NANOSECONDS,
        RetryPolicy=struct("NumRetries#", RetryPolicyBackOff=_BACK_OFF),
        JWKSCluster=_KEY_CLUSTER,
    ),
    exclusive=(("Local", "Remote"),),
)
_TOKEN_PLACE = struct(
    Header=struct("Name ValuePrefix Forward?"), QueryParam=struct("Name"), Cookie=struct("Name")
)
_RATES = struct("ReadRate# WriteRate#")

_FIELDS: dict[str, Rule] = {
    # A controller's, of API gateways and routes.
    "Status": SERVER,
    # ingress-gateway, api-gateway, terminating-gateway, http-route, tcp-route
    "TLS": _GATEWAY_TLS,
    "Defaults": struct(_LIMITS, PassiveHealthCheck=PASSIVE_HEALTH_CHECK),
    "Listeners": listed(_LISTENER),
    "Services": listed(_SERVICE),
    "Parents": _reference("api-gateway"),
    "Hostnames": TEXTS,
    "Rules": listed(_ROUTE_RULE),
    # inline-certificate, file-system-certificate
    "Certificate": TEXT,
    "PrivateKey": Rule(form=Form.WEAK_TEXT, sensitive=is_private_key),
    # jwt-provider
    "JSONWebKeySet": _KEY_SET,
    "Issuer": TEXT,
    "Audiences": TEXTS,
    "Locations": listed(_TOKEN_PLACE),
    "Forwarding": struct("HeaderName PadForwardPayloadHeader?"),
    "ClockSkewSeconds": Rule(form=Form.NUMBER, default=30),
    "CacheConfig": struct("Size#"),
    # sameness-group
    "DefaultForFailover": FLAG,
    "IncludeLocal": FLAG,
    "Members": listed(struct("Peer", Partition=IN_DEFAULT)),
    # control-plane-request-limit
    "Mode": TEXT,
    "ReadRate": NUMBER,
    "WriteRate": NUMBER,
    **dict.fromkeys(("ACL", "Catalog", "KV"), _RATES),
}
OTHER = Rule(fields=_FIELDS, aliases={snake(name): name for name in _FIELDS})
