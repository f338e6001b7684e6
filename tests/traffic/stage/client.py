"""Real requests through sidecars, and what came of them.

A request is written `web@dc2 -> api@dc1 POST /v1`: caller, upstream of its sidecar, method and path (GET and
`/` where not written). What comes of it is who answered (`api@dc1`), `denied` (403, or on tcp a connection
that some sidecar's intentions refused) or `unreachable`.

Through a transparent proxy the upstream is a name or address, as the application would dial it:
`web@dc2 -> api.virtual.eu.consul:80 /v1`. Where it does not resolve, `no name` comes of it.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.patience import wait_for
from tests.traffic.stage import foretold as access
from tests.traffic.stage.dns import lookup
from tests.traffic.stage.lab import TrafficLab
from tests.traffic.stage.namespace import caller_socket

DENIED, UNREACHABLE, NO_NAME = "denied", "unreachable", "no name"
EFFECTIVE = 30.0  # seconds; proxies follow within 0.3 s (a check: 1.3 s), on a busy machine much later
STEADY = 0.6  # seconds for which the answers must stay the same; twice an agent's update interval
_VIRTUAL = re.compile(r"([\w-]+)\.virtual(?:\.([\w-]+?)(?:\.peer)?)?\.consul(?::\d+)?")
_DENIALS = r"connect_authz\.rbac\.denied|^tcp\..*rbac\.denied|^rbac\.denied"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read from its text."""

    caller: str
    upstream: str
    method: str
    path: str

    @classmethod
    def of(cls, text: str) -> Request:
        """Read `web@dc2 -> api@dc1 POST /v1`."""
        caller, _, rest = text.partition(" -> ")
        upstream, *more = rest.split()
        path = more.pop() if more and more[-1].startswith("/") else "/"
        return cls(caller, upstream, more[0] if more else "GET", path)


class Client:
    """Sends requests in a world."""

    def __init__(self, world: TrafficLab) -> None:
        self.world = world
        self._denials = 0

    def outcome(self, text: str) -> str:
        """What comes of one request on a new connection."""
        found = self.answer(text)
        if found not in ("reset", "refused"):
            return found
        before, self._denials = self._denials, self._total_denials()
        return DENIED if self._denials > before else UNREACHABLE

    def answer(self, text: str) -> str:
        """Who answered, or `denied` (403), `unreachable` (503), `reset`, `refused` (no listener), NO_NAME."""
        request = Request.of(text)
        connection = http.client.HTTPConnection("127.0.0.1", timeout=EFFECTIVE)
        try:
            connection.sock = self.connected(request)
            connection.request(request.method, request.path)
            answer = connection.getresponse()
            body = answer.read()
        except LookupError:
            return NO_NAME
        except ConnectionRefusedError:
            return "refused"
        except (OSError, http.client.HTTPException):
            return "reset"
        finally:
            connection.close()
        return str(json.loads(body)["who"]) if answer.status == 200 else _failed(answer.status)

    def connected(self, request: Request) -> socket.socket:
        """A new connection to an upstream's local port."""
        port = self.world.sidecars[request.caller].upstreams[request.upstream]
        return socket.create_connection(("127.0.0.1", port), timeout=EFFECTIVE)

    def _total_denials(self) -> int:
        return sum(sidecar.proxy.stat(_DENIALS) for sidecar in self.world.sidecars.values())

    def expect(
        self,
        wanted: Mapping[str, str],
        within: float = EFFECTIVE,
        steady: float = STEADY,
        *,
        foretold: bool = True,
    ) -> float:
        """Ask until everything is as wanted and stays so for `steady` seconds.

        `access` has to answer the same before any request is sent, but for what no entry says (not
        `foretold`). Gives the seconds until it was so first. Raises `AssertionError` with what was seen last.
        """
        if foretold:
            self.foretell(wanted)
        began = time.monotonic()
        since: float | None = None
        while True:
            seen = {text: self.outcome(text) for text in wanted}
            now = time.monotonic()
            since = (since or now) if seen == dict(wanted) else None
            if since is not None and now - since >= steady:
                return since - began
            if since is None and now - began > within:
                wrong = {
                    text: f"{seen[text]}, not {wanted[text]}" for text in wanted if seen[text] != wanted[text]
                }
                raise AssertionError(f"after {now - began:.1f}s: {wrong}")
            time.sleep(0.05)

    def foretell(self, wanted: Mapping[str, str]) -> None:
        """Raise `AssertionError` where `access` answers otherwise."""
        asked = {text: Request.of(text) for text in wanted}
        parts = {text: (one.caller, one.upstream, one.method, one.path) for text, one in asked.items()}
        assert access.foretold(self.world, parts) == dict(wanted)

    def until(self, holds: Callable[[], bool], within: float = EFFECTIVE) -> None:
        """Wait for something that one request cannot show. Raises `AssertionError`."""
        wait_for(holds, f"not so after {within}s", within)

    def until_tallied(self, text: str, times: int, fits: Callable[[Counter[str]], bool]) -> None:
        """Send a request so many times until what comes of it fits twice in a row. Raises `AssertionError`.

        Once is not enough: it may be so by chance, before the change has arrived.
        """
        seen: list[Counter[str]] = []

        def fits_twice() -> bool:
            seen[:] = [*seen[-1:], self.tally(text, times)]
            return len(seen) == 2 and all(map(fits, seen))

        wait_for(fits_twice, lambda: f"what came of it: {seen}")

    def tally(self, text: str, times: int) -> Counter[str]:
        """How often which outcome, each on a new connection."""
        return Counter(self.answer(text) for _ in range(times))

    def path(self, text: str) -> list[str]:
        """The clusters whose gateways took a new connection for one request (tcp: always a new one)."""
        before = self._connections()
        self.outcome(text)
        after = self._connections()
        return [name for name in after if after[name] > before[name]]

    def _connections(self) -> dict[str, int]:
        gateways = self.world.gateways.items()
        return {
            name: gateway.proxy.stat(r"listener\.[^a].*downstream_cx_total") for name, gateway in gateways
        }


class TransparentClient(Client):
    """Dials names and addresses as the application of the one sidecar to which traffic is redirected."""

    def foretell(self, wanted: Mapping[str, str]) -> None:
        """Raise `AssertionError` where `access` says otherwise of a name: who answers, or that nobody does.

        Why nobody does is not the same: what intentions refuse here has no way in a transparent proxy.
        Addresses are not asked about.
        """
        asked = {text: _dialed(self.world, Request.of(text)) for text in wanted}
        parts = {text: found for text, found in asked.items() if found is not None}
        answers = access.foretold(self.world, parts)
        assert {text: _who(answers[text]) for text in parts} == {text: _who(wanted[text]) for text in parts}

    def connected(self, request: Request) -> socket.socket:
        """A new connection to where a name leads. Raises `LookupError` where it leads nowhere."""
        name, _, port = request.upstream.partition(":")
        address = name if name[0].isdigit() else self.address(name)
        connection = caller_socket()
        try:
            connection.settimeout(EFFECTIVE)
            connection.connect((address, int(port or 80)))
        except OSError:
            connection.close()
            raise
        return connection

    def address(self, name: str) -> str:
        """The address of a name, as the resolver of that host is told it. Raises `LookupError`."""
        found = lookup(name, 53)
        if not found:
            raise LookupError(name)
        return found[0]


def _dialed(world: TrafficLab, request: Request) -> tuple[str, str, str, str] | None:
    """Return caller, upstream, method and path of a request to a virtual name; `None` of other names."""
    found = _VIRTUAL.fullmatch(request.upstream)
    if found is None:
        return None
    here, (service, alias) = request.caller.partition("@")[2], found.groups()
    there = next((name for name in world.agents if alias and world.alias(here, name) == alias), "")
    upstream = f"{service}@{there}" if alias else service
    return request.caller, upstream, request.method, request.path


def _who(outcome: str) -> str | None:
    return outcome if "@" in outcome else None


def _failed(status: int) -> str:
    return {403: DENIED, 503: UNREACHABLE}.get(status, str(status))
