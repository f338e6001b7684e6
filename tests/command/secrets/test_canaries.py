"""A server that repeats a token, wherever in its answers: no output and no file ever shows it.

Every command runs in this process against a relay that puts what it was sent at one place of each answer.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from reconciler.cli.main import run
from reconciler.sdk.errors import Ambiguous, Refused
from tests.support.command.hostile import PLACES, Relay, relay
from tests.support.command.lab import CommandLab
from tests.support.command.servers import sandbox

TOKEN = "c4a4a7e5-17d1-4222-8333-0b1d2f3a5eed"
PART = 12  # characters in a row that tell too much

ESTATE = """
peerings: [{between: [dc2, dc1]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""
LOOKS = (
    ("plan", "-vv", "-out", "plan.json"),
    ("plan", "--json", "-vv", "--log-format", "json"),
)
TURNS = (  # two of them for each place, in turn
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


def _once(error: object, made: int) -> bool:
    return made < 2 and isinstance(error, Refused | Ambiguous)


@pytest.fixture
def stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Stand]:
    for name in [name for name in os.environ if name.startswith(("RECONCILER_", "CONSUL_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("reconciler.sdk.http.retry.Policy.pause", lambda *_: 0.0)
    monkeypatch.setattr("reconciler.sdk.http.retry.Policy.allows", lambda _, error, made: _once(error, made))
    monkeypatch.setattr("reconciler.sdk.http.circuit.DOWN_FOR", 0.0)
    for name in ("DC1", "DC2"):
        monkeypatch.setenv(f"RECONCILER_TOKEN_{name}", TOKEN)
    with (
        sandbox("dc1", "dc2", acl=True, management_token=TOKEN) as running,
        relay(running.urls["dc1"]) as made,
    ):
        lab = CommandLab(tmp_path / "work", {"dc1": made.url, "dc2": running.urls["dc2"]})
        lab.declare(ESTATE)
        monkeypatch.chdir(lab.folder)
        yield Stand(lab.folder, made, capsys)


@pytest.mark.parametrize("place", PLACES)
def test_a_token_that_a_server_repeats_in_its_answers_to_reads(stand: Stand, place: str) -> None:
    assert "complete" in stand.run("apply", "--auto-approve")
    stand.hostile.put, stand.hostile.pick = PLACES[place], lambda secrets: TOKEN
    turn = list(PLACES).index(place)
    for argv in (*LOOKS, *((TURNS * 2)[turn % len(TURNS) :])[:2], *KEPT):
        stand.run(*argv)
    assert stand.hostile.changed
    stand.sweep()


@pytest.mark.parametrize("place", PLACES)
def test_a_token_that_a_server_repeats_in_its_answers_to_writes(stand: Stand, place: str) -> None:
    """It dials: so it is sent a peering token too, and the secret in it."""
    whole = list(PLACES).index(place) % 2
    stand.hostile.put = PLACES[place]
    stand.hostile.pick = lambda secrets: secrets[-2 if whole else -1] if len(secrets) > 1 else secrets[0]
    stand.hostile.wants = lambda method, path: method != "GET"
    for argv in WRITES:
        stand.run(*argv)
    assert len(stand.hostile.secrets) > 2
    stand.sweep()
