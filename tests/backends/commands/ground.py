"""A configuration whose state is at a place, and runs of the command there that something happens to."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from reconciler.model.state_place import AzurePlace, ConsulPlace, HttpPlace, LocalPlace, S3Place, StatePlace
from tests.backends.commands.relay import Relay, relay
from tests.support.command.lab import CONFIGURATION, CommandLab, Ended
from tests.support.command.servers import Sandbox, sandbox
from tests.support.command.warm import Started
from tests.support.patience import LIMIT, wait_for

OTHER = """
peerings:
  - mesh: [dc1, dc2]
exports:
  dc1: {api: [dc2]}
intentions:
  dc1:
    api:
      - {from: web@dc2, action: deny}
failover:
  dc2: {api: [api@dc1]}
config_entries:
  dc1:
    - {Kind: service-defaults, Name: api, Protocol: grpc}
"""
LINKS = {CONFIGURATION: {"dc1": 2, "dc2": 2, "dc3": 2}, OTHER: {"dc1": 1, "dc2": 1, "dc3": 0}}
APPLY = ("apply", "--auto-approve")
CODES = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}
LOCKED = 5
KINDS = ("exported-services", "service-defaults", "service-intentions", "service-resolver")
LASTING = ("Name", "ID", "PeerID", "Meta", "CreateIndex")  # of a peering: a new one has others
FOREVER = (HttpPlace,)  # places whose locks stay when their holder is killed
Process = subprocess.Popen[str] | Started
_ID = re.compile(r"\bID:\s+(\S+)")


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
        self._declared = OTHER
        self.unlocked = self.expired = 0  # locks that were broken, and that expired
        keys = {name: value for name, value in asdict(place).items() if value not in (None, False)}
        lab.write(yaml.safe_dump({"state": {"backend": place.backend, **keys}}), "reconciler.yaml")

    def turn(self) -> None:
        """Declare the other configuration, which has fewer peerings."""
        self._declared = OTHER if self._declared == CONFIGURATION else CONFIGURATION
        self.lab.declare(self._declared)

    def length(self) -> int:
        """Run an apply, and return how many requests it made; of a directory: calls."""
        self.turn()
        if self._relay is not None:
            self._relay.arm(0, lambda: True, answered=False)
            self.lab.run(*APPLY).expect(0)
            self._relay.disarm()
            return self._relay.seen
        process, _ = self._by_calls(Blow(0))
        self.lab.end(process).expect(0)
        return int((self.lab.folder / "struck.calls").read_text())

    def struck(self, blow: Blow) -> Ended | None:
        """Run an apply that is struck; return how it ended, `None` where it ended well before."""
        self.turn()
        process, has_struck = self._started(blow)
        ended = self._ended(process)
        if not has_struck():
            ended.expect(0)
            return None
        allowed = (CODES[blow.signal], 0)  # 0: what it sent last is a farewell that it does not wait for
        assert ended.code in allowed, f"{blow}: {ended.code}\n{ended.text}"
        assert "Traceback" not in ended.text, ended.text
        return ended

    def overtaken(self, number: int, *, patient: bool = False) -> Ended | None:
        """Stop an apply at this request, let another take its lock and do its work, and let the first go on.

        Return how it ended, `None` where it ended before. Raises `AssertionError` where it changed a
        cluster after that. A request that was on its way when it was stopped still arrives: it is refused.
        """
        before: list[object] = []

        def another() -> None:
            self.recovers(patient=patient)
            before.append(self._objects())

        ended = self.paused(number, another)
        if ended is None:
            return None
        assert ended.code in (0, 1, LOCKED), ended.text  # 0, 1: it did not have the lock yet
        assert "Traceback" not in ended.text, ended.text
        assert "internal error" not in ended.text, ended.text
        assert [self._objects()] == before, f"it changed a cluster\n{ended.text}"
        if self._left():
            self.lab.run("state", "recover").expect(0)
        return ended

    def paused(self, number: int, meanwhile: Callable[[], None]) -> Ended | None:
        """Stop an apply at this request, do something, and let it go on.

        Return how it ended, `None` where it ended before.
        """
        self.turn()
        process, has_struck = self._started(Blow(number, signal.SIGSTOP))
        wait_for(lambda: has_struck() or process.poll() is not None)
        if has_struck():
            meanwhile()
            process.send_signal(signal.SIGCONT)
        ended = self._ended(process)
        if not has_struck():
            ended.expect(0)
            return None
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

    def agree(self) -> None:
        """Raise `AssertionError` unless the state has exactly the peerings that the clusters have."""
        rows = {
            frozenset((name, row["Name"]))
            for name in self.clusters.urls
            for row in self.clusters.call(name, "GET", "/v1/peerings")
        }
        listed = self.lab.run("state", "list").expect(0).out.split()
        recorded = {one.removeprefix("peering.") for one in listed if one.startswith("peering.")}
        assert recorded == {"/".join(sorted(pair)) for pair in rows}

    def recovers(self, *, patient: bool = False, gentle: bool = False) -> None:
        """Raise `AssertionError` unless the next apply ends with 0 and the one after that writes nothing.

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
        self.clusters.clear()
        self.lab.run(*APPLY).expect(0)
        assert self.clusters.writes == []
        self._check_links()

    def _check_links(self) -> None:
        for name, number in LINKS[self._declared].items():
            rows = self.clusters.call(name, "GET", "/v1/peerings")
            assert [row["State"] for row in rows] == ["ACTIVE"] * number, f"{name}: {rows}"
        assert self._left() == [], "what an earlier run left is not taken in"

    def _objects(self) -> object:
        """Return all entries with their indexes, and all peerings without what changes while no one writes:
        states and heartbeats.
        """
        entries = [
            self.clusters.call(name, "GET", f"/v1/config/{kind}")
            for name in self.clusters.urls
            for kind in KINDS
        ]
        rows = [row for name in self.clusters.urls for row in self.clusters.call(name, "GET", "/v1/peerings")]
        return entries, [{key: row.get(key) for key in LASTING} for row in rows]

    def _left(self) -> list[str]:
        return [path.name for path in (self.lab.folder / ".reconciler").glob("*.journal")]

    def _unlock(self, ended: Ended) -> None:
        found = _ID.search(ended.text)
        assert found is not None, ended.text
        self.lab.run("force-unlock", "--force", found[1]).expect(0)
        self.unlocked += 1

    def _ended(self, process: Process) -> Ended:
        """Wait for a run. What was to happen to it and did not may not happen to the next one."""
        try:
            return self.lab.end(process)
        finally:
            if self._relay is not None:
                self._relay.disarm()

    def _started(self, blow: Blow) -> tuple[Process, Callable[[], bool]]:
        """Start an apply that will be struck; return what says whether it was."""
        return self._by_calls(blow) if self._relay is None else self._by_requests(self._relay, blow)

    def _by_requests(self, server: Relay, blow: Blow) -> tuple[Process, Callable[[], bool]]:
        pids: list[int] = []
        started, struck = threading.Event(), threading.Event()

        def strike() -> bool:
            assert started.wait(LIMIT)
            os.kill(pids[0], blow.signal)
            struck.set()
            return blow.signal != signal.SIGKILL

        server.arm(blow.number, strike, answered=blow.answered)
        process = self.lab.start_warm(*APPLY)
        pids.append(process.pid)
        started.set()
        return process, struck.is_set

    def _by_calls(self, blow: Blow) -> tuple[subprocess.Popen[str], Callable[[], bool]]:
        mark = self.lab.folder / "struck"
        mark.unlink(missing_ok=True)
        more = {
            "PYTHONPATH": str(Path(__file__).parent / "hook"),
            "STRIKE": f"{blow.number} {int(blow.signal)} {int(blow.answered)} {mark}",
        }
        process = replace(self.lab, environ=self.lab.environ | more).start(*APPLY)
        return process, mark.exists


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
