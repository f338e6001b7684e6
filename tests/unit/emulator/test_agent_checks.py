"""Checks at the agent: what they say, what depends on them, and that they run out."""

from __future__ import annotations

import pytest

from tests.unit.emulator.conftest import SandboxLab


@pytest.fixture
def one() -> SandboxLab:
    lab = SandboxLab()
    lab.ask("dc1", "PUT", "/v1/agent/check/register", {"Name": "mine", "TTL": "10s", "Status": "passing"})
    return lab


def status(lab: SandboxLab, check: str = "mine") -> str:
    rows = lab.get("dc1", "/v1/health/node/dc1-server")
    return next(str(row["Status"]) for row in rows if row["CheckID"] == check)


def test_a_ttl_that_nobody_renews_runs_out(one: SandboxLab) -> None:
    one.pass_time(9)
    one.ask("dc1", "PUT", "/v1/agent/check/pass/mine?note=well")
    one.pass_time(9)
    assert status(one) == "passing"
    one.pass_time(2)
    assert status(one) == "critical"
    row = one.get("dc1", "/v1/agent/checks")["mine"]
    assert row["Output"] == "TTL expired (last output before timeout follows): well"


def test_a_session_ends_with_its_check_and_lets_its_lock_go(one: SandboxLab) -> None:
    session = one.ask("dc1", "PUT", "/v1/session/create", {"NodeChecks": ["mine"]}).json()["ID"]
    assert one.ask("dc1", "PUT", f"/v1/kv/lock?acquire={session}").json() is True
    one.pass_time(11)
    assert one.get("dc1", f"/v1/session/info/{session}") == []
    (row,) = one.get("dc1", "/v1/kv/lock")
    assert "Session" not in row


def test_a_session_ends_with_its_node() -> None:
    lab = SandboxLab()
    lab.ask("dc1", "PUT", "/v1/catalog/register", {"Node": "n", "Address": "10.0.0.1"})
    body = {"Node": "n", "NodeChecks": []}
    session = lab.ask("dc1", "PUT", "/v1/session/create", body).json()["ID"]
    assert [row["Node"] for row in lab.get("dc1", f"/v1/session/info/{session}")] == ["n"]
    lab.ask("dc1", "PUT", "/v1/catalog/deregister", {"Node": "n"})
    assert lab.get("dc1", f"/v1/session/info/{session}") == []


def test_maintenance_takes_a_node_out_of_what_passes(one: SandboxLab) -> None:
    one.ask("dc1", "PUT", "/v1/agent/service/register", {"Name": "api", "Port": 80})
    one.ask("dc1", "PUT", "/v1/agent/maintenance?enable=true&reason=moving")
    assert one.get("dc1", "/v1/health/service/api?passing") == []
    one.ask("dc1", "PUT", "/v1/agent/maintenance?enable=false")
    assert len(one.get("dc1", "/v1/health/service/api?passing")) == 1


def test_the_checks_of_a_service_go_with_it(one: SandboxLab) -> None:
    one.ask("dc1", "PUT", "/v1/agent/service/register", {"name": "api", "check": {"ttl": "1m"}})
    assert set(one.get("dc1", "/v1/agent/checks")) == {"mine", "service:api"}
    one.ask("dc1", "PUT", "/v1/agent/service/deregister/api")
    assert set(one.get("dc1", "/v1/agent/checks")) == {"mine"}


def test_a_service_that_is_registered_again_as_it_is_wakes_nobody(one: SandboxLab) -> None:
    body = {"Name": "api", "Port": 80}
    one.ask("dc1", "PUT", "/v1/agent/service/register", body)
    before = one.ask("dc1", "GET", "/v1/health/service/api").headers["X-Consul-Index"]
    one.ask("dc1", "PUT", "/v1/agent/service/register", body)
    assert one.ask("dc1", "GET", "/v1/health/service/api").headers["X-Consul-Index"] == before


def test_a_query_for_a_service_waits_until_its_content_is_another(one: SandboxLab) -> None:
    one.ask("dc1", "PUT", "/v1/agent/service/register", {"Name": "api", "Port": 80})
    known = one.ask("dc1", "GET", "/v1/agent/service/api").headers["X-Consul-ContentHash"]
    block = one.send("dc1", "GET", f"/v1/agent/service/api?hash={known}&wait=1m")
    assert not block.ready()  # type: ignore[union-attr]
    one.ask("dc1", "PUT", "/v1/agent/service/register", {"Name": "api", "Port": 81})
    assert block.ready()  # type: ignore[union-attr]
