"""The world's doors: handle a request, go on with one that waited, and order what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from reconciler.emulator import federation
from reconciler.emulator.acl import seed as acl_seed
from reconciler.emulator.admin import serve_admin
from reconciler.emulator.agent import register as agent_register
from reconciler.emulator.catalog.store import seed
from reconciler.emulator.chain.headers import ServerEnds
from reconciler.emulator.core.cluster import Cluster, ClusterSpec
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.state import EPOCH, Rhythm, Served, WorldState
from reconciler.emulator.core.store import Store
from reconciler.emulator.forms.weak import NeverAnswers, Panicked
from reconciler.emulator.kv import sessions
from reconciler.emulator.paths import chosen, finish, route_of
from reconciler.emulator.peering import endings, links, streams
from reconciler.emulator.poison import dropped, poison
from reconciler.emulator.tenancy import enter as tenancy
from reconciler.emulator.wire.messages import Block, Refusal, Request, Response

ADMIN = "/sandbox/"
FREEZE_NOTICED_S = 44.0


class World(WorldState):
    """Emulated Consul clusters that can peer with each other. See `WorldState` for the settings."""

    def __init__(
        self,
        clusters: Sequence[ClusterSpec],
        clock: Callable[[], float],
        *,
        delays: bool = True,
        time_scale: float = 1.0,
        rhythm: Rhythm | None = None,
        rng: random.Random | None = None,
        epoch: datetime = EPOCH,
        log: int | None = None,
    ) -> None:
        super().__init__(
            clusters,
            clock,
            delays=delays,
            time_scale=time_scale,
            rhythm=rhythm,
            rng=rng,
            epoch=epoch,
            log=log,
        )
        self.specs = {spec.name: spec for spec in clusters}
        for cluster in self.clusters.values():
            self._begin(cluster)
        for cluster in sorted(self.clusters.values(), key=lambda one: one.primary != one.name):
            self._give_acls(cluster)
        for spec in clusters:
            if self.clusters[spec.name].version.enterprise:
                tenancy.prepare(self, self.clusters[spec.name], spec.partitions)

    def _begin(self, cluster: Cluster) -> None:
        seed(self, cluster)
        streams.attach(self, cluster)
        agent_register.attach(self, cluster)
        federation.attach(self, cluster)
        sessions.attach(self, cluster)

    def _give_acls(self, cluster: Cluster) -> None:
        """Put what a cluster with ACLs begins with into it; a secondary has what its primary has."""
        if not cluster.acl:
            return
        if cluster.primary == cluster.server:
            acl_seed.seed(self, cluster, bootstrapped=self.specs[cluster.name].bootstrapped)
        else:
            federation.copy_acls(self.clusters[cluster.primary].store, cluster.store)

    def handle(self, name: str, request: Request) -> Response | Block:
        """Answer one request to one cluster; a Block asks to call `resume` later."""
        self.advance()
        if request.path.startswith(ADMIN):
            return serve_admin(self, name, request)  # never in the way of what it orders
        faults = self.faults.meeting(name, request)
        broken = "refused" if name in self.faults.down else "hangs" if name in self.faults.frozen else ""
        broken = broken or next(
            (fault.effect for fault in faults if fault.effect in ("refused", "hangs")), ""
        )
        if broken:
            return self._logged(name, request, Response(0, {}, b"", broken=broken))
        answer = next((fault.answer() for fault in faults if fault.effect == "answer"), None)
        reply = answer or self._execute(name, request, None)
        reply.delay_s += sum(fault.delay_s for fault in faults) * (self.time_scale or 1.0)
        if any(fault.effect == "lost" for fault in faults):
            reply.broken = "lost"
        return self._logged(name, request, reply) if isinstance(reply, Response) else reply

    def resume(self, block: Block) -> Response:
        """Answer a request that waited, with what is there now."""
        self.advance()
        if block.cluster in self.faults.down:
            return Response(0, {}, b"", broken="lost")
        if block.cluster in self.faults.frozen:
            return Response(0, {}, b"", broken="hangs")
        reply = self._execute(block.cluster, block.request, block)
        assert isinstance(reply, Response)
        reply.delay_s += block.delay_s
        reply.broken = block.broken
        return self._logged(block.cluster, block.request, reply)

    def _logged(self, name: str, request: Request, reply: Response) -> Response:
        if self.requests.maxlen != 0:
            self.requests.append(Served(name, request.method, request.path, request.query, reply.status))
        return reply

    def _execute(self, name: str, request: Request, block: Block | None) -> Response | Block:
        cluster = self.clusters[name]
        route = route_of(request, cluster.version)
        if isinstance(route, Response):
            return route
        context = Context(self, cluster, request, block)
        try:
            endpoint = chosen(route, request, cluster.version)
            context.require_leader()
            tenancy.enter(context)
            reply = endpoint(context)
        except Refusal as refusal:
            reply = context.refused(refusal)
        except NeverAnswers:
            reply = Response(0, {}, b"", broken="hangs")
        except (Panicked, ServerEnds) as error:
            reply = self._dropped(context, error)
        if isinstance(reply, Response):
            finish(reply, cluster, pretty="pretty" in context.query)
        if not self.time_scale:
            self.advance()
        return reply

    def _dropped(self, context: Context, error: Panicked | ServerEnds) -> Response:
        """Drop the connection; a write that ends its server takes the cluster down for good."""
        reads = context.request.method == "GET" or context.request.path.startswith("/v1/discovery-chain/")
        if isinstance(error, ServerEnds) and not reads:
            poison(self, context.cluster.primary)
        return dropped()

    # What goes wrong with whole clusters.

    def down(self, name: str) -> None:
        """Kill a cluster: connections are refused, its peers read FAILING at once."""
        self._known(name)
        self.faults.down.add(name)
        endings.break_links(self, name)

    def up(self, name: str, *, reconnect_s: float = links.RECONNECT_S) -> None:
        """Start a killed cluster again: its own dialing connects at once, its dialers after a backoff.

        One whose data ends its servers at each start stays down until `reset`.
        """
        if name in self.faults.poisoned:
            return
        self.faults.down.discard(name)
        for link in links.links_of(self, name):
            if self.clusters[link.dialer].server == name:
                links.connect(self, link)
        links.reconnect(self, name, reconnect_s)

    def reset(self, name: str) -> None:
        """Start a cluster again without its data: an empty one with an identity of its own.

        Raises ValueError for Enterprise clusters and members of a federation, which others hold on to.
        """
        cluster = self._known(name)
        if cluster.version.enterprise or self._is_federated(cluster):
            raise ValueError(f"{name!r} cannot be reset: only a single Community Edition cluster can")
        self.down(name)
        for link in links.links_of(self, name):
            self.drop_link(link)
        cluster.store, cluster.node_id = Store(), self.new_id()
        cluster.trust_domain, cluster.ca_pem = f"{self.new_id()}.consul", self.pem()
        self._begin(cluster)
        self._give_acls(cluster)
        self.faults.down.discard(name)
        self.faults.poisoned.discard(name)

    def _is_federated(self, cluster: Cluster) -> bool:
        return sum(other.primary == cluster.primary for other in self.clusters.values()) > 1

    def leader_change(
        self, name: str, *, reconnect_s: float = links.RECONNECT_S, outage_s: float = 0.0
    ) -> None:
        """Elect another leader: its memory is empty, rows read PENDING or ESTABLISHING until reconnected.

        For `outage_s` requests answer 500 `No cluster leader`; of several servers the follower that is asked
        says that it does not reach the leader that was.
        """
        cluster = self._known(name)
        self.later(outage_s, partial(setattr, cluster, "elections", cluster.elections + 1))
        if outage_s:
            self.faults.leaderless[name] = self.clock() + outage_s * (self.time_scale or 1.0)
        endings.break_links(self, name)
        links.reconnect(self, name, max(reconnect_s, outage_s))

    def freeze(self, name: str) -> None:
        """Stop a cluster's process: requests hang, peers notice after 39–49 s."""
        self._known(name)
        self.faults.frozen[name] = self.clock()

        def noticed() -> None:
            if name in self.faults.frozen:
                endings.break_links(self, name, forget=False)

        self.later(FREEZE_NOTICED_S, noticed)

    def thaw(self, name: str, *, reconnect_s: float = links.RECONNECT_S) -> None:
        """Let a frozen cluster go on."""
        self.faults.frozen.pop(name, None)
        links.reconnect(self, name, reconnect_s)

    def strand(self, name: str, times: int = 1) -> None:
        """Let the next deletions meet a message that the other end is gone, at the very same moment.

        The row then reads TERMINATED with a DeletedAt and stays until it is deleted once more (Consul 1.20).
        """
        self._known(name).strandings += times

    def cut(self, one: str, other: str) -> None:
        """Cut the network between two clusters' servers; their HTTP stays reachable."""
        self.faults.cut.add(frozenset((one, other)))
        endings.break_links(self, one, forget=False, other=other)

    def mend(self, one: str, other: str, *, reconnect_s: float = links.RECONNECT_S) -> None:
        """Mend a cut network."""
        self.faults.cut.discard(frozenset((one, other)))
        links.reconnect(self, one, reconnect_s)

    def _known(self, name: str) -> Cluster:
        if name not in self.clusters:
            raise ValueError(f"no cluster {name!r}; there are {', '.join(self.clusters)}")
        return self.clusters[name]


def handle(world: World, cluster: str, request: Request) -> Response | Block:
    """Answer one request to one cluster of the world."""
    return world.handle(cluster, request)
