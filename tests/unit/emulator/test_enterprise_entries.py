"""What belongs to Enterprise is refused in the words of Community Edition 1.14, 1.16 and 1.20."""

from __future__ import annotations

import json
import time

import pytest

from reconciler.emulator import ClusterSpec, Request, Response, World


def put(version: str, entry: dict[str, object]) -> tuple[int, str]:
    world = World([ClusterSpec("dc1", version=version, port=8500)], clock=time.monotonic, delays=False)
    reply = world.handle("dc1", Request("PUT", "/v1/config", "", {}, json.dumps(entry).encode()))
    assert isinstance(reply, Response)
    return reply.status, reply.body.decode().strip()


@pytest.mark.parametrize("version", ["1.14", "1.16", "1.20"])
def test_request_limits_are_no_kind(version: str) -> None:
    said = "Request decoding failed: invalid config entry kind: control-plane-request-limit"
    assert put(version, {"Kind": "control-plane-request-limit", "Name": "x"}) == (400, said)


def test_sameness_groups_are_a_kind_that_is_refused() -> None:
    entry = {"Kind": "sameness-group", "Name": "x"}
    assert put("1.20", entry) == (500, "sameness-groups are an enterprise-only feature")
    assert put("1.14", entry) == (400, "Request decoding failed: invalid config entry kind: sameness-group")


def test_gateways_check_no_tokens() -> None:
    listener = {
        "Name": "l",
        "Port": 1,
        "Protocol": "http",
        "Override": {"JWT": {"Providers": [{"Name": "o"}]}},
    }
    status, said = put("1.20", {"Kind": "api-gateway", "Name": "x", "Listeners": [listener]})
    assert status == 400
    assert 'invalid config key "Listeners[0].Override.JWT.Providers", api-gateway jwt validation is' in said
