"""Bodies of the agent's endpoints as Go reads them: any letter case, a few names with underscores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.durations import parse_duration
from reconciler.emulator.wire.gojson import NAMES, GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
Fields = Mapping[str, Any]
DURATION = "duration"
ANYTHING = object
EACH = "*"
GO_NAMES = {str: "string", int: "int", bool: "bool"}

CHECK_TYPE: dict[str, Any] = {
    **dict.fromkeys(
        (
            "Name",
            "Status",
            "Notes",
            "HTTP",
            "H2PING",
            "Method",
            "Body",
            "TCP",
            "UDP",
            "DockerContainerID",
            "Shell",
            "GRPC",
            "OSService",
            "TLSServerName",
            "AliasNode",
            "AliasService",
            "ServiceID",
        ),
        str,
    ),
    **dict.fromkeys(("H2PingUseTLS", "DisableRedirects", "TCPUseTLS", "GRPCUseTLS", "TLSSkipVerify"), bool),
    **dict.fromkeys(
        ("SuccessBeforePassing", "FailuresBeforeWarning", "FailuresBeforeCritical", "OutputMaxSize"), int
    ),
    **dict.fromkeys(("Interval", "Timeout", "TTL", "DeregisterCriticalServiceAfter"), DURATION),
    "ScriptArgs": [str],
    "Args": [str],
    "Header": ANYTHING,
    "Namespace": str,
    "Partition": str,
}
SERVICE_CHECK = {**CHECK_TYPE, "CheckID": str, "ProxyHTTP": str, "ProxyGRPC": str}
AGENT_CHECK = {**CHECK_TYPE, "ID": str, "Token": str}
PROXY: dict[str, Any] = {
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
    **dict.fromkeys(
        (
            "Config",
            "Upstreams",
            "MeshGateway",
            "Expose",
            "TransparentProxy",
            "EnvoyExtensions",
            "AccessLogs",
            "MutualTLSMode",
        ),
        ANYTHING,
    ),
}
SERVICE: dict[str, Any] = {
    **dict.fromkeys(("Kind", "ID", "Name", "Address", "SocketPath", "Token"), str),
    **dict.fromkeys(("Meta", "Locality"), ANYTHING),
    "TaggedAddresses": {EACH: {"Address": str, "Port": int}},
    "Weights": {"Passing": int, "Warning": int},
    "Proxy": PROXY,
    "Tags": [str],
    "Port": int,
    "EnableTagOverride": bool,
    "Check": SERVICE_CHECK,
    "Checks": [SERVICE_CHECK],
    "Namespace": str,
    "Partition": str,
}
SERVICE["Connect"] = {"Native": bool, "SidecarService": SERVICE}
ALIASES = {
    "sidecar_service": "SidecarService",
    "destination_service_name": "DestinationServiceName",
    "destination_service_id": "DestinationServiceID",
    "local_service_address": "LocalServiceAddress",
    "local_service_port": "LocalServicePort",
    "local_service_socket_path": "LocalServiceSocketPath",
    "mesh_gateway": "MeshGateway",
    "transparent_proxy": "TransparentProxy",
    "script_args": "ScriptArgs",
    "deregister_critical_service_after": "DeregisterCriticalServiceAfter",
    "docker_container_id": "DockerContainerID",
    "tls_server_name": "TLSServerName",
    "tls_skip_verify": "TLSSkipVerify",
    "tcp_use_tls": "TCPUseTLS",
    "grpc_use_tls": "GRPCUseTLS",
    "service_id": "ServiceID",
    "h2ping_use_tls": "H2PingUseTLS",
    "disable_redirects": "DisableRedirects",
    "enable_tag_override": "EnableTagOverride",
    "tagged_addresses": "TaggedAddresses",
}


def read(context: Context, fields: Fields, *, prefix: str = ".Alias.") -> Value:
    """Return the request's body by the names of `fields`; 400 with Go's words for what does not fit.

    An empty object where the body is JSON's null; durations are given in nanoseconds.
    """
    try:
        return struct(loads(context.request.body), fields, prefix)
    except (GoJSONError, ValueError) as error:
        raise Refusal(400, f"Request decode failed: {error}") from None


def struct(value: Any, fields: Fields, prefix: str) -> Value:
    """Return an object by the names of its fields; raises GoJSONError, and ValueError for a duration."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise GoJSONError(f"json: cannot unmarshal {NAMES[type(value)]} into Go value of type {prefix[1:]}")
    known = {name.lower(): name for name in fields} | {
        alias: name for alias, name in ALIASES.items() if name in fields
    }
    out: Value = {}
    for key, item in value.items():
        name = known.get(key.lower())
        if name is None:
            raise GoJSONError(f'json: unknown field "{key}"')
        if item is not None:
            out[name] = _item(item, fields[name], f"{prefix}{name}")
    return out


def _item(item: Any, kind: Any, where: str) -> Any:
    if kind is ANYTHING:
        return item
    if kind == DURATION:
        return _duration(item)
    if isinstance(kind, dict) and EACH in kind:
        if not isinstance(item, dict):
            _refuse(item, where, "map[string]structs.ServiceAddress")
        return {key: struct(part, kind[EACH], f"{where}.") for key, part in item.items()}
    if isinstance(kind, dict):
        return struct(item, kind, f"{where}.")
    if isinstance(kind, list):
        if not isinstance(item, list):
            _refuse(item, where, "[]string" if kind[0] is str else "structs.CheckTypes")
        return [_item(part, kind[0], where) for part in item if part is not None]
    if type(item) is not kind:
        _refuse(item, where, GO_NAMES[kind])
    return item


def _duration(item: Any) -> int:
    """Return nanoseconds of a Go duration's text or number; 0 for what is neither, as Consul takes it."""
    if isinstance(item, str):
        return parse_duration(item)
    return int(item) if isinstance(item, (int, float)) and not isinstance(item, bool) else 0


def _refuse(item: Any, where: str, wanted: str) -> None:
    name = NAMES.get(type(item), "value")
    raise GoJSONError(f"json: cannot unmarshal {name} into Go struct field {where} of type {wanted}")
