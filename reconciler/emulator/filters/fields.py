"""Which fields a `?filter=` may select of each list, and of which type they are.

A type is str, int or bool; `[type]` is a list, `{ANY: type}` a map, any other dictionary a structure.
"""

from __future__ import annotations

from typing import Any

ANY = ""
Fields = dict[str, Any]

_TEXTS: Fields = {ANY: str}
_ADDRESSES: Fields = {ANY: {"Address": str, "Port": int}}

NODE: Fields = {
    **dict.fromkeys(("ID", "Node", "Address", "Datacenter", "PeerName"), str),
    "TaggedAddresses": _TEXTS,
    "Meta": _TEXTS,
}
CHECK: Fields = {
    **dict.fromkeys(
        (
            "Node",
            "CheckID",
            "Name",
            "Status",
            "Notes",
            "Output",
            "ServiceID",
            "ServiceName",
            "Type",
            "Interval",
            "Timeout",
            "PeerName",
        ),
        str,
    ),
    "ServiceTags": [str],
    "ExposedPort": int,
}
_UPSTREAM: Fields = {
    **dict.fromkeys(
        (
            "DestinationType",
            "DestinationNamespace",
            "DestinationPartition",
            "DestinationPeer",
            "DestinationName",
            "Datacenter",
            "LocalBindAddress",
            "LocalBindSocketPath",
            "LocalBindSocketMode",
        ),
        str,
    ),
    "LocalBindPort": int,
    "MeshGateway": {"Mode": str},
}
PROXY: Fields = {
    **dict.fromkeys(
        (
            "DestinationServiceName",
            "DestinationServiceID",
            "LocalServiceAddress",
            "LocalServiceSocketPath",
            "Mode",
        ),
        str,
    ),
    "LocalServicePort": int,
    "Upstreams": [_UPSTREAM],
    "MeshGateway": {"Mode": str},
    "Expose": {
        "Checks": bool,
        "Paths": [{"ListenerPort": int, "Path": str, "LocalPathPort": int, "Protocol": str}],
    },
    "TransparentProxy": {"OutboundListenerPort": int, "DialedDirectly": bool},
}
CONNECT: Fields = {"Native": bool}
WEIGHTS: Fields = {"Passing": int, "Warning": int}
SERVICE: Fields = {
    **dict.fromkeys(("Kind", "ID", "Service", "Address", "SocketPath", "PeerName"), str),
    "Tags": [str],
    "TaggedAddresses": _ADDRESSES,
    "Meta": _TEXTS,
    "Port": int,
    "Weights": WEIGHTS,
    "EnableTagOverride": bool,
    "Proxy": PROXY,
    "Connect": CONNECT,
}
INSTANCE: Fields = {
    **dict.fromkeys(("ID", "Node", "Address", "Datacenter", "PeerName"), str),
    "TaggedAddresses": _TEXTS,
    "NodeMeta": _TEXTS,
    **dict.fromkeys(("ServiceKind", "ServiceID", "ServiceName", "ServiceAddress", "ServiceSocketPath"), str),
    "ServiceTags": [str],
    "ServiceTaggedAddresses": _ADDRESSES,
    "ServiceWeights": WEIGHTS,
    "ServiceMeta": _TEXTS,
    "ServicePort": int,
    "ServiceEnableTagOverride": bool,
    "ServiceProxy": PROXY,
    "ServiceConnect": CONNECT,
}
HEALTH: Fields = {"Node": NODE, "Service": SERVICE, "Checks": [CHECK]}
AGENT_SERVICE: Fields = {
    **{key: kind for key, kind in SERVICE.items() if key != "Connect"},
    "Connect": {"Native": bool},
    "Datacenter": str,
    "ContentHash": str,
}
MEMBER: Fields = {
    **dict.fromkeys(("Name", "Addr"), str),
    "Tags": _TEXTS,
    **dict.fromkeys(("Port", "Status", "ProtocolMin", "ProtocolMax", "ProtocolCur"), int),
    **dict.fromkeys(("DelegateMin", "DelegateMax", "DelegateCur"), int),
}
