"""The forms of what else has its own section: mesh, proxy defaults, parts of service defaults, ACL policies.

Field names are Consul's, in snake_case. What a newer Consul adds can be written under `config_entries`,
which also takes the fields of newer servers (`version` of a cluster).
"""

from __future__ import annotations

from typing import Any, Literal

from reconciler.config.language.base import Count, Meta, Strict


class MeshTransparentProxy(Strict):
    """Of the whole mesh."""

    mesh_destinations_only: bool | None = None


class TlsRange(Strict):
    """TLS versions and ciphers of one direction."""

    tls_min_version: str | None = None
    tls_max_version: str | None = None
    cipher_suites: list[str] | None = None


class MeshTls(Strict):
    """TLS between proxies."""

    incoming: TlsRange | None = None
    outgoing: TlsRange | None = None


class RequestNormalization(Strict):
    """How paths are made canonical before they are matched (Consul ≥1.20.1)."""

    insecure_disable_path_normalization: bool | None = None
    merge_slashes: bool | None = None
    path_with_escaped_slashes_action: str | None = None
    headers_with_underscores_action: str | None = None


class MeshHttpIncoming(Strict):
    """Incoming requests."""

    request_normalization: RequestNormalization | None = None


class MeshHttp(Strict):
    """HTTP handling of the whole mesh."""

    sanitize_x_forwarded_client_cert: bool | None = None
    incoming: MeshHttpIncoming | None = None


class MeshPeering(Strict):
    """Control-plane traffic of peerings."""

    peer_through_mesh_gateways: bool | None = None


class Mesh(Strict):
    """The mesh entry of a cluster."""

    transparent_proxy: MeshTransparentProxy | None = None
    allow_enabling_permissive_mutual_tls: bool | None = None
    validate_clusters: bool | None = None
    tls: MeshTls | None = None
    http: MeshHttp | None = None
    peering: MeshPeering | None = None
    meta: Meta | None = None


class MeshGateway(Strict):
    """Through which gateways traffic leaves."""

    mode: Literal["", "none", "local", "remote"] | None = None


class TransparentProxy(Strict):
    """Of one service, or of all."""

    outbound_listener_port: Count | None = None
    dialed_directly: bool | None = None


class ExposePath(Strict):
    """A path that plain HTTP may reach."""

    listener_port: Count | None = None
    path: str | None = None
    local_path_port: Count | None = None
    protocol: str | None = None


class Expose(Strict):
    """What is reachable without the mesh."""

    checks: bool | None = None
    paths: list[ExposePath] | None = None


class EnvoyExtension(Strict):
    """An Envoy extension (Consul ≥1.15)."""

    name: str
    required: bool | None = None
    arguments: dict[str, Any] | None = None
    consul_version: str | None = None
    envoy_version: str | None = None


class AccessLogs(Strict):
    """Access logs of proxies (Consul ≥1.15)."""

    enabled: bool | None = None
    disable_listener_logs: bool | None = None
    type: str | None = None
    path: str | None = None
    json_format: str | None = None
    text_format: str | None = None


class FailoverPolicy(Strict):
    """How failover targets are chosen (Consul ≥1.16)."""

    mode: str | None = None
    regions: list[str] | None = None


class Locality(Strict):
    """Whether instances nearby come first (Enterprise, Consul ≥1.16)."""

    mode: str | None = None


class ProxyDefaults(Strict):
    """The proxy-defaults entry of a cluster. `config` is Envoy's and Consul's free map."""

    config: dict[str, Any] | None = None
    mode: Literal["", "direct", "transparent"] | None = None
    transparent_proxy: TransparentProxy | None = None
    mutual_tls_mode: str | None = None
    mesh_gateway: MeshGateway | None = None
    expose: Expose | None = None
    access_logs: AccessLogs | None = None
    envoy_extensions: list[EnvoyExtension] | None = None
    failover_policy: FailoverPolicy | None = None
    prioritize_by_locality: Locality | None = None
    meta: Meta | None = None


class AclPolicy(Strict):
    """A policy. `rules` are in Consul's policy language, HCL or JSON; no `datacenters`: valid in all."""

    rules: str
    description: str | None = None
    datacenters: list[str] | None = None
    protect: bool = False
