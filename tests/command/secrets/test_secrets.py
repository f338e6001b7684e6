"""Tokens: wherever they come from, they reach their cluster and nobody else, and are kept nowhere."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from reconciler.emulator import Request, Response
from tests.support.command.lab import CONFIGURATION, CommandLab
from tests.support.command.servers import Sandbox, answering, sandbox, server

TOKEN = "c4a4a7e5-1111-4222-8333-00000000feed"
OPEN = "a0b1c2d3-2222-4333-8444-0000000000aa"
NAMES = ("dc1", "dc2", "dc3")


@pytest.fixture
def guarded() -> Iterator[Sandbox]:
    with sandbox(*NAMES, acl=True, management_token=TOKEN) as running:
        yield running


@pytest.fixture
def exchanged(guarded: Sandbox) -> list[str]:
    """Every peering token that a cluster gave out, and the secrets inside."""
    seen: list[str] = []
    handle = guarded.world.handle

    def listening(name: str, request: Request) -> object:
        reply = handle(name, request)
        if request.path == "/v1/peering/token" and isinstance(reply, Response) and reply.status == 200:
            token = json.loads(reply.body)["PeeringToken"]
            seen.extend([token, json.loads(base64.b64decode(token))["EstablishmentSecret"]])
        return reply

    guarded.world.handle = listening  # type: ignore[method-assign,assignment]
    return seen


@pytest.fixture
def closed(tmp_path: Path, guarded: Sandbox) -> CommandLab:
    made = CommandLab(tmp_path / "work", guarded.urls)
    made.declare()
    return made


def by_environment(lab: CommandLab) -> None:
    lab.environ |= {"RECONCILER_TOKEN_DC1": TOKEN, "CONSUL_HTTP_TOKEN_DC2": TOKEN, "MINE": TOKEN}
    lab.write("credentials: {dc3: {token_env: MINE}}\n", "reconciler.yaml")


def by_file(lab: CommandLab) -> None:
    secret = lab.folder.parent / "token"
    secret.write_text(TOKEN + "\n")
    lines = "".join(f"  {name}: {{token_file: {secret}}}\n" for name in NAMES)
    lab.write(f"credentials:\n{lines}", "reconciler.yaml")


def by_command(lab: CommandLab) -> None:
    secret = lab.folder.parent / "token"
    secret.write_text(TOKEN + "\n")
    lines = "".join(f'  {name}: {{token_command: [cat, "{secret}"]}}\n' for name in NAMES)
    lab.write(f"credentials:\n{lines}", "reconciler.yaml")


def forms(secret: str) -> set[bytes]:
    """A secret as it is, in base64 at each of the three alignments, quoted, and escaped for JSON."""
    out = {secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    for lead in range(3):
        whole = base64.b64encode(b"\0" * lead + secret.encode())
        out.add(whole[4 if lead else 0 : -4])  # the ends depend on the characters beside
    return out


@pytest.mark.parametrize("give", [by_environment, by_file, by_command])
def test_no_secret_is_ever_shown_or_kept(
    closed: CommandLab, guarded: Sandbox, exchanged: list[str], give: object
) -> None:
    give(closed)  # type: ignore[operator]
    shown = []
    for argv in (
        ("validate", "-v"),
        ("plan", "-vv", "-out", "plan.json"),
        ("apply", "plan.json", "-vv"),
        ("drift", "-vv", "--json"),
        ("show", "--json", "-v"),
    ):
        ended = closed.run(*argv).expect(0)
        shown.append(ended.text.encode())
    assert len(exchanged) == 6, "three peerings, a token and a secret each"
    kept = [path for path in closed.folder.rglob("*") if path.is_file()]
    texts = shown + [path.read_bytes() for path in kept]
    for secret in (TOKEN, *exchanged):
        for form in forms(secret):
            assert not [text for text in texts if form in text], f"{form!r} is shown or kept"
    private = [path for path in kept if path.name == "plan.json" or "state" in path.parts]
    assert private
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in private} == {0}


def test_a_server_that_repeats_the_token_is_not_repeated(closed: CommandLab) -> None:
    by_environment(closed)
    said = f"bad token {TOKEN} {base64.b64encode(TOKEN.encode()).decode()}".encode()
    with server(answering(403, said, Content_Type="text/plain")) as echo:
        closed.declare(dc1=echo.url)
        shown = closed.run("plan", "-vv").expect(0, "sensitive").text
    assert not [form for form in forms(TOKEN) if form in shown.encode()]


@pytest.mark.parametrize("give", [by_environment, by_command])
def test_a_moved_address_gets_no_token_and_no_request(closed: CommandLab, give: object) -> None:
    give(closed)  # type: ignore[operator]
    closed.arrange()
    before = closed.files()
    with server(answering(200, b"{}", Content_Type="application/json")) as sink:
        closed.declare(dc1=sink.url)
        for argv in (("plan", "-vv"), ("apply", "--auto-approve"), ("destroy", "--auto-approve")):
            closed.run(*argv).expect(4, "dc1", "bound to", sink.url, "credentials.dc1.address")
        assert sink.seen == []
    assert closed.files() == before


RENAMED = ("Dc1", "DC1", "dc_1")


@pytest.mark.parametrize("name", RENAMED)
def test_another_name_for_the_same_variable_does_not_move_the_token(closed: CommandLab, name: str) -> None:
    """`dc_1` and `dc-1` share a variable: declaring the one must not carry off the other's token."""
    known, variable = ("dc1", "DC1") if name.lower() == "dc1" else ("dc-1", "DC_1")
    closed.urls = {known: closed.urls["dc1"], "dc2": closed.urls["dc2"]}
    closed.environ = {f"RECONCILER_TOKEN_{variable}": TOKEN, "RECONCILER_TOKEN_DC2": TOKEN}
    closed.declare(f"peerings: [{{between: [{known}, dc2]}}]\n")
    closed.run("apply", "--auto-approve").expect(0)
    with server(answering(200, b"{}", Content_Type="application/json")) as sink:
        for others in ({known: closed.urls[known], name: sink.url}, {name: sink.url}):
            closed.urls = {**others, "dc2": closed.urls["dc2"]}
            closed.declare(f"peerings: [{{between: [{name}, dc2]}}]\n")
            closed.run("plan")
        assert not [headers for headers in sink.headers if TOKEN in headers.values()]


def test_a_token_is_not_sent_in_clear_text_to_another_machine(bare: CommandLab) -> None:
    bare.urls = {"dc1": "http://192.0.2.1:8500", "dc2": "http://192.0.2.2:8500"}
    bare.declare("peerings: [{between: [dc1, dc2]}]\n")
    bare.environ = {"RECONCILER_TOKEN_DC1": TOKEN}
    bare.run("plan").expect(4, "clear text", "https")


CREDENTIALS = {
    "no such file": ("{token_file: nowhere}", "nowhere"),
    "an empty file": ("{token_file: empty}", "empty"),
    "a binary file": ("{token_file: binary}", "not a text file"),
    "a file of lines": ("{token_file: lines}", "dc1"),
    "no such command": ("{token_command: [nowhere-to-be-found]}", "nowhere-to-be-found"),
    "a command that fails": ("{token_command: [sh, -c, 'echo " + OPEN + "; exit 3']}", "exit 3"),
    "a command that says nothing": ("{token_command: ['true']}", "gave none"),
    "an unset variable": ("{token_env: NOT_SET_HERE}", "NOT_SET_HERE"),
    "no such CA": ("{ca_file: nowhere.pem}", "nowhere.pem"),
    "two sources": ("{token_env: A, token_file: b}", "2 sources"),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_credentials_that_cannot_be_had(lab: CommandLab, clusters: Sandbox, case: str) -> None:
    entry, word = CREDENTIALS[case]
    lab.write(f"credentials:\n  dc1: {entry}\n", "reconciler.yaml")
    lab.write("", "empty")
    lab.write(b"\xff\xfe\x00", "binary")
    lab.write(f"{OPEN}\n{OPEN}\n", "lines")
    ended = lab.run("apply", "--auto-approve")
    assert ended.code in (1, 3, 4)
    ended.expect(ended.code, "dc1", word)
    assert OPEN not in ended.text
    assert not [line for line in clusters.writes if "dc1" in line]


def test_a_secret_in_the_configuration_is_refused_without_being_shown(bare: CommandLab) -> None:
    for line in (f"dc1: {{address: 'https://x', token: {OPEN}}}", f"dc1: {{address: 'https://u:{OPEN}@x'}}"):
        bare.write(f"clusters:\n  {line}\n" + CONFIGURATION)
        assert OPEN not in bare.run("validate").expect(1, "main.yaml:2:").text.replace(
            f"    2 |   {line}", "      2 | the user's own line"
        )
