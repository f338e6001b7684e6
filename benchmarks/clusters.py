"""A cluster to measure against: the sandbox, or a real dev agent, on free loopback ports."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def consul_binary() -> Path | None:
    """The newest `consul-*` of CONSUL_BIN_DIR, else `consul` on PATH."""
    folder = os.environ.get("CONSUL_BIN_DIR")
    found = sorted(Path(folder).glob("consul-*")) if folder else []
    if found:
        return found[-1]
    on_path = shutil.which("consul")
    return Path(on_path) if on_path else None


@contextmanager
def sandbox(folder: Path, names: str = "dc1", *options: str) -> Iterator[dict[str, str]]:
    """Sandbox clusters (comma-separated names) in a process; gives the address of each."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "reconciler", "sandbox", "--clusters", names, "--port", "0", *options]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(lambda: ready.exists() and ready.stat().st_size > 0)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait()


@contextmanager
def consul(folder: Path) -> Iterator[dict[str, str]]:
    """A real dev agent as dc1; gives its address."""
    binary = consul_binary()
    if binary is None:
        sys.exit("no consul: set CONSUL_BIN_DIR or put consul on PATH")
    names = ("http", "grpc", "grpc_tls", "server", "serf_lan", "serf_wan")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    config = {
        "datacenter": "dc1",
        "node_name": "dc1-server",
        "bind_addr": "127.0.0.1",
        "client_addr": "127.0.0.1",
        "ports": {**ports, "dns": -1},
    }
    (folder / "agent.json").write_text(json.dumps(config))
    process = subprocess.Popen(
        [str(binary), "agent", "-dev", "-config-file", str(folder / "agent.json"), "-log-level", "error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{ports['http']}"
    try:
        _wait(lambda: _has_leader(address))
        yield {"dc1": address}
    finally:
        process.terminate()
        process.wait()


def _has_leader(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/v1/connect/ca/roots", timeout=2) as answer:
            return b"TrustDomain" in answer.read()
    except OSError:
        return False


def _wait(ready: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        if time.monotonic() > end:
            sys.exit("the cluster did not come up")
        time.sleep(0.05)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
