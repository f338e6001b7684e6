"""What a run leaves on its machine when the state's server goes away, and what a state leaves behind that
moves: neither has a credential, a peering's token or a sensitive value."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.model.state_place import ConsulPlace, HttpPlace, LocalPlace, StatePlace
from reconciler.statestore.factory import connector
from reconciler.statestore.shared.packing import unpacked
from reconciler.statestore.text.fields import Unreadable
from tests.backends.commands.ground import behind, port_of
from tests.backends.commands.relay import Relay as Wire
from tests.backends.commands.relay import relay as wire
from tests.backends.everywhere import fresh, params, started
from tests.backends.http.server import Answer, Request, StateServer, basic, serving
from tests.support.command.hostile import Relay, relay
from tests.support.command.lab import CommandLab
from tests.support.command.servers import sandbox
from tests.support.sweep import leaks

TOKEN = "c4a4a7e5-17d1-4222-8333-0b1d2f3a5eed"
STATE_TOKEN = "5eed0b1d-0f00-4eef-9d1e-3a5e17d1c4a4"
PASSWORD = "canary-pa55w0rd-of-the-state"
VALUE = "canary-sensitive-value-9e21"
CONFIGURATION = """
variables: {secret: {sensitive: true, default: VALUE}}
peerings: [{between: [dc2, dc1], meta: {note: "${var.secret}"}}]
service_defaults: {dc1: {api: {protocol: http, meta: {secret: "${var.secret}"}}, cart: {protocol: http}}}
exports: {dc1: {api: [dc2]}}
"""
LOUD = ("-vv", "--log-format", "json")
APPLY = ("apply", "--auto-approve", *LOUD)
PUBLIC = ("AWS_ACCESS_KEY_ID", "PGHOST", "PGPORT", "PGDATABASE", "PGUSER")


@dataclass
class Leaving(StateServer):
    """Refuses writes while it is `away`, and repeats what it was sent."""

    away: Callable[[], bool] = lambda: False

    def post(self, request: Request) -> Answer:
        if not self.away():
            return super().post(request)
        return 403, "".join(f"{name}: {value}\n" for name, value in request.headers.items()).encode()


class Ground:
    """A folder with a configuration of two clusters, the one that dials behind a relay that learns what it is
    sent. `shown` is what runs wrote to both streams.
    """

    def __init__(self, lab: CommandLab, relay: Relay, capsys: pytest.CaptureFixture[str]) -> None:
        self.lab, self.relay, self.capsys = lab, relay, capsys
        self.shown: dict[str, bytes] = {}

    def run(self, *argv: str) -> str:
        run(argv)
        out, err = self.capsys.readouterr()
        self.shown[f"{len(self.shown)}: {' '.join(argv)}"] = (out + err).encode()
        assert "Traceback" not in out + err
        return out + err

    def lives_in(self, place: StatePlace) -> None:
        self.lab.write(json.dumps({"state": section(place)}), "reconciler.yaml")

    def left(self) -> list[Path]:
        return sorted((self.lab.folder / ".reconciler").glob("*.journal"))

    @contextmanager
    def elsewhere(self, name: str) -> Iterator[None]:
        """Run in another checkout of the same configuration."""
        other = self.lab.folder.parent / name
        other.mkdir()
        for file in ("main.yaml", "reconciler.yaml"):
            shutil.copy(self.lab.folder / file, other)
        os.chdir(other)
        try:
            yield
        finally:
            os.chdir(self.lab.folder)

    def token_sent(self) -> Callable[[], bool]:
        """Return what says whether a peering's token was sent since."""
        before = len(self.relay.secrets)
        return lambda: len(self.relay.secrets) > max(before, 1)

    def sweep(self, *credentials: str, **documents: bytes) -> None:
        """Nothing that was shown or kept has a canary, but the configuration, which declares the values."""
        files = {
            str(path): path.read_bytes()
            for path in self.lab.folder.parent.rglob("*")
            if path.is_file() and path.name != "main.yaml"
        }
        tokens = [one for one in self.relay.secrets if one != TOKEN]
        assert len(tokens) >= 2, "the relay was sent no peering's token"
        canaries = (TOKEN, VALUE, *tokens, *credentials)
        assert leaks(canaries, {**self.shown, **files, **documents}) == []


def section(place: StatePlace) -> dict[str, object]:
    values = {key: value for key, value in asdict(place).items() if value not in (None, False)}
    return {"backend": place.backend, **values}


def words(place: StatePlace) -> str:
    return ",".join(f"{key}={value}" for key, value in section(place).items())


def documents(place: StatePlace) -> dict[str, bytes]:
    """Return all documents of a shared state, as its server keeps them and unpacked."""
    kept = asyncio.run(_documents(place))
    assert "head" in kept
    return {**kept, **{f"{key}, unpacked": _content(data) for key, data in kept.items()}}


async def _documents(place: StatePlace) -> dict[str, bytes]:
    backend = connector(place, root=Path(), environ=os.environ)()
    try:
        keys = [await backend.keys(prefix) for prefix in ("generations/", "journal/", "audit/")]
        found = {key: await backend.get(key) for key in ["head", *(key for some in keys for key in some)]}
        return {key: document.data for key, document in found.items() if document is not None}
    finally:
        await backend.close()


def _content(data: bytes) -> bytes:
    try:
        return unpacked(data)
    except Unreadable:  # a later part of what is long
        return data


@pytest.fixture
def ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Ground]:
    for name in [name for name in os.environ if name.startswith(("RECONCILER_", "CONSUL_", "CI"))]:
        monkeypatch.delenv(name)
    for name in ("DC1", "DC2"):
        monkeypatch.setenv(f"RECONCILER_TOKEN_{name}", TOKEN)
    with (
        sandbox("dc1", "dc2", acl=True, management_token=TOKEN) as running,
        relay(running.urls["dc1"]) as made,
    ):
        (tmp_path / "checkouts" / "mine").mkdir(parents=True)
        lab = CommandLab(tmp_path / "checkouts" / "mine", {"dc1": made.url, "dc2": running.urls["dc2"]})
        lab.declare(CONFIGURATION.replace("VALUE", VALUE))
        monkeypatch.chdir(lab.folder)
        yield Ground(lab, made, capsys)


def test_what_a_run_left_and_what_takes_it_in(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the next run here; and after another checkout wrote, by `state recover`."""
    monkeypatch.setenv("RECONCILER_HTTP_PASSWORD", PASSWORD)
    with serving(Leaving(password=PASSWORD)) as states:
        place = HttpPlace(states.address, username="team")
        ground.lives_in(place)
        for overtaken in (False, True):
            states.away = ground.token_sent()
            assert "is in .reconciler/" in ground.run(*APPLY)
            (left,) = ground.left()
            assert b"$sensitive" in left.read_bytes()
            states.away = lambda: False
            assert "an earlier run here did what the state does not have" in ground.run("plan", "--json")
            ground.sweep(PASSWORD, basic("team", PASSWORD), **documents(place))
            if overtaken:
                with ground.elsewhere("theirs"):
                    assert "Apply complete" in ground.run(*APPLY)
                assert "another run wrote to the state since" in ground.run(*APPLY)
                assert "Recorded what was left" in ground.run("state", "recover", *LOUD)
            assert "complete" in ground.run(*APPLY)
            assert ground.left() == []
            assert "Destroy complete" in ground.run("destroy", "--auto-approve", *LOUD)
        for argv in (("state", "history", "--json"), ("audit", "list", "--json"), ("state", "pull")):
            ground.run(*argv)
        ground.sweep(PASSWORD, basic("team", PASSWORD), **documents(place))


def test_what_a_state_leaves_behind_that_moves(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a directory to Consul, to an HTTP server, and back: documents, tombstones and words of each."""
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", STATE_TOKEN)
    monkeypatch.setenv("RECONCILER_HTTP_PASSWORD", PASSWORD)
    credentials = (STATE_TOKEN, PASSWORD, basic("team", PASSWORD))
    with (
        serving(StateServer(password=PASSWORD)) as states,
        sandbox("kv", acl=True, management_token=STATE_TOKEN) as other,
    ):
        places = (ConsulPlace("team", other.urls["kv"]), HttpPlace(states.address, username="team"))
        assert "Apply complete" in ground.run(*APPLY)
        for target in (*places, LocalPlace()):
            assert "Moved the state from" in ground.run("state", "migrate", "--to", words(target), *LOUD)
            assert "the state was moved from" in ground.run("plan", "--json", *LOUD)
            ground.lives_in(target)
            assert "No changes." in ground.run("plan", *LOUD)
            ground.run("state", "verify", *LOUD)
        ground.sweep(*credentials)
        for place in places:
            found = documents(place)
            assert b'"moved_to":""' not in found["head, unpacked"]
            ground.sweep(*credentials, **found)


@pytest.mark.long
@pytest.mark.parametrize("where", params("local", "consul (sandbox)", "s3 (moto)", "http"))
def test_on_real_servers(ground: Ground, where: str, tmp_path: Path) -> None:
    """An apply that loses its server leaves a file, which is recovered; then the state moves there."""
    with started(where, tmp_path / "server") as (place, environ), wire(port_of(place, environ)) as between:
        through, more = behind(place, environ, between.port)
        os.environ.update(more)
        ground.lives_in(through)
        cut_once_a_token_was_sent(ground, between)
        assert "is in .reconciler/" in ground.run(*APPLY)
        assert b"$sensitive" in ground.left()[0].read_bytes()
        between.mend()
        ground.relay.put = None
        assert "an earlier run here did" in ground.run("plan", *LOUD)
        assert "Recorded what was left" in ground.run("state", "recover", "--lock-timeout", "110s", *LOUD)
        assert "complete" in ground.run(*APPLY)
        target = fresh(through)
        assert "Moved the state from" in ground.run("state", "migrate", "--to", words(target), *LOUD)
        assert "the state was moved from" in ground.run("plan", *LOUD)
        secrets = [value for name, value in environ.items() if name not in PUBLIC]
        for kept in (through, target):
            ground.sweep(*secrets, **documents(kept))


def cut_once_a_token_was_sent(ground: Ground, between: Wire) -> None:
    """Take the state's server away before the cluster that was sent a peering's token answers."""
    sent = ground.token_sent()

    def gone(method: str, path: str) -> bool:
        if sent():
            between.cut()
        return False

    ground.relay.put, ground.relay.wants = (lambda answer, secret: None), gone


CREDENTIAL = "s3cr3t-of-the-place"


@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://ci:{CREDENTIAL}@db.example.com/states",
        f"postgresql://ci:{CREDENTIAL}@db.example.com/states?sslmode=require",
        f"https://states.example.com/team?sig={CREDENTIAL}",
        f"backend=http,address=https://ci:{CREDENTIAL}@states.example.com/team",
        f"backend=http,addres=https://ci:{CREDENTIAL}@states.example.com/team",
        f"backend=http,address=https://states.example.com/team?token={CREDENTIAL}",
        f"backend=http,address=https://states.example.com/team,password={CREDENTIAL}",
        f"backend=consul,path=team,token={CREDENTIAL}",
        f"backend=postgres,schema=team,dsn=postgresql://ci:{CREDENTIAL}@db/states",
        f"backend=postgres,schema=team,dsn_env=postgresql://ci:{CREDENTIAL}@db/states",
        f"backend=azure,account=a,container=c,prefix=p,endpoint=https://h/a?sv=1&sig={CREDENTIAL}",
    ],
)
def test_a_place_with_a_credential_is_refused_and_not_repeated(ground: Ground, place: str) -> None:
    """Nor is the address of a server taken for the name of a directory."""
    assert "Apply complete" in ground.run("apply", "--auto-approve")
    before = ground.lab.files()
    for option in ("--to", "--from"):
        assert "Error: " in ground.run("state", "migrate", option, place, *LOUD)
    assert ground.lab.files() == before
    ground.sweep(CREDENTIAL)
    assert sorted(path.name for path in ground.lab.folder.iterdir()) == ["main.yaml", "state"]
