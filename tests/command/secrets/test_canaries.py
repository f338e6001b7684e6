"""A server that repeats a token, wherever in its answers: no output and no file ever shows it.

Every command runs in this process against a relay that puts what it was sent at one place of each answer.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from reconciler.cli.main import run
from reconciler.sdk.errors import Ambiguous, Refused
from reconciler.sdk.provider import Report
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.peering.link import Link
from reconciler_consul.peering.steps import Peerings
from tests.support.command.hostile import OF_WRITES, PLACES, Relay, relay
from tests.support.command.lab import CommandLab
from tests.support.command.servers import sandbox

pytestmark = pytest.mark.long

TOKEN = "c4a4a7e5-17d1-4222-8333-0b1d2f3a5eed"
PART = 12  # characters in a row that tell too much

CONFIGURATION = """
peerings: [{between: [dc2, dc1]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""
LOOKS = (  # one of them for each place, in turn
    ("plan", "-vv", "-out", "plan.json"),
    ("plan", "--json", "-vv", "--log-format", "json", "-out", "plan.json"),
)
TURNS = (  # one of them for each place, in turn
    ("apply", "--auto-approve", "-v"),
    ("drift", "-vv"),
    ("rotate", "peering.dc2/dc1", "--auto-approve", "-v"),
    ("output", "-v"),
    ("destroy", "--auto-approve", "--target", "exported_services.*"),
    ("drift", "--json"),
    ("output", "--json"),
    ("apply", "--auto-approve", "--json"),
)
KEPT = (("show", "--json"),)
WRITES = (
    ("apply", "--auto-approve", "-vv"),
    ("rotate", "peering.dc2/dc1", "--auto-approve", "-vv"),
    ("destroy", "--auto-approve", "-vv"),
)


def forms(secret: str) -> set[str]:
    """Every part of a secret that tells too much, and of how it may be spelled, in lower case."""
    data = secret.encode()
    spelled = [secret, secret[::-1], quote(secret, safe=""), json.dumps(secret), data.hex()]
    spelled += ["".join(form.format(byte) for byte in data) for form in ("%{:02x}", "\\u{:04x}", "\\x{:02x}")]
    spelled += [base64.b64encode(b"\0" * lead + data)[4:-4].decode() for lead in range(3)]
    width, stride = (PART, 1) if len(secret) < 100 else (48, 16)
    low = [text.lower() for text in spelled]
    return {text[at : at + width] for text in low for at in range(0, len(text) - width + 1, stride)}


class Stand:
    """A folder, three clusters of which the first is hostile, and the command in this process."""

    def __init__(self, folder: Path, hostile: Relay, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.hostile, self.capsys = folder, hostile, capsys
        self.seen: list[str] = []

    def run(self, *argv: str) -> str:
        run(argv)
        out, err = self.capsys.readouterr()
        self.seen.append(out + err)
        return out + err

    def sweep(self) -> None:
        """Nothing that was shown or kept has a part of what the relay was sent."""
        kept = [path.read_text(errors="replace") for path in self.folder.rglob("*") if path.is_file()]
        text = "\n".join((*self.seen, *kept)).lower()
        for part in {part for secret in self.hostile.secrets for part in forms(secret)}:
            at = text.find(part)
            assert at < 0, f"{part!r} is in: {text[max(at - 300, 0) : at + 100]}"


@pytest.fixture(autouse=True)
def _as_here_and_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("RECONCILER_", "CONSUL_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("reconciler.sdk.http.retry.RetryPolicy.pause", lambda *_: 0.0)
    twice = property(lambda _: {Refused: 2, Ambiguous: 2})
    monkeypatch.setattr("reconciler.sdk.http.retry.RetryPolicy.attempts", twice)
    monkeypatch.setattr("reconciler.sdk.http.circuit.DOWN_FOR", 0.0)
    monkeypatch.setattr(Peerings, "_link", _link)
    for name in ("DC1", "DC2"):
        monkeypatch.setenv(f"RECONCILER_TOKEN_{name}", TOKEN)


def _link(peerings: Peerings, spec: PeeringSpec, report: Report) -> Link:
    """Give up at once on a link that does not come up."""
    return Link(peerings.apis, peerings.watches, 0.0, spec, report)


@contextmanager
def ground(folder: Path) -> Iterator[tuple[Path, Relay]]:
    with (
        sandbox("dc1", "dc2", acl=True, management_token=TOKEN) as running,
        relay(running.urls["dc1"]) as made,
    ):
        lab = CommandLab(folder, {"dc1": made.url, "dc2": running.urls["dc2"]})
        lab.declare(CONFIGURATION)
        yield folder, made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Relay]]:
    with ground(tmp_path_factory.mktemp("canaries") / "work") as made:
        yield made


@pytest.fixture
def applied(
    shared: tuple[Path, Relay], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Stand:
    """All is applied, and the relay changed nothing yet."""
    folder, hostile = shared
    hostile.put, hostile.changed = None, 0
    monkeypatch.chdir(folder)
    made = Stand(folder, hostile, capsys)
    if "No changes." not in made.run("plan"):
        assert "complete" in made.run("apply", "--auto-approve")
    made.seen.clear()
    return made


@pytest.fixture
def stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Stand]:
    """Nothing is applied."""
    with ground(tmp_path / "work") as (folder, hostile):
        monkeypatch.chdir(folder)
        yield Stand(folder, hostile, capsys)


@pytest.mark.parametrize("place", PLACES)
def test_a_token_that_a_server_repeats_in_its_answers_to_reads(applied: Stand, place: str) -> None:
    applied.hostile.put, applied.hostile.pick = PLACES[place], lambda secrets: TOKEN
    turn = list(PLACES).index(place)
    look = LOOKS[turn // len(TURNS) % len(LOOKS)]  # in time every turn meets both
    for argv in (look, TURNS[turn % len(TURNS)], *KEPT):
        applied.run(*argv)
    assert applied.hostile.changed
    applied.sweep()


@pytest.mark.parametrize("place", OF_WRITES)
def test_a_token_that_a_server_repeats_in_its_answers_to_writes(stand: Stand, place: str) -> None:
    """It dials: so it is sent a peering token too, and the secret in it."""
    whole = list(OF_WRITES).index(place) % 2
    stand.hostile.put = PLACES[place]
    stand.hostile.pick = lambda secrets: secrets[-2 if whole else -1] if len(secrets) > 1 else secrets[0]
    stand.hostile.wants = lambda method, path: method != "GET"
    for argv in WRITES:
        stand.run(*argv)
    assert len(stand.hostile.secrets) > 2
    assert stand.hostile.changed
    stand.sweep()
