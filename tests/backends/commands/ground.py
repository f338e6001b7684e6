"""A configuration whose state is at a place, and runs of the command there that something happens to."""

from __future__ import annotations

import os
import re
import resource
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from reconciler.model.state_place import AzurePlace, ConsulPlace, HttpPlace, LocalPlace, S3Place, StatePlace
from tests.backends.commands.relay import Relay, relay
from tests.support.command.lab import CONFIGURATION, CommandLab, Ended
from tests.support.command.servers import Sandbox, sandbox

PART = """
config_entries:
  dc1:
    - {Kind: service-defaults, Name: api, Protocol: grpc}
"""
APPLY = ("apply", "--auto-approve", "--allow-delete", "20")
CODES = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}
LOCKED = 5
FOREVER = (HttpPlace,)  # places whose locks stay when their holder is killed
_ID = re.compile(r"ID:\s+([0-9a-f-]{36})")


@dataclass(frozen=True)
class Blow:
    """This signal at this request to the state's server, before it is done or after; of a directory: call."""

    number: int
    signal: signal.Signals = signal.SIGKILL
    answered: bool = False


class Ground:
    """Runs the command at a place. The configuration changes from run to run, so that each has work to do."""

    def __init__(self, lab: CommandLab, clusters: Sandbox, place: StatePlace, relay: Relay | None) -> None:
        self.lab = lab
        self.clusters = clusters
        self.place = place
        self._relay = relay
        self._turn = 0
        self.unlocked = self.expired = 0  # locks that were broken, and that expired
        keys = {name: value for name, value in asdict(place).items() if value not in (None, False)}
        lab.write(yaml.safe_dump({"state": {"backend": place.backend, **keys}}), "reconciler.yaml")

    def turn(self) -> None:
        """Declare the other configuration: everything, or hardly anything."""
        self._turn += 1
        self.lab.declare(CONFIGURATION if self._turn % 2 else PART)

    def struck(self, blow: Blow) -> Ended | None:
        """Run an apply that is struck; return how it ended, `None` where it ended well before."""
        self.turn()
        ended, fired = self._by_calls(blow) if self._relay is None else self._by_requests(self._relay, blow)
        if not fired:
            ended.expect(0)
            return None
        allowed = {CODES[blow.signal], 0} if blow.signal != signal.SIGKILL else {-9}
        assert ended.code in allowed, f"{blow}: {ended.code}\n{ended.text}"
        assert "Traceback" not in ended.text, ended.text
        return ended

    def cut_off(self, number: int, *, full: bool = False) -> Ended | None:
        """Run an apply whose server is away from this request on; `full`: and no local file can grow."""
        assert self._relay is not None
        server = self._relay

        def away() -> bool:
            server.cut()
            return False

        self.turn()
        server.arm(number, away, answered=False)
        ended = self.lab.end(self.lab.start(*APPLY, preexec_fn=no_room if full else None))
        fired = server.fired
        server.disarm()
        server.mend()
        return ended if fired else None

    def recovers(self, *, patient: bool = False, gentle: bool = False) -> None:
        """Raise `AssertionError` unless the next apply ends with 0 and the plan after it is empty.

        A lock that a killed run left is broken; `patient`: waited for. After a `gentle` end there is none.
        """
        wait = ("--lock-timeout", "110s") if patient and not isinstance(self.place, FOREVER) else ()
        ended = self.lab.run(*APPLY, *wait)
        self.expired += bool(wait)
        if ended.code == LOCKED:
            assert not gentle, f"a run that ended by itself left its lock\n{ended.text}"
            self._unlock(ended)
            ended = self.lab.run(*APPLY)
        ended.expect(0)
        self.lab.run("plan", "--detailed-exitcode").expect(0)
        self.clusters.clear()
        self.lab.run(*APPLY).expect(0)
        assert self.clusters.writes == []
        self.lab.run("state", "verify").expect(0)
        self._check_links()

    def _check_links(self) -> None:
        wanted = 2 if self._turn % 2 else 0
        for name in self.clusters.urls:
            rows = self.clusters.call(name, "GET", "/v1/peerings")
            assert [row["State"] for row in rows] == ["ACTIVE"] * wanted, f"{name}: {rows}"
        left = [path.name for path in (self.lab.folder / ".reconciler").glob("*.journal")]
        assert left == [], "what an earlier run left is not taken in"

    def _unlock(self, ended: Ended) -> None:
        found = _ID.search(ended.text)
        assert found is not None, ended.text
        self.lab.run("force-unlock", "--force", found[1]).expect(0)
        self.unlocked += 1

    def _by_requests(self, server: Relay, blow: Blow) -> tuple[Ended, bool]:
        pids: list[int] = []

        def strike() -> bool:
            os.kill(pids[0], blow.signal)
            return blow.signal != signal.SIGKILL

        server.arm(blow.number, strike, answered=blow.answered)
        process = self.lab.start(*APPLY)
        pids.append(process.pid)
        ended = self.lab.end(process)
        fired = server.fired
        server.disarm()
        return ended, fired

    def _by_calls(self, blow: Blow) -> tuple[Ended, bool]:
        mark = self.lab.folder / "struck"
        more = {
            "PYTHONPATH": str(Path(__file__).parent / "hook"),
            "STRIKE": f"{blow.number} {int(blow.signal)} {int(blow.answered)} {mark}",
        }
        before = dict(self.lab.environ)
        self.lab.environ |= more
        ended = self.lab.end(self.lab.start(*APPLY))
        self.lab.environ = before
        fired = mark.exists()
        mark.unlink(missing_ok=True)
        return ended, fired


def no_room(room: int = 0) -> None:
    """Let no file of this process grow beyond so many bytes, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))


def behind(place: StatePlace, environ: Mapping[str, str], port: int) -> tuple[StatePlace, Mapping[str, str]]:
    """Return a place on this machine as it is reached by way of another port."""
    here = f"http://127.0.0.1:{port}"
    match place:
        case ConsulPlace():
            return replace(place, address=here), environ
        case S3Place():
            return replace(place, endpoint=here), environ
        case HttpPlace():
            return replace(place, address=here + urlsplit(place.address).path), environ
        case AzurePlace():
            return replace(place, endpoint=f"{here}/{place.account}"), environ
        case _:
            return place, {**environ, "PGPORT": str(port)}


def port_of(place: StatePlace, environ: Mapping[str, str]) -> int:
    """Return the port of a place's server."""
    match place:
        case ConsulPlace(address=address) | HttpPlace(address=address):
            return urlsplit(address or "").port or 80
        case S3Place(endpoint=address) | AzurePlace(endpoint=address):
            return urlsplit(address or "").port or 80
        case _:
            return int(environ["PGPORT"])


@contextmanager
def ground(place: StatePlace, environ: Mapping[str, str], folder: Path) -> Iterator[Ground]:
    """Start three sandbox clusters and a relay before the place's server."""
    folder.mkdir(parents=True, exist_ok=True)
    with sandbox("dc1", "dc2", "dc3") as clusters:
        lab = CommandLab(folder, clusters.urls, dict(environ))
        if isinstance(place, LocalPlace):
            yield Ground(lab, clusters, place, None)
            return
        with relay(port_of(place, environ)) as made:
            through, lab.environ = behind(place, environ, made.port)  # type: ignore[assignment]
            lab.environ = dict(lab.environ)
            yield Ground(lab, clusters, through, made)
