"""Real Consul agents in dev mode on free loopback ports."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.patience import LIMIT, answers, wait_for
from tests.support.processes import free_port

MANAGEMENT = "5d1c7b1e-9a51-4f0c-8a4e-2f6d3c0b9a11"
TOO_OLD = ("1.13",)
ANSWER = 15.0  # seconds after which a server that starts is asked again
_PORTS = ("http", "server", "serf_lan", "serf_wan", "grpc", "grpc_tls")


def binaries(*, every: bool = False) -> dict[str, str]:
    """Version -> path: `consul-<version>` in CONSUL_BIN_DIR, else the `consul` on PATH as version `path`.

    Versions that the product does not work with (below 1.14) only where `every` asks for them.
    """
    folder = os.environ.get("CONSUL_BIN_DIR")
    found = sorted(Path(folder).glob("consul-*")) if folder else []
    out = {path.name.removeprefix("consul-"): str(path) for path in found if os.access(path, os.X_OK)}
    on_path = shutil.which("consul")
    out = out or ({"path": on_path} if on_path else {})
    return {version: path for version, path in out.items() if every or version not in TOO_OLD}


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago. Each is given out once, so servers that start together differ."""
    return [free_port() for _ in range(count)]


@dataclass(slots=True, eq=False)
class Agent:
    """One running server."""

    name: str
    datacenter: str
    binary: str
    folder: Path
    acl: bool = False
    ports: dict[str, int] = field(default_factory=dict)
    more: dict[str, dict[str, object]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    management: str = MANAGEMENT
    primary: str = ""
    """The primary datacenter, where this is a member of a WAN federation."""
    joins: int = 0
    """The port of the primary's gossip over the WAN, for a secondary."""
    servers: tuple[int, ...] = ()
    """The ports of the gossip of all servers of its cluster, where there are several; they are durable."""
    durable: bool = False
    """Keeps its data in the folder, so that it can be killed and started again; else a dev agent."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports['http']}"

    def take_ports(self) -> None:
        """Choose free ports, once."""
        self.ports = self.ports or dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))

    def start(self) -> None:
        self.take_ports()
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(self._config()))
        mode = [] if self.durable else ["-dev"]
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "agent", *mode, f"-config-file={path}"], stdout=log, stderr=log
            )

    def _config(self) -> dict[str, object]:
        config: dict[str, object] = {
            "node_name": self.name,
            "datacenter": self.datacenter,
            "ports": {**self.ports, "dns": -1, **self.more.get("ports", {})},
            "tls": self.more.get("tls", {}),
            "log_level": "error",
            "acl": self._acl() if self.acl else {},
        }
        if self.binary.endswith(TOO_OLD):  # 1.13 has one gRPC port, and peering is off unless asked for
            config["ports"] = {n: p for n, p in self.ports.items() if n != "grpc_tls"} | {"dns": -1}
            config["peering"] = {"enabled": True}
        return config | self._federated() | (self._durable() if self.durable else {})

    def _acl(self) -> dict[str, object]:
        tokens = {"initial_management": self.management}
        if not self.joins:
            return {"enabled": True, "default_policy": "deny", "tokens": tokens}
        tokens = {"replication": self.management}
        more = {"enable_token_replication": True, "down_policy": "extend-cache"}
        return {"enabled": True, "default_policy": "deny", "tokens": tokens, **more}

    def _federated(self) -> dict[str, object]:
        config: dict[str, object] = {"primary_datacenter": self.primary} if self.primary else {}
        if self.joins:
            config |= {"retry_join_wan": [f"127.0.0.1:{self.joins}"], "retry_interval_wan": "1s"}
        return config

    def _durable(self) -> dict[str, object]:
        return {
            "server": True,
            "bootstrap_expect": max(1, len(self.servers)),
            "retry_join": [f"127.0.0.1:{port}" for port in self.servers],
            "retry_interval": "1s",
            "data_dir": str(self.folder / f"{self.name}-data"),
            "bind_addr": "127.0.0.1",
            "connect": {"enabled": True},
            "performance": {"raft_multiplier": 1},
        }

    def wait(self) -> None:
        """Until it has a leader, can generate a peering token, and others can use that token."""
        waited_for = ["a leader"]

        def is_ready() -> bool:
            try:
                return self._leads() and self._generates_tokens() and self._takes_peers()
            except (
                OSError
            ) as error:  # refused, reset, a status that is an error, a certificate that is not there
                waited_for[0] = repr(error)
                return False

        wait_for(is_ready, lambda: f"{self.name}: last {waited_for[0]}; {self._state()}; log: {self._log()}")

    def _leads(self) -> bool:
        return bool(self.call("GET", "/v1/status/leader", limit=ANSWER))

    def _generates_tokens(self) -> bool:
        self.call("POST", "/v1/peering/token", {"PeerName": "ready"}, limit=ANSWER)
        self.call("DELETE", "/v1/peering/ready", limit=ANSWER)
        return True

    def _takes_peers(self) -> bool:
        roots: Any = self.call("GET", "/v1/connect/ca/roots", limit=ANSWER)
        return takes_peers(self, roots["TrustDomain"])

    def _state(self) -> str:
        code = None if self.process is None else self.process.poll()
        return "it runs" if code is None else f"it ended with {code}"

    def _log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text()[-2000:]

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        token: str = MANAGEMENT,
        limit: float = LIMIT,
    ) -> object:
        """One call past the provider: for setting the stage. Raises `HTTPError` (an `OSError`), also where
        no answer came for `limit` seconds.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Consul-Token": token} if self.acl else {}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=limit) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def forget(self) -> None:
        """Remove the data of a durable server that is stopped."""
        shutil.rmtree(self.folder / f"{self.name}-data", ignore_errors=True)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def takes_peers(agent: Agent, trust_domain: str) -> bool:
    """Say whether the peering port knows its own name, which it does seconds after a start.

    Raises `OSError` where it does not (`unrecognized name`), as it would a peer that has its token.
    """
    if agent.binary.endswith(TOO_OLD):
        return True
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    name = f"server.{agent.datacenter}.peering.{trust_domain}"
    with (
        socket.create_connection(("127.0.0.1", agent.ports["grpc_tls"]), ANSWER) as plain,
        context.wrap_socket(plain, server_hostname=name),
    ):
        return True


def cluster_of(agents: list[Agent]) -> None:
    """Make agents that are not started yet the servers of one cluster."""
    for agent in agents:
        agent.take_ports()
    for agent in agents:
        agent.durable, agent.servers = True, tuple(one.ports["serf_lan"] for one in agents)


def leader_of(agents: Iterable[Agent]) -> Agent:
    """Return the server that all who answer call their leader, once one does."""
    running = [agent for agent in agents if agent.process is not None]
    found: list[Agent] = []

    def is_known() -> bool:
        said = {str(agent.call("GET", "/v1/status/leader")) for agent in running}
        found[:] = [agent for agent in running if said == {f"127.0.0.1:{agent.ports['server']}"}]
        return bool(found)

    wait_for(answers(is_known), f"no leader among {', '.join(agent.name for agent in running)}")
    return found[0]


def until_all_vote(leader: Agent, count: int) -> None:
    """Until so many servers vote: one that came back does so only after ten quiet seconds.

    Autopilot takes a dead server out of the quorum. Another one that dies before the first votes again leaves
    two votes of which one is dead: no leader for good.
    """

    def all_vote() -> bool:
        found: Any = leader.call("GET", "/v1/operator/raft/configuration")
        return bool(sum(server["Voter"] for server in found["Servers"]) == count)

    wait_for(answers(all_vote), f"{leader.name}: not {count} servers that vote")


def federate(primary: Agent, *secondaries: Agent) -> None:
    """Make agents that are not started yet one WAN federation."""
    primary.take_ports()
    primary.primary = primary.datacenter
    for agent in secondaries:
        agent.primary, agent.joins = primary.datacenter, primary.ports["serf_wan"]


def until_federated(primary: Agent, *secondaries: Agent) -> None:
    """Until all have the primary's certificate authority and reach it."""
    names = ", ".join(agent.datacenter for agent in secondaries)
    are_federated = answers(lambda: all(_is_federated(primary, agent) for agent in secondaries))
    wait_for(are_federated, f"{names}: not federated")


def _is_federated(primary: Agent, agent: Agent) -> bool:
    def both(path: str) -> list[Any]:
        return [one.call("GET", path, token=one.management) for one in (primary, agent)]

    roots, found = both("/v1/connect/ca/roots"), both("/v1/catalog/datacenters")
    return roots[0]["ActiveRootID"] == roots[1]["ActiveRootID"] and all(len(names) > 1 for names in found)


def in_order(versions: Iterable[str]) -> list[str]:
    """Return versions with 1.9 before 1.10."""
    return sorted(versions, key=lambda version: [int(n) if n.isdigit() else 0 for n in version.split(".")])


if __name__ == "__main__":
    print(",".join(in_order(binaries(every=True))))
