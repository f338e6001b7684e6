"""A stage on which worlds follow each other: agents and proxies stay, entries, health and gateways change."""

from __future__ import annotations

import time
import urllib.error
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.patience import answers, wait_for
from tests.traffic.campaign.drawing.setting import META, Setting
from tests.traffic.campaign.drawing.world import Drawn
from tests.traffic.stage.lab import TrafficLab

Entry = dict[str, Any]


class Refused(NamedTuple):
    """One entry that a server did not take, its words, and what all clusters held at that time."""

    cluster: str
    entry: dict[str, Any]
    said: str
    held: dict[str, list[dict[str, Any]]]


class Stage:
    """The clusters of a setting, peered. `refused` is what servers did not take of the last world."""

    def __init__(self, folder: Path, consul: tuple[str, str], setting: Setting) -> None:
        self.setting = setting
        clusters = {name: _upstreams(setting, name) for name in setting.services}
        self.lab = TrafficLab(
            folder,
            consul,
            clusters,
            setting.aliases,
            setting.defaults,
            datacenters=setting.datacenters,
            meta=META,
        )
        self.written: dict[str, list[Entry]] = {name: [] for name in setting.services}
        self.refused: list[Refused] = []
        self.down: frozenset[str] = frozenset()
        self.gone: frozenset[str] = frozenset()

    def start(self) -> None:
        """Start and peer everything."""
        self.lab.start()
        try:
            for one, two in self.setting.pairs:
                self._peer(one, two)
            wait_for(answers(self._is_peered), "peerings are not active")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process."""
        self.lab.stop()

    @property
    def version(self) -> str:
        """The version that the agents say they are."""
        about: Any = next(iter(self.lab.agents.values())).call("GET", "/v1/agent/self")
        config = about["Config"]
        suffix = str(config.get("VersionPrerelease") or "")
        return str(config["Version"]) + (f"-{suffix}" if suffix else "")

    def _peer(self, one: str, two: str) -> None:
        agents, aliases = self.lab.agents, self.setting.aliases
        made: Any = agents[one].call("POST", "/v1/peering/token", {"PeerName": aliases[one, two]})
        body = {"PeerName": aliases[two, one], "PeeringToken": made["PeeringToken"]}
        agents[two].call("POST", "/v1/peering/establish", body)

    def _is_peered(self) -> bool:
        for agent in self.lab.agents.values():
            rows: Any = agent.call("GET", "/v1/peerings")
            if any(row["State"] != "ACTIVE" for row in rows or ()):
                return False
        return True

    # A world

    def put(self, world: Drawn) -> float:
        """Replace the last world by this one. Return the time (monotonic) from which on it is there."""
        self._clear()
        self.refused = []
        for cluster, entries in world.entries.items():
            for entry in entries:
                self._write(cluster, entry)
        self._health(world.down)
        self._gateways(world.without_gateway)
        self.renew()
        return time.monotonic()

    def renew(self) -> None:
        """Have agents rebuild what all sidecars were told. A running one keeps what is taken back of the last
        world in some cases: the way to a peer up to Consul 1.20, the certificates of the last peer that it
        trusted up to 1.22.
        """
        for who in self.lab.sidecars:
            self.lab.renew(who)

    def callers(self) -> Iterable[str]:
        """The services that send requests."""
        return (f"{one}@{name}" for name, services in self.setting.callers.items() for one in services)

    def _write(self, cluster: str, entry: Entry) -> None:
        try:
            self.lab.agents[cluster].call("PUT", "/v1/config", entry)
        except urllib.error.HTTPError as error:
            with error:
                held = {name: list(entries) for name, entries in self.written.items()}
                said = error.read().decode().strip()
                self.refused.append(Refused(cluster, entry, said, held))
            return
        self.written[cluster].append(entry)

    def _clear(self) -> None:
        for cluster, entries in self.written.items():
            for entry in reversed(entries):
                path = f"/v1/config/{entry['Kind']}/{entry.get('Name', 'mesh')}"
                self.lab.agents[cluster].call("DELETE", path)
            entries.clear()

    def _health(self, down: frozenset[str]) -> None:
        for who in self.down ^ down:
            service, _, cluster = who.partition("@")
            asked = "true" if who in down else "false"
            path = f"/v1/agent/service/maintenance/{service}-sidecar?enable={asked}"
            self.lab.agents[cluster].call("PUT", path)
        self.down = down

    def _gateways(self, gone: frozenset[str]) -> None:
        for cluster in self.gone ^ gone:
            if cluster in gone:
                self.lab.agents[cluster].call("PUT", "/v1/agent/service/deregister/gateway")
            else:
                self.lab.register_gateway(cluster)
        self.gone = gone


def _upstreams(setting: Setting, cluster: str) -> Mapping[str, list[str]]:
    """Return the services of a cluster with what they dial: callers everything, the others nothing."""
    away = [f"{name}@{there}" for there in setting.peers(cluster).values() for name in setting.names]
    dialed = [*setting.names, *away]
    return {one: dialed if one in setting.callers[cluster] else [] for one in setting.services[cluster]}
