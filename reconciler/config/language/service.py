"""The form of service-defaults: one service, and how it calls others. Names are Consul's, in snake_case."""

from __future__ import annotations

from typing import Literal

from reconciler.config.language.base import Count, Meta, Strict
from reconciler.config.language.entries import EnvoyExtension, Expose, MeshGateway, TransparentProxy

Duration = str  # Go's text, as in 1m30s


class Destination(Strict):
    """An external service behind a terminating gateway."""

    addresses: list[str] | None = None
    port: Count | None = None


class UpstreamLimits(Strict):
    """How much may be under way to one upstream; 0 is a limit too."""

    max_connections: Count | None = None
    max_pending_requests: Count | None = None
    max_concurrent_requests: Count | None = None


class PassiveHealthCheck(Strict):
    """When an instance is left out for a while."""

    interval: Duration | None = None
    max_failures: Count | None = None
    enforcing_consecutive_5xx: Count | None = None
    max_ejection_percent: Count | None = None
    base_ejection_time: Duration | None = None


class Upstream(Strict):
    """How a service calls others."""

    envoy_listener_json: str | None = None
    envoy_cluster_json: str | None = None
    protocol: str | None = None
    connect_timeout_ms: Count | None = None
    limits: UpstreamLimits | None = None
    passive_health_check: PassiveHealthCheck | None = None
    mesh_gateway: MeshGateway | None = None
    balance_outbound_connections: str | None = None


class NamedUpstream(Upstream):
    """How a service calls one other, which may be a peer's."""

    name: str
    peer: str | None = None


class UpstreamConfig(Strict):
    """How a service calls others: all of them, and single ones."""

    defaults: Upstream | None = None
    overrides: list[NamedUpstream] | None = None


class RateOfPath(Strict):
    """A limit for some paths."""

    path_exact: str | None = None
    path_prefix: str | None = None
    path_regex: str | None = None
    requests_per_second: Count | None = None
    requests_max_burst: Count | None = None


class InstanceRates(Strict):
    """A limit for each instance."""

    requests_per_second: Count | None = None
    requests_max_burst: Count | None = None
    routes: list[RateOfPath] | None = None


class RateLimits(Strict):
    """Limits of incoming requests (Enterprise, Consul ≥1.17)."""

    instance_level: InstanceRates | None = None


class ServiceDefaults(Strict):
    """A service-defaults entry."""

    protocol: str | None = None
    mode: Literal["", "direct", "transparent"] | None = None
    transparent_proxy: TransparentProxy | None = None
    mutual_tls_mode: str | None = None
    mesh_gateway: MeshGateway | None = None
    expose: Expose | None = None
    external_sni: str | None = None
    upstream_config: UpstreamConfig | None = None
    destination: Destination | None = None
    max_inbound_connections: Count | None = None
    local_connect_timeout_ms: Count | None = None
    local_request_timeout_ms: Count | None = None
    balance_inbound_connections: str | None = None
    rate_limits: RateLimits | None = None
    envoy_extensions: list[EnvoyExtension] | None = None
    meta: Meta | None = None
