"""What a suite is played against: three clusters A, B, C that answer requests and can be broken."""

from __future__ import annotations

from typing import Protocol

from reconciler.emulator import Request, Response

NAMES = ("A", "B", "C")
PORTS = ("http", "grpc", "grpc_tls", "server", "serf_lan", "serf_wan")
ROOT = "11111111-aaaa-4bbb-8ccc-222222222222"
CLIENT_TIMEOUT_S = 75.0
ACTIONS = ("restart", "kill", "start", "start-in-vain", "reset", "freeze", "thaw", "kill-leader")


class Servers(Protocol):
    """Clusters of one version, empty when they are handed out; dc1, dc2, dc3 with one node `<dc>-server`."""

    addresses: dict[str, str]
    """`A.http` and so on -> host:port."""

    patience: float
    """By how much deadlines are stretched: real servers share the machine with others."""

    def now(self) -> float:
        """Seconds on the clock that `wait` moves."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def ask(self, cluster: str, request: Request, timeout_s: float = CLIENT_TIMEOUT_S) -> Response:
        """Send a request and wait for its answer; `broken` says how the connection ended without one."""

    def start(self, name: str, cluster: str, request: Request) -> None:
        """Send a request and leave it waiting under this name."""

    def finish(self, name: str) -> Response:
        """Wait for the answer of a request that was left waiting."""

    def act(self, cluster: str, action: str) -> None:
        """Do one of ACTIONS to a cluster's process."""

    def close(self) -> None:
        """Let the clusters go."""
