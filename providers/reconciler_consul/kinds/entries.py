"""Config entries with a type of their own, but for those of discovery chains: see `record.EntryKind` for what
each says, and `reconciler.sdk.kinds` for what each rule means.

Ranks follow what Consul's graph validation asks for: what is referred to comes before what refers to it,
and nothing is exported before the rules for it are there.
"""

from __future__ import annotations

from reconciler.sdk.kinds import Foreign, KeyedBy, Rule
from reconciler_consul.kinds.fields import (
    ENVOY_EXTENSIONS,
    EXPOSE,
    FAILOVER_POLICY,
    IN_DEFAULT,
    JWT,
    LOCALITY,
    MESH_GATEWAY,
    OPAQUE,
    PERMISSION_HEADER,
    SERVER,
    TRANSPARENT_PROXY,
    UPPER_LIST,
    entry,
    listed,
    struct,
)
from reconciler_consul.kinds.record import EntryKind

_CONSUMERS = Rule(
    keyed=KeyedBy(("Peer", "Partition", "SamenessGroup"), Foreign.REMOVE),
    each=struct("Peer Partition SamenessGroup", aliases={"peer_name": "Peer"}),
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

_DIRECTION_TLS = struct("TLSMinVersion TLSMaxVersion CipherSuites*")

ENTRIES = (
    EntryKind(
        "proxy-defaults",
        read="",
        rank=10,
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
    ),
    EntryKind(
        "mesh",
        read="",
        rank=10,
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
    ),
    EntryKind(
        "service-intentions",
        read="intention",
        write="intention",
        peers=("Sources.Peer",),
        rank=70,
        rule=entry(
            JWT=JWT,
            Sources=Rule(
                # The order of equal precedence is that of submission: it means nothing.
                keyed=KeyedBy(
                    ("Name", "Peer", "Namespace", "Partition", "SamenessGroup"),
                    Foreign.REMOVE,
                    shareable=True,
                ),
                each=_SOURCE,
            ),
        ),
    ),
    EntryKind(
        "exported-services",
        mark=None,
        peers=("Services.Consumers.Peer",),
        rank=80,
        container="Services",
        rule=entry(
            Services=Rule(
                keyed=KeyedBy(("Name", "Namespace"), Foreign.KEEP),
                each=struct("Name", Namespace=IN_DEFAULT, Consumers=_CONSUMERS),
            )
        ),
    ),
)
