"""Faults on order: what fires, how often, and what the wire log keeps."""

from __future__ import annotations

import pytest

from reconciler.emulator import ClusterSpec, Fault
from tests.unit.emulator.conftest import SandboxLab


def test_an_answer_replaces_execution_so_many_times(lab: SandboxLab) -> None:
    fault = lab.world.faults.add(
        "answer", method="PUT", path="/v1/config", status=429, body="slow down", times=2
    )
    replies = [lab.put("dc1", "service-defaults", "web").status for _ in range(3)]
    assert replies == [429, 429, 200]
    assert fault.fired == 2


def test_a_lost_response_is_executed(lab: SandboxLab) -> None:
    lab.world.faults.add("lost", method="PUT", path="/v1/config")
    assert lab.put("dc1", "service-defaults", "web").broken == "lost"
    assert lab.ask("dc1", "GET", "/v1/config/service-defaults/web").status == 200


def test_latency_is_data_for_the_adapter(lab: SandboxLab) -> None:
    lab.world.faults.add("latency", cluster="dc1", delay_s=1.5, times=None)
    assert lab.ask("dc1", "GET", "/v1/status/leader").delay_s == 1.5
    assert lab.ask("dc2", "GET", "/v1/status/leader").delay_s == 0


def test_a_fault_can_wait_for_the_third_matching_request(lab: SandboxLab) -> None:
    lab.world.faults.add("refused", path="/v1/kv/", after=2)
    assert [lab.ask("dc1", "GET", "/v1/kv/x").broken for _ in range(4)] == ["", "", "refused", ""]


def test_a_fault_can_look_into_the_body(lab: SandboxLab) -> None:
    lab.world.faults.add("answer", contains='"Name": "api"')
    assert lab.put("dc1", "service-defaults", "web").status == 200
    assert lab.put("dc1", "service-defaults", "api").status == 500


def test_a_cluster_that_is_down_refuses_and_one_that_is_frozen_hangs(lab: SandboxLab) -> None:
    lab.world.down("dc1")
    lab.world.freeze("dc2")
    assert lab.ask("dc1", "GET", "/v1/peerings").broken == "refused"
    assert lab.ask("dc2", "GET", "/v1/peerings").broken == "hangs"


def test_unknown_faults_and_clusters_are_named() -> None:
    with pytest.raises(ValueError, match="unknown fault 'fire'"):
        Fault("fire")
    with pytest.raises(ValueError, match="no cluster 'dc9'"):
        SandboxLab().world.down("dc9")


def test_faults_can_be_ordered_and_read_over_http(lab: SandboxLab) -> None:
    made = lab.ask("dc1", "POST", "/sandbox/faults", {"effect": "answer", "path": "/v1/kv/", "status": 503})
    assert (made.status, made.json()["cluster"]) == (201, "dc1")
    assert lab.ask("dc1", "GET", "/v1/kv/x").status == 503
    assert lab.get("dc1", "/sandbox/faults")[0]["fired"] == 1
    assert lab.ask("dc1", "DELETE", "/sandbox/faults").json() == []
    assert lab.ask("dc1", "POST", "/sandbox/faults", {"effect": "fire"}).status == 400
    lab.ask("dc1", "POST", "/sandbox/leader_change", {"outage_s": 2})
    assert lab.ask("dc1", "GET", "/v1/peerings").status == 500


def test_the_wire_log_keeps_what_was_sent_in_order(lab: SandboxLab) -> None:
    lab.put("dc1", "service-defaults", "web")
    lab.get("dc2", "/v1/config/service-defaults?dc=dc2")
    assert list(lab.world.requests) == [
        ("dc1", "PUT", "/v1/config", "", 200),
        ("dc2", "GET", "/v1/config/service-defaults", "dc=dc2", 200),
    ]


def test_the_wire_log_can_be_bounded_or_off() -> None:
    for bound, kept in ((2, 2), (0, 0)):
        lab = SandboxLab(ClusterSpec("dc1"), log=bound)
        for _ in range(5):
            lab.get("dc1", "/v1/status/leader")
        assert len(lab.world.requests) == kept


def test_a_cluster_taken_down_over_http_can_be_brought_up_over_http(lab: SandboxLab) -> None:
    lab.ask("dc1", "POST", "/sandbox/down", {})
    assert lab.ask("dc1", "GET", "/v1/peerings").broken == "refused"

    lab.ask("dc1", "POST", "/sandbox/up", {})

    assert lab.ask("dc1", "GET", "/v1/peerings").status == 200
