"""What Consul refuses, what is no Consul, and where its token comes from and goes to."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import ConsulPlace
from reconciler.statestore.backends.consul.access import find
from reconciler.statestore.backends.consul.backend import ConsulBackend
from reconciler.statestore.shared.ports import Unreached, Unsure
from tests.backends.consul.conftest import Place, Server
from tests.backends.suite import run_info
from tests.support.command.servers import server as http_server

CANARY = "0d5a2b7e-canary-4a1e-9c55-5ec2e7000001"


def token_with(place: Place, rules: str) -> str:
    """Return a token that has these rules alone."""
    name = f"p-{uuid.uuid4()}"
    policy = place.call("PUT", "/v1/acl/policy", {"Name": name, "Rules": rules})
    made = place.call("PUT", "/v1/acl/token", {"Policies": [{"ID": policy["ID"]}]})
    return str(made["SecretID"])


async def test_the_policy_that_is_named_suffices(guarded_place: Place) -> None:
    rules = (
        f'key_prefix "{guarded_place.path}/" {{ policy = "write" }} session_prefix "" {{ policy = "write" }}'
    )
    one = guarded_place.connect(token=token_with(guarded_place, rules))
    two = guarded_place.connect(token=token_with(guarded_place, rules))
    await one.lock(run_info(1))
    version = await one.create("head", b"one")
    await one.renew()
    await one.replace("head", b"two", version)
    assert await two.keys("") == ("head",)
    assert await two.lock(run_info(2)) == run_info(1)
    assert await two.break_lock("run-0001")
    await one.unlock()
    await two.lock(run_info(2))
    await two.delete("head")
    await two.unlock()
    assert guarded_place.sessions == []


@pytest.mark.parametrize("what", ["no token", "an unknown token", "a token without rules"])
async def test_what_a_token_may_not_do_is_said_with_the_policy_that_it_needs(
    guarded_place: Place, what: str
) -> None:
    await guarded_place.connect().create("generations/000001-a/0", b"x")
    tokens = {"no token": "", "an unknown token": CANARY}
    token = tokens[what] if what in tokens else token_with(guarded_place, "")
    one = guarded_place.connect(token=token)
    calls: list[Callable[[], Any]] = [
        lambda: one.get("head"),
        lambda: one.create("head", b"x"),
        lambda: one.lock(run_info(1)),
    ]
    calls += [lambda: one.keys("generations/")] if token else []  # who sends none is not told
    for call in calls:
        with pytest.raises(Failure) as caught:
            await call()
        failure = caught.value
        assert failure.cause in (Cause.STATE_UNREADABLE, Cause.STATE_UNWRITABLE)
        assert f"consul://127.0.0.1:{guarded_place.server.port}/{guarded_place.path}" in failure.summary
        assert f'key_prefix "{guarded_place.path}/" {{ policy = "write" }}' in failure.hint
        assert 'session_prefix "" { policy = "write" }' in failure.hint
        assert ("set CONSUL_HTTP_TOKEN" in failure.hint) == (what == "no token")
        assert not token or token not in f"{failure.summary}{failure.detail}{failure.hint}"


async def test_a_token_without_sessions_reads_and_cannot_lock(guarded_place: Place) -> None:
    rules = f'key_prefix "{guarded_place.path}/" {{ policy = "write" }}'
    one = guarded_place.connect(token=token_with(guarded_place, rules))
    assert await one.get("head") is None
    with pytest.raises(Failure) as caught:
        await one.lock(run_info(1))
    assert caught.value.cause is Cause.STATE_UNWRITABLE
    assert "session" in caught.value.detail


async def test_a_token_that_may_only_read_reads(guarded_place: Place) -> None:
    owner = guarded_place.connect()
    await owner.create("head", b"one")
    rules = f'key_prefix "{guarded_place.path}/" {{ policy = "read" }}'
    one = guarded_place.connect(token=token_with(guarded_place, rules))
    found = await one.get("head")
    assert found is not None
    assert await one.keys("") == ("head",)
    for call in (one.create("a", b"x"), one.replace("head", b"x", found.version), one.delete("head")):
        with pytest.raises(Failure) as caught:
            await call
        assert caught.value.cause is Cause.STATE_UNWRITABLE


async def test_no_leader_is_unsure(place: Place) -> None:
    sandbox = place.server.sandbox
    if sandbox is None:
        pytest.skip("only the sandbox loses its leader to order")
    sandbox.fault("dc1", "answer", status=500, body="No cluster leader", times=99)
    one = place.connect()
    try:
        for call in (one.get("head"), one.create("head", b"x"), one.lock(run_info(1))):
            with pytest.raises(Unsure, match="No cluster leader"):
                await call
    finally:
        sandbox.mend()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:1", "connection refused"),
        ("http://no-such-host.invalid:8500", "name not found"),
        ("https://{}", "check that this port speaks TLS"),
    ],
)
async def test_an_address_where_no_consul_can_be_is_not_reached(place: Place, address: str, why: str) -> None:
    at = address.format(f"127.0.0.1:{place.server.port}")
    one = ConsulBackend(find(ConsulPlace("a", at), {}, Path()))
    for call in (one.get("head"), one.create("head", b"x"), one.lock(run_info(1))):
        with pytest.raises(Unreached, match=why):
            await call
    await one.close()


def answering(status: int, body: bytes, kind: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"", "text/plain"),  # as Consul for a key that does not exist, but for a header
        (404, b"<html>", "text/html"),
        (200, b"<html>", "text/html"),
        (200, b"[]", "application/json"),
        (200, b'[{"Key": "a/head", "Value": "eA==", "ModifyIndex": 3}]', "application/json"),
        (200, b"null", "application/json"),
        (302, b"", "text/plain"),
    ],
)
async def test_what_is_no_consul_has_no_state_and_none_that_is_absent(
    status: int, body: bytes, kind: str
) -> None:
    with http_server(answering(status, body, kind)) as web:
        one = Server(web.url, lambda *_: None).backend("a")
        for call in (one.get("head"), one.keys(""), one.lock(run_info(1))):
            with pytest.raises(Failure) as caught:
                await call
            assert caught.value.cause is Cause.STATE_UNREADABLE
            assert caught.value.hint
        await one.close()


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://127.0.0.1:8500"),
        ({"CONSUL_HTTP_ADDR": "consul:8500"}, "http://consul:8500"),
        ({"CONSUL_HTTP_ADDR": "consul:8501", "CONSUL_HTTP_SSL": "true"}, "https://consul:8501"),
        ({"CONSUL_HTTP_ADDR": "https://consul:8501"}, "https://consul:8501"),
        ({"CONSUL_HTTP_ADDR": "https://consul:8501/"}, "https://consul:8501"),
    ],
)
def test_an_address_that_the_file_does_not_name_is_the_one_of_consuls_cli(
    environ: dict[str, str], address: str
) -> None:
    assert find(ConsulPlace("a"), environ, Path()).cluster.address == address
    assert find(ConsulPlace("a", "http://own:1"), environ, Path()).cluster.address == "http://own:1"


@pytest.mark.parametrize(
    "given", ["unix:///run/consul.sock", "http://u:p4ss@consul:8500", "http://h:x", "://"]
)
def test_an_address_that_cannot_be_used_is_refused(given: str) -> None:
    with pytest.raises(Failure) as caught:
        find(ConsulPlace("a"), {"CONSUL_HTTP_ADDR": given}, Path())
    assert caught.value.cause is Cause.CONFIGURATION
    assert "p4ss" not in f"{caught.value.summary}{caught.value.detail}"


def test_the_token_is_the_one_of_consuls_cli(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    place = ConsulPlace("a", "http://127.0.0.1:1")
    both = {"CONSUL_HTTP_TOKEN": "other", "CONSUL_HTTP_TOKEN_FILE": "token"}
    for environ in ({"CONSUL_HTTP_TOKEN": CANARY}, {"CONSUL_HTTP_TOKEN_FILE": "token"}, both):
        token = find(place, environ, tmp_path).cluster.token
        assert token is not None
        assert token.reveal() == CANARY
    with pytest.raises(Failure, match="nothing"):
        find(place, {"CONSUL_HTTP_TOKEN_FILE": "nothing"}, tmp_path)


def test_a_token_goes_over_tls_or_to_this_machine_only() -> None:
    place, environ = ConsulPlace("a", "http://consul:8500"), {"CONSUL_HTTP_TOKEN": CANARY}
    with pytest.raises(Failure, match="clear text"):
        find(place, environ, Path())
    find(ConsulPlace("a", "http://consul:8500", allow_plaintext=True), environ, Path())
    find(ConsulPlace("a", "https://consul:8501"), environ, Path())


def test_files_of_tls_come_from_the_file_else_from_consuls_variables(tmp_path: Path) -> None:
    for name in ("own.pem", "ca.pem"):
        (tmp_path / name).touch()
    environ = {"CONSUL_CACERT": "ca.pem", "CONSUL_TLS_SERVER_NAME": "server.dc1.consul"}
    found = find(ConsulPlace("a", ca_file="own.pem"), environ, tmp_path).cluster
    assert (found.ca_file, found.server_name) == (str(tmp_path / "own.pem"), "server.dc1.consul")
    assert find(ConsulPlace("a"), environ, tmp_path).cluster.ca_file == str(tmp_path / "ca.pem")
    with pytest.raises(Failure, match=r"cert_file .* is not a file"):
        find(ConsulPlace("a", cert_file="gone.pem"), environ, tmp_path)


def test_where_a_request_goes_within_a_consul() -> None:
    place = ConsulPlace("a", datacenter="dc2", partition="team")
    found = find(place, {"CONSUL_NAMESPACE": "own"}, Path())
    assert found.query == {"dc": "dc2", "partition": "team", "ns": "own"}
    assert found.scope == {"Partition": "team", "Namespace": "own"}
