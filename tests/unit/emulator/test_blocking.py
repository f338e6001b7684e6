"""Blocking queries: what they wait for, what wakes them, what they answer."""

from __future__ import annotations

from reconciler.emulator import Block
from tests.unit.emulator.conftest import SandboxLab


def index(lab: SandboxLab, path: str) -> str:
    return lab.ask("dc1", "GET", path).headers["X-Consul-Index"]


def block(lab: SandboxLab, path: str, wait: str = "10s") -> Block:
    waiting = lab.send("dc1", "GET", f"{path}?index={index(lab, path)}&wait={wait}")
    assert isinstance(waiting, Block)
    return waiting


def test_an_entry_wakes_its_own_query_only(lab: SandboxLab) -> None:
    lab.put("dc1", "service-defaults", "web")
    waiting = block(lab, "/v1/config/service-defaults/web")
    lab.put("dc1", "service-defaults", "api")
    assert not waiting.ready()
    lab.put("dc1", "service-defaults", "web", Protocol="http")
    assert waiting.ready()
    assert lab.world.resume(waiting).json()["Protocol"] == "http"


def test_a_blocking_query_times_out_with_the_same_index(lab: SandboxLab) -> None:
    lab.put("dc1", "service-defaults", "web")
    waiting = block(lab, "/v1/config/service-defaults/web", "3s")
    assert waiting.deadline == 3
    assert lab.world.resume(waiting).headers["X-Consul-Index"] == index(lab, "/v1/config/service-defaults")


def test_a_new_stream_rewrites_the_dialers_row_and_a_lost_one_wakes_no_query(
    lab: SandboxLab,
) -> None:
    """ACTIVE and FAILING are computed; but the acceptor's addresses come over the stream and are written."""
    lab.establish("dc1", "dc2", lab.token("dc2", "dc1"))
    waiting = block(lab, "/v1/peering/dc2")
    lab.pass_time(1)
    assert lab.state("dc1", "dc2") == "ACTIVE"
    assert waiting.ready()
    waiting = block(lab, "/v1/peering/dc2")
    lab.world.down("dc2")
    assert lab.state("dc1", "dc2") == "FAILING"
    assert not waiting.ready()


def test_a_peering_that_vanishes_is_answered_with_its_last_form(lab: SandboxLab) -> None:
    lab.token("dc1", "dc2")
    waiting = block(lab, "/v1/peering/dc2")
    lab.ask("dc1", "DELETE", "/v1/peering/dc2")
    lab.pass_time(1)
    assert waiting.ready()
    reply = lab.world.resume(waiting)
    assert (reply.status, reply.json()["Name"]) == (200, "dc2")
    assert lab.ask("dc1", "GET", "/v1/peering/dc2").status == 404


def test_a_fault_ordered_for_a_waiting_query_meets_its_answer(lab: SandboxLab) -> None:
    lab.put("dc1", "service-defaults", "web")
    lab.world.faults.add("lost", contains="", path="/v1/config/service-defaults/web", after=1)
    assert lab.world.resume(block(lab, "/v1/config/service-defaults/web")).broken == "lost"


def test_an_export_wakes_the_importers_health_query(lab: SandboxLab) -> None:
    lab.peer("dc2", "dc1")
    lab.ask("dc2", "PUT", "/v1/agent/service/register", {"Name": "api", "Port": 80})
    path = "/v1/health/service/api"
    started = lab.ask("dc1", "GET", f"{path}?peer=dc2").headers["X-Consul-Index"]
    waiting = lab.send("dc1", "GET", f"{path}?peer=dc2&index={started}")
    assert isinstance(waiting, Block)
    lab.put("dc2", "exported-services", "default", Services=[{"Name": "api", "Consumers": [{"Peer": "dc1"}]}])
    assert waiting.ready()
    assert len(lab.world.resume(waiting).json()) == 1
