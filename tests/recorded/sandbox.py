"""The in-process sandbox as a world to play suites against, on a virtual clock."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.emulator import Block, ClusterSpec, Request, Response, World
from tests.recorded.worlds import CLIENT_TIMEOUT_S, NAMES, PORTS, ROOT

RESTART_S = 6.0
ELECTION_S = 2.0


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Waiting:
    """A request that was left waiting, and when it was answered."""

    reply: Response | Block
    since: float


class Sandbox:
    """Three fresh emulated clusters of one version."""

    patience = 1.0

    def __init__(
        self, version: str, *, acl: bool = False, federated: bool = False, several: bool = False
    ) -> None:
        self.clock = Clock()
        specs = [
            ClusterSpec(
                name,
                version=version,
                acl=acl,
                management_token=ROOT,
                datacenter=f"dc{number}",
                primary="A" if federated and name == "B" else "",
                servers=3 if several and name == "A" else 1,
            )
            for number, name in enumerate(NAMES, 1)
        ]
        self.world = World(specs, self.clock)
        self.addresses = {
            f"{name}.{port}": cluster.address(cluster.peering_port if port == "grpc_tls" else port)
            for name, cluster in self.world.clusters.items()
            for port in PORTS
        }
        self.waiting: dict[str, Waiting] = {}

    def now(self) -> float:
        return self.clock.now

    def wait(self, seconds: float) -> None:
        """Move the clock through every timer on the way."""
        target = self.clock.now + seconds
        while (event := self.world.next_event()) is not None and event <= target:
            self.clock.now = max(event, self.clock.now)
            self.world.advance()
            self._answer_waiting()
        self.clock.now = target
        self._answer_waiting()

    def ask(self, cluster: str, request: Request, timeout_s: float = CLIENT_TIMEOUT_S) -> Response:
        reply = self.world.handle(cluster, request)
        if isinstance(reply, Block):
            reply = self._hold(reply)
        if reply.broken == "hangs":
            self.wait(timeout_s)
        self.wait(reply.delay_s)
        return reply

    def _hold(self, block: Block) -> Response:
        while not block.ready() and self.clock.now < block.deadline:
            event = self.world.next_event()
            step = block.deadline if event is None else min(event, block.deadline)
            self.wait(max(step - self.clock.now, 0.0))
        return self.world.resume(block)

    def start(self, name: str, cluster: str, request: Request) -> None:
        self.waiting[name] = Waiting(self.world.handle(cluster, request), self.clock.now)

    def _answer_waiting(self) -> None:
        for waiting in self.waiting.values():
            block = waiting.reply
            if isinstance(block, Block) and (block.ready() or self.clock.now >= block.deadline):
                waiting.reply = self.world.resume(block)

    def finish(self, name: str) -> Response:
        self._answer_waiting()
        reply = self.waiting.pop(name).reply
        return self._hold(reply) if isinstance(reply, Block) else reply

    def act(self, cluster: str, action: str) -> None:
        if action == "kill-leader":
            self.world.leader_change(cluster, outage_s=ELECTION_S)
        elif action in ("restart", "start-in-vain"):
            self.world.down(cluster)
            self.wait(RESTART_S)
            self.world.up(cluster)
        else:
            {
                "kill": self.world.down,
                "reset": self.world.reset,
                "start": self.world.up,
                "freeze": self.world.freeze,
                "thaw": self.world.thaw,
            }[action](cluster)

    def close(self) -> None:
        return None
