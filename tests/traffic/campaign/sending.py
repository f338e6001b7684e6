"""One request to an upstream's local port, and what came back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.traffic.stage.lab import TrafficLab

PATIENCE = 8.0  # seconds; a proxy that has nowhere to send a request says so at once
_DENIALS = "rbac.*denied"
_WARMING = r"^(cluster_manager\.warming_clusters|listener_manager\.total_listeners_warming)$"
_TAKEN = r"listener\.[^a].*downstream_cx_total"


class Seen(NamedTuple):
    """What came back: an HTTP status, `reset`, `refused` or `timeout`, and who answered."""

    status: int | str
    who: str = ""

    @property
    def key(self) -> str:
        """The text by which recordings count it."""
        return f"{self.status}:{self.who}"


class Sender:
    """Sends the requests of a recording on a stage, each on a new connection."""

    def __init__(self, lab: TrafficLab, peers: Mapping[str, Mapping[str, str]]) -> None:
        self.lab, self.peers = lab, peers

    def sent(self, request: Mapping[str, Any]) -> Seen:
        """Send one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port(request), timeout=PATIENCE)
        try:
            connection.request(request["method"], request["path"], headers=request["headers"])
            answer = connection.getresponse()
            body = answer.read()
        except TimeoutError:
            return Seen("timeout")
        except ConnectionRefusedError:
            return Seen("refused")
        except (OSError, http.client.HTTPException):
            return Seen("reset")
        finally:
            connection.close()
        return Seen(200, str(json.loads(body)["who"])) if answer.status == 200 else Seen(answer.status)

    def _port(self, request: Mapping[str, Any]) -> int:
        _, _, cluster = request["from"].partition("@")
        upstream = request["upstream"]
        peer = upstream.get("peer")
        to = f"{upstream['name']}@{self.peers[cluster][peer]}" if peer else upstream["name"]
        return self.lab.sidecars[request["from"]].upstreams[to]

    # Counters of proxies

    def denials(self) -> dict[str, int]:
        """Return how many requests each sidecar has refused by its intentions."""
        return {who: sidecar.proxy.stat(_DENIALS) for who, sidecar in self.lab.sidecars.items()}

    def taken(self) -> dict[str, int]:
        """Return how many connections each mesh gateway has taken."""
        return {name: gateway.proxy.stat(_TAKEN) for name, gateway in self.lab.gateways.items()}

    def is_warming(self) -> bool:
        """Say whether a proxy waits for what it needs to use its last configuration. For endpoints that no
        server sends, it does so for 15 seconds, and does nothing else meanwhile.
        """
        return any(proxy.stat(_WARMING) for proxy in self.lab.proxies())
