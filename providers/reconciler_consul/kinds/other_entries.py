"""Config entries without a type of their own: gateways, routes, and others.

They share the type `config_entry`, and with it one table of top-level fields: no two of these kinds use one
name for things of different form. Consul's `agent/structs` (1.14 to 1.20) is the source of every default.
"""

from __future__ import annotations

from reconciler.sdk.kinds import Form, Rule
from reconciler_consul.kinds.fields import (
    HEADERS,
    IN_DEFAULT,
    JWT,
    MAP,
    NANOSECONDS,
    NUMBERS,
    PASSIVE_HEALTH_CHECK,
    SERVER,
    TEXT,
    UPPER,
    entry,
    listed,
    struct,
)
from reconciler_consul.kinds.record import EntryKind
from reconciler_consul.kinds.secrets import is_private_key, is_secret_key_set


def _reference(kind: str) -> Rule:
    """Return a list of references to other entries; `kind` is what they refer to by default."""
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

# Services are in terminating gateways, http-route rules, tcp-routes and the listeners of ingress gateways.
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
_CERTIFICATE = entry("Certificate", PrivateKey=Rule(form=Form.WEAK_TEXT, sensitive=is_private_key))

# The status is a controller's.
ENTRIES = (
    EntryKind(
        "ingress-gateway",
        read="service",
        rule=entry(
            TLS=_GATEWAY_TLS,
            Defaults=struct(_LIMITS, PassiveHealthCheck=PASSIVE_HEALTH_CHECK),
            Listeners=listed(_LISTENER),
        ),
    ),
    EntryKind("terminating-gateway", read="service", rule=entry(Services=listed(_SERVICE))),
    EntryKind("api-gateway", read="service", rule=entry(Listeners=listed(_LISTENER), Status=SERVER)),
    EntryKind(
        "http-route",
        rule=entry("Hostnames*", Parents=_reference("api-gateway"), Rules=listed(_ROUTE_RULE), Status=SERVER),
    ),
    EntryKind(
        "tcp-route",
        rule=entry(Parents=_reference("api-gateway"), Services=listed(_SERVICE), Status=SERVER),
    ),
    EntryKind("inline-certificate", rule=_CERTIFICATE),
    EntryKind("file-system-certificate", rule=_CERTIFICATE),
    EntryKind(
        "jwt-provider",
        rule=entry(
            "Issuer Audiences*",
            JSONWebKeySet=_KEY_SET,
            Locations=listed(_TOKEN_PLACE),
            Forwarding=struct("HeaderName PadForwardPayloadHeader?"),
            ClockSkewSeconds=Rule(form=Form.NUMBER, default=30),
            CacheConfig=struct("Size#"),
        ),
    ),
    EntryKind(
        "sameness-group",
        read="",
        peers=("Members.Peer",),
        rule=entry("DefaultForFailover? IncludeLocal?", Members=listed(struct("Peer", Partition=IN_DEFAULT))),
    ),
    EntryKind(
        # Enterprise's: its permissions are not known here.
        "control-plane-request-limit",
        read="",
        write="",
        rule=entry("Mode ReadRate# WriteRate#", ACL=_RATES, Catalog=_RATES, KV=_RATES),
    ),
)
