"""Real Consul agents as a world to play suites against."""

from __future__ import annotations

import http.client
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from reconciler.emulator import Request, Response
from tests.recorded.worlds import CLIENT_TIMEOUT_S, NAMES, PORTS, ROOT
from tests.support.agents import (
    Agent,
    binaries,
    cluster_of,
    federate,
    leader_of,
    takes_peers,
    until_federated,
)

READY_S = 90.0
HEADERS = {name.lower(): name for name in ("Allow", "Content-Type", "X-Consul-Index")} | {
    f"x-consul-{name.lower()}": f"X-Consul-{name}"
    for name in ("Index", "Default-ACL-Policy", "Results-Filtered-By-ACLs", "KnownLeader", "LastContact")
}


def family(version: str) -> str:
    """Return 1.20 for 1.20.0-rc1."""
    return ".".join(version.split(".")[:2])


def recorded_as(binary: str, recorded: list[str]) -> str | None:
    """Return the recorded version that speaks for a server of `binary`'s version; None if there is none."""
    return next((version for version in recorded if family(version) == family(binary)), None)


def kind_of(lines: list[dict[str, Any]]) -> dict[str, bool]:
    """Return which kind of servers a group is for."""
    return {name: lines[0].get(name, False) for name in ("acl", "durable", "federated", "several")}


class Real:
    """Fresh agents of one version for the clusters that are needed."""

    patience = 2.0

    def __init__(
        self,
        version: str,
        folder: Path,
        clusters: tuple[str, ...],
        *,
        acl: bool = False,
        durable: bool = False,
        federated: bool = False,
        several: bool = False,
    ) -> None:
        binary = binaries(every=True)[version]

        def agent(name: str, datacenter: str) -> Agent:
            return Agent(name, datacenter, binary, folder, acl=acl, management=ROOT, durable=durable)

        self.agents = {
            name: agent(f"dc{number}-server", f"dc{number}")
            for number, name in enumerate(NAMES, 1)
            if name in clusters
        }
        if federated:
            federate(self.agents["A"], self.agents["B"])
        others = [agent(f"dc1-other{number}", "dc1") for number in (1, 2)] if several else []
        self.servers = [self.agents["A"], *others]
        if several:
            cluster_of(self.servers)
        self.waiting: dict[str, Future[Response]] = {}
        self.pool = ThreadPoolExecutor(8)
        for agent in {*self.agents.values(), *self.servers}:
            agent.start()
        self.addresses = dict(self._addresses(version))
        try:
            self._follow()
            for agent in self.agents.values():
                self._ready(agent)
            if federated:
                until_federated(self.agents["A"], self.agents["B"])
        except BaseException:
            self.close()
            raise

    def _follow(self) -> None:
        """Of several servers, ask a follower."""
        if len(self.servers) > 1:
            leader = leader_of(self.servers)
            self.agents["A"] = next(one for one in self.servers if one is not leader)
            self.addresses |= {f"A.{port}": f"127.0.0.1:{self.agents['A'].ports[port]}" for port in PORTS}

    def _addresses(self, version: str) -> Any:
        for name, agent in self.agents.items():
            for port in PORTS:
                real = "grpc" if port == "grpc_tls" and family(version) == "1.13" else port
                yield f"{name}.{port}", f"127.0.0.1:{agent.ports[real]}"

    def _ready(self, agent: Agent) -> None:
        """Until it leads, has a certificate authority and has entered itself into its catalog."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            with suppress(OSError, ValueError, http.client.HTTPException):
                leads = agent.call("GET", "/v1/status/leader", token=ROOT)
                roots: Any = agent.call("GET", "/v1/connect/ca/roots", token=ROOT)
                ready = leads and roots["ActiveRootID"] and self._registered(agent)
                if ready and takes_peers(agent, roots["TrustDomain"]):
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{agent.datacenter} is not ready after {READY_S} s; see {agent.folder}")

    @staticmethod
    def _registered(agent: Agent) -> bool:
        """Say whether the catalog has the server with its addresses, which come a moment after its name.

        With ACLs they never come: agents have no token of their own here.
        """
        found: Any = agent.call("GET", "/v1/health/service/consul?passing=1", token=ROOT)
        return bool(found and (agent.acl or found[0]["Node"]["TaggedAddresses"]))

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)

    def ask(self, cluster: str, request: Request, timeout_s: float = CLIENT_TIMEOUT_S) -> Response:
        host = self.addresses[f"{cluster}.http"]
        path = quote(request.path, safe="/%:@!$&'()*+,;=~") + (f"?{request.query}" if request.query else "")
        connection = http.client.HTTPConnection(host, timeout=timeout_s)
        try:
            # An answer may come before a large body was read.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(request.method, path, request.body or None, dict(request.headers))
            answer = connection.getresponse()
            headers = {HEADERS.get(k.lower(), k): v for k, v in answer.getheaders()}
            return Response(answer.status, headers, answer.read())
        except TimeoutError:
            return Response(0, {}, b"", broken="hangs")
        except ConnectionRefusedError:
            return Response(0, {}, b"", broken="refused")
        except (OSError, http.client.HTTPException):
            return Response(0, {}, b"", broken="lost")
        finally:
            connection.close()

    def start(self, name: str, cluster: str, request: Request) -> None:
        self.waiting[name] = self.pool.submit(self.ask, cluster, request)
        time.sleep(0.3)  # it waits at the server before anything else is sent

    def finish(self, name: str) -> Response:
        return self.waiting.pop(name).result()

    def act(self, cluster: str, action: str) -> None:
        if action == "kill-leader":
            leader_of(self.servers).stop()
            return
        agent = self.agents[cluster]
        process = agent.process
        if action == "start-in-vain":
            self._start_in_vain(agent)
            return
        if action == "reset":
            agent.stop()
            agent.forget()
            action = "start"
        if action in ("kill", "restart"):
            agent.stop()
        if action in ("start", "restart"):
            agent.start()
            self._ready(agent)
        if action in ("freeze", "thaw") and process is not None:
            process.send_signal(signal.SIGSTOP if action == "freeze" else signal.SIGCONT)

    @staticmethod
    def _start_in_vain(agent: Agent) -> None:
        """Start a server whose data end it; raises TimeoutExpired where it keeps running."""
        agent.stop()
        agent.start()
        assert agent.process is not None
        agent.process.wait(READY_S)

    def close(self) -> None:
        for agent in (*self.agents.values(), *self.servers):
            agent.stop()
        self.pool.shutdown(wait=False, cancel_futures=True)


__all__ = ["Real", "family", "recorded_as"]
