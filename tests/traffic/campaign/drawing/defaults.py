"""Proxy defaults, service defaults and mesh of one cluster: protocols, gateway modes, normalization."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.traffic.campaign.drawing.dice import Dice
from tests.traffic.campaign.drawing.setting import NAMES

Entry = dict[str, Any]
HTTP_LIKE = ("http", "http2", "grpc")
_THEMES = {"http": 5, "tcp": 2, "http2": 1.2, "grpc": 0.8}
_MODES = ("local", "remote", "none")
_ACTIONS = {
    "PathWithEscapedSlashesAction": ("KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_FORWARD"),
    "HeadersWithUnderscoresAction": ("ALLOW", "REJECT_REQUEST", "DROP_HEADER"),
}


class Defaults:
    """Draws what the names of a cluster speak, and the entries that say so."""

    def __init__(self, dice: Dice, callers: Sequence[str], peers: Sequence[str]) -> None:
        self.dice, self.callers, self.peers = dice, callers, peers
        self.theme = dice.weighted(_THEMES)
        self.is_global = self.theme != "tcp" and dice.maybe(0.35)
        self.own = {name: self._own() for name in NAMES}

    def _own(self) -> str:
        if self.dice.maybe(0.06):
            return self.dice.choice(("tcp", "http"))
        named = self.theme != "tcp" and not self.is_global
        return self.theme if named or self.dice.maybe(0.1) else ""

    def speaks(self, name: str) -> str:
        """Return the protocol of a name."""
        return self.own[name] or (self.theme if self.is_global else "tcp")

    @property
    def http(self) -> set[str]:
        """The names whose requests proxies look into."""
        return {name for name in NAMES if self.speaks(name) in HTTP_LIKE}

    def drawn(self, *, newest: bool) -> Iterator[Entry]:
        """Yield proxy defaults, mesh, service defaults; `newest`: Consul knows how to normalize requests."""
        everywhere = self._everywhere()
        if everywhere:
            yield {"Kind": "proxy-defaults", "Name": "global", **everywhere}
        if newest and self.dice.maybe(0.12):
            yield self._mesh()
        for name, protocol in self.own.items():
            body: Entry = {"Protocol": protocol} if protocol else {}
            body |= self._ways(name) if name in self.callers else {}
            if body:
                yield {"Kind": "service-defaults", "Name": name, **body}

    def _everywhere(self) -> Entry:
        out: Entry = {"Config": {"protocol": self.theme}} if self.is_global else {}
        return out | (self._mode() if self.dice.maybe(0.2) else {})

    def _mode(self) -> Entry:
        return {"MeshGateway": {"Mode": self.dice.choice(_MODES)}}

    def _ways(self, name: str) -> Entry:
        out: Entry = self._mode() if self.dice.maybe(0.06) else {}
        config: Entry = {}
        if self.dice.maybe(0.08):
            config["Defaults"] = self._mode()
        if self.dice.maybe(0.08):
            peer = {"Peer": self.dice.choice(self.peers)} if self.peers and self.dice.maybe(0.5) else {}
            config["Overrides"] = [{"Name": self.dice.choice(NAMES), **peer, **self._override()}]
        return out | ({"UpstreamConfig": config} if config else {})

    def _override(self) -> Entry:
        if self.dice.maybe(0.1):  # a sidecar waits 15 seconds for what nothing answers by another protocol
            return {"Protocol": self.dice.choice(("tcp", "http"))}
        return self._mode()

    def _mesh(self) -> Entry:
        chosen = self.dice.choice(("MergeSlashes", "InsecureDisablePathNormalization", *_ACTIONS))
        value: Any = self.dice.choice(_ACTIONS[chosen]) if chosen in _ACTIONS else True
        incoming = {"RequestNormalization": {chosen: value}}
        return {"Kind": "mesh", "HTTP": {"Incoming": incoming}}
