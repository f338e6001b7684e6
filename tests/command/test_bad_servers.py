"""Servers that are away, refuse, lie, or are no Consul: told by cluster and address, and nothing is lost."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Iterator

import pytest

from tests.support.command.lab import CONFIGURATION, RESOURCES, CommandLab
from tests.support.command.servers import Reply, Sandbox, answering, raw, sandbox, server

TOKEN = "5d1f4c9a-0000-4000-8000-00000badcafe"


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nothing listens: bound, so that nobody else takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def shown(url: str) -> str:
    return url.removeprefix("http://")


def test_an_unreachable_cluster_is_named_and_the_others_are_planned(lab: CommandLab, nobody: str) -> None:
    lab.declare(dc3=nobody)
    ended = lab.run("plan", "--json").expect(0)
    plan = ended.value()
    assert shown(nobody) in plan["clusters"]["dc3"]["problem"]
    changes = {c["address"]: c["change"]["actions"] for c in plan["resource_changes"]}
    assert changes["peering.dc1/dc2"] == ["create"]
    deferred = {item["resource_change"]["address"]: item["because"] for item in plan["deferred_changes"]}
    assert "dc3" in deferred["peering.dc1/dc3"]
    assert changes.keys().isdisjoint(deferred)
    assert not plan["complete"]
    lab.run("plan").expect(0, "dc3", shown(nobody), "refused")


def test_the_rest_is_applied_without_an_unreachable_cluster(
    lab: CommandLab, clusters: Sandbox, nobody: str
) -> None:
    lab.declare(dc3=nobody)
    lab.run("apply", "--auto-approve").expect(3, "dc3", shown(nobody))
    assert "peering.dc1/dc2" in lab.recorded()
    assert not [line for line in clusters.writes if "dc3" in line]
    lab.declare()
    lab.apply()
    clusters.clear()
    lab.apply()
    assert clusters.writes == []


@pytest.mark.long
def test_a_cluster_that_is_away_loses_nothing_of_what_is_recorded(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    before = lab.files()
    clusters.call("dc3", "POST", "/sandbox/down")
    clusters.clear()
    lab.run("apply", "--auto-approve").expect(1, "dc3", shown(clusters.urls["dc3"]))
    lab.run("drift").expect(1, "dc3")
    assert lab.files() == before
    assert clusters.writes == []


@pytest.fixture
def guarded() -> Iterator[Sandbox]:
    with sandbox("dc1", "dc2", "dc3", acl=True, management_token=TOKEN) as running:
        yield running


@pytest.mark.parametrize("token", ["", "6e7f0000-1111-4222-8333-444455556666"], ids=["none", "a wrong one"])
def test_a_token_that_will_not_do(lab: CommandLab, guarded: Sandbox, token: str) -> None:
    lab.urls = guarded.urls
    lab.declare()
    lab.environ = {f"RECONCILER_TOKEN_{name}": token for name in ("DC1", "DC2", "DC3") if token}
    ended = lab.run("plan").expect(1, "dc1", "dc2", "dc3", "token")
    assert "will be created" not in ended.out, "what cannot be read is not absent"
    lab.run("apply", "--auto-approve").expect(1)
    assert guarded.writes == []
    assert not token or token not in ended.text


def test_one_cluster_without_a_token_stops_only_what_needs_it(lab: CommandLab, guarded: Sandbox) -> None:
    lab.urls = guarded.urls
    lab.declare()
    lab.environ = {f"RECONCILER_TOKEN_{name}": TOKEN for name in ("DC1", "DC2")}
    lab.run("apply", "--auto-approve").expect(3, "dc3", "RECONCILER_TOKEN_DC3")
    assert not [line for line in guarded.writes if "dc3" in line]
    assert "peering.dc1/dc2" in lab.recorded()


HTML = b"<html><body>Sign in to <b>Corporate Proxy</b></body></html>"
JSON = {"Content_Type": "application/json"}
STRANGERS: dict[str, tuple[Reply, str]] = {
    "a login page": (answering(200, HTML, Content_Type="text/html"), "not JSON"),
    "a proxy's error page": (answering(502, HTML, Content_Type="text/html"), "502"),
    "half an answer": (answering(200, b'[{"Name": "dc', Content_Length="500", **JSON), "broke"),
    "broken JSON": (answering(200, b'{"Config": ' + b"[" * 100_000, **JSON), "broken JSON"),
    "JSON of another kind": (answering(200, b'"hello"', **JSON), "without"),
    "an empty object": (answering(200, b"{}", **JSON), "without"),
    "a list of numbers": (answering(200, b"[1]", **JSON), "without"),
    "a server of something else": (answering(404, b"404 page not found", Content_Type="text/plain"), "404"),
    "escape sequences": (answering(400, b"\x1b[2J\x1b]0;owned\x07 no", Content_Type="text/plain"), "\\x1b"),
    "bytes that are no HTTP": (raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "broke"),
    "a gRPC port": (
        raw(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00"),
        "the port of its HTTP API",
    ),
    "a closed connection": (raw(b""), "broke"),
}


@pytest.mark.long
@pytest.mark.parametrize("case", STRANGERS)
def test_a_server_that_is_no_consul(lab: CommandLab, clusters: Sandbox, case: str) -> None:
    reply, word = STRANGERS[case]
    with server(reply) as stranger:
        lab.declare(dc3=stranger.url)
        ended = lab.run("plan").expect(0, "dc3", word)
        assert shown(stranger.url) in ended.text
        assert "peering.dc1/dc2 will be created" in ended.out
        assert "peering.dc1/dc3 will be" not in ended.out
        assert "\x1b" not in ended.text
        assert {method for method, _ in stranger.seen} <= {"GET"}


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_never_followed(lab: CommandLab, status: int) -> None:
    with server(answering(200, b"{}", Content_Type="application/json")) as sink:
        moved = answering(status, b"", Location=sink.url + "/v1/agent/self", Content_Type="text/plain")
        with server(moved) as stranger:
            lab.environ = {"RECONCILER_TOKEN_DC3": TOKEN}
            lab.declare(dc3=stranger.url)
            lab.run("plan").expect(0, "redirects", shown(sink.url), "dc3")
        assert sink.seen == []


def test_a_proxy_of_the_environment_gets_nothing(lab: CommandLab) -> None:
    with server(answering(200, b"{}", Content_Type="application/json")) as proxy:
        lab.environ = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), proxy.url)
        lab.run("plan").expect(0, "7 to add")
        assert proxy.seen == []


def test_a_cluster_replaced_by_another_is_refused(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    before = lab.files()
    with sandbox("dc1", "dc2", "dc3") as others:
        lab.declare(**others.urls)
        for command in (("plan",), ("apply", "--auto-approve"), ("destroy", "--auto-approve")):
            lab.run(*command).expect(4, "is not the dc", shown(others.urls["dc1"]))
        assert others.writes == []
    assert lab.files() == before


def test_the_printed_command_to_forget_a_rebuilt_cluster_works(lab: CommandLab) -> None:
    lab.arrange()
    with sandbox("dc1", "dc2", "dc3") as others:
        lab.declare(**others.urls)
        for _ in range(3):
            ended = lab.run("plan")
            if ended.code == 0:
                break
            command = ended.expect(4).err.partition("forget what was on it: reconciler ")[2].splitlines()[0]
            lab.run(*shlex.split(command), "--auto-approve").expect(0, "nothing was destroyed")
        ended.expect(0, f"Plan: {RESOURCES} to add, 0 to change, 0 to destroy.")


def test_two_clusters_at_one_address(lab: CommandLab, clusters: Sandbox) -> None:
    lab.declare(CONFIGURATION, dc3=clusters.urls["dc2"])
    ended = lab.run("plan")
    assert "Traceback" not in ended.text
    assert ended.code in (1, 4), f"dc2 and dc3 are one server:\n{ended.text}"
