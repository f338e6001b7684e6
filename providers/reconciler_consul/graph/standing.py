"""What the servers of a run would hold, with all writes that were put on it: `reconciler.sdk.foresight`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import NO_ACCESS, Access, Interim, Reach, Verdict, Write
from reconciler.sdk.provider import Body
from reconciler_consul.graph.access import Accesses
from reconciler_consul.graph.body import EVERYWHERE, EXPORTS, JUDGED, MESH
from reconciler_consul.graph.broken import broken
from reconciler_consul.graph.chains.cache import Chains
from reconciler_consul.graph.chains.reach import Ends
from reconciler_consul.graph.chains.watch import Watch
from reconciler_consul.graph.far import far, rests_on
from reconciler_consul.graph.holdings import Holdings
from reconciler_consul.graph.interims import Subject, interims
from reconciler_consul.graph.judge import Judge
from reconciler_consul.graph.listening import bears_on, turned
from reconciler_consul.graph.rows import Rows
from reconciler_consul.graph.spoiling import spoiled
from reconciler_consul.graph.together import Entry, Together
from reconciler_consul.graph.where import Key, Map, Servers
from reconciler_consul.kinds.names import entry_ref

PEERING = "peering"


class Graph:
    """Entries and peerings of several clusters, as `reconciler.sdk.foresight.Standing` asks.

    `servers` are those behind each cluster of the configuration; `unsure` the clusters of which something
    could not be read; `known` the addresses that the run has, in its spelling.
    """

    def __init__(
        self,
        servers: Mapping[str, Servers],
        unsure: frozenset[str] = frozenset(),
        known: Iterable[Address] = (),
    ) -> None:
        self._servers = servers
        self._unsure = {servers[cluster].home for cluster in unsure if cluster in servers}
        self._map = Map(servers)
        self._holdings = Holdings()
        self._chains = Chains(self._holdings)
        self._ends = Ends(self._holdings)
        self._watch = Watch(self._holdings, self._chains)
        self._rows = Rows(servers)
        self._last: tuple[Body | None, Address, Verdict] | None = None  # a search asks for one twice
        for address in known:
            if address.type != PEERING and self.knows(address):
                self._map.key(address)

    def knows(self, address: Address) -> bool:
        """Say whether writes to this object are judged here."""
        if address.cluster not in self._servers:
            return False
        return address.type == PEERING or entry_ref(address)[0] in JUDGED

    def body(self, address: Address) -> Body | None:
        """Return what would exist there now, or `None`."""
        if address.type == PEERING:
            return self._rows.body(address)
        return self._holdings.get(self._map.key(address)) if self.knows(address) else None

    def put(self, write: Write) -> None:
        """Record this write as what exists from now on."""
        self._last = None
        if write.address.type == PEERING:
            self._rows.put(write.address, write.body)
        elif self.knows(write.address):
            key = self._map.key(write.address)
            self._holdings.shelf(key.place).put(key.kind, self._name(key, write.address), write.body)
            self._chains.touch(key)
            self._ends.touch(key)
            self._watch.touch(key)

    def judge(self, write: Write) -> Verdict:
        """Return what the servers would say to this write."""
        if not self.knows(write.address):
            return Verdict()
        if write.address.type == PEERING:
            return self._rows.judge(write.address, write.body)
        if self._last is None or self._last[0] is not write.body or self._last[1] != write.address:
            self._last = (write.body, write.address, self._verdict(write))
        return self._last[2]

    def _verdict(self, write: Write) -> Verdict:
        key = self._map.key(write.address)
        judge = Judge(
            self._holdings,
            self._watch,
            self._servers[write.address.cluster],
            key,
            self._name(key, write.address),
            write.body,
        )
        refused = judge.refusal()
        read = judge.read | self._spoiled(key, write)
        reads = frozenset(self._map.address(found) for found in read - {key})
        return Verdict(refused, key.place.home not in self._unsure, reads)

    def _spoiled(self, key: Key, write: Write) -> set[Key]:
        """Return what servers judge differently once it is written, although they do not look there:
        everything in the partitions whose chains it breaks, and the services of gateways and chains that it
        breaks or mends.
        """
        servers = self._servers[write.address.cluster]
        places = spoiled(self._watch, servers, key, write.body)
        services = turned(self._holdings, self._chains, key, write.body, alone=not servers.enterprise)
        chains = far(self._holdings, self._chains, servers, key, write.body)
        if not places and not services and not chains:
            return set()
        return {
            other
            for other in self._map.spelled
            if other.place in places or bears_on(key, other, services) or rests_on(other, chains)
        }

    def interims(self, address: Address, after: Body | None, stuck: Sequence[Write]) -> Sequence[Interim]:
        """Return the interim steps that an object could take."""
        if not self.knows(address):
            return ()
        if address.type == PEERING:
            return self._rows.interims(address, after)
        key = self._map.key(address)
        entries = [write.address for write in stuck if write.address.type != PEERING]
        about = [(self._map.key(other), entry_ref(other)[1]) for other in entries if self.knows(other)]
        servers = self._servers[address.cluster]
        before, name = self._holdings.get(key), self._name(key, address)
        asked = (self._holdings, self._ends, key, name, before, after, about)
        return interims(Subject(*asked, not servers.enterprise, servers.default))

    def access(self, write: Write) -> Access:
        """Return whose access this write would change."""
        if not self.knows(write.address):
            return NO_ACCESS
        if write.address.type == PEERING:
            return self._of_peering(write)
        key, cluster = self._map.key(write.address), write.address.cluster
        found = self._accesses(cluster)
        return found.of_entry(key, self._name(key, write.address), write.body)

    def accesses(self, writes: Sequence[Write]) -> Mapping[Address, Access]:
        """Return whose access each of these writes may change, in any order."""
        mine = [write for write in writes if self.knows(write.address)]
        entries = {
            write.address: Entry(key, self._name(key, write.address), write.body)
            for write in mine
            if write.address.type != PEERING
            for key in (self._map.key(write.address),)
        }
        all_ = Together(self._holdings, self._servers, list(entries.values()))
        out = {address: all_.of_entry(address.cluster, entry) for address, entry in entries.items()}
        peerings = [write for write in mine if write.address.type == PEERING]
        out.update((write.address, self._of_peerings(write, all_)) for write in peerings)
        return out

    def _of_peerings(self, write: Write, all_: Together) -> Access:
        before, closes, opens = self._rows.body(write.address), NO_ACCESS.closes, NO_ACCESS.opens
        for cluster, name, made in self._rows.changes(write.address, before, write.body):
            found = all_.of_peer(cluster, name, made=made)
            closes, opens = closes | found.closes, opens | found.opens
        return Access(closes, opens) if closes or opens else NO_ACCESS

    def arrives(self, reach: Reach) -> bool:
        """Say whether such callers get as far as the service."""
        servers = self._servers.get(reach.cluster)
        return servers is None or self._accesses(reach.cluster).arrives(reach)

    def broken(self, near: Iterable[Address]) -> Mapping[str, str]:
        """Return what does not work on what would exist now, of all that is connected with these objects."""
        keys: dict[str, list[Key]] = {}
        for address in near:
            if self.knows(address) and address.type != PEERING:
                keys.setdefault(address.cluster, []).append(self._map.key(address))
        out: dict[str, str] = {}
        for cluster, own in keys.items():
            servers = self._servers[cluster]
            found = (
                broken(self._holdings, self._chains, servers, own) if servers.home not in self._unsure else {}
            )
            out.update(("/".join((*place, service)), why) for (place, service), why in found.items())
        return out

    def _accesses(self, cluster: str) -> Accesses:
        return Accesses(self._holdings, self._servers[cluster], cluster)

    def _of_peering(self, write: Write) -> Access:
        before = self._rows.body(write.address)
        closes: set[Reach] = set()
        opens: set[Reach] = set()
        for cluster, name, made in self._rows.changes(write.address, before, write.body):
            found = self._accesses(cluster).of_peer(name, made=made)
            closes |= found.closes
            opens |= found.opens
        return Access(frozenset(closes), frozenset(opens)) if closes or opens else NO_ACCESS

    @staticmethod
    def _name(key: Key, address: Address) -> str:
        single = key.kind in (MESH, EVERYWHERE, EXPORTS)
        return key.name if single else entry_ref(address)[1]
