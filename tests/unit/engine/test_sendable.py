"""What no server may be sent: found wherever it is in a body, refused by executor and HTTP door."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest

from reconciler.model.event import Failed, Succeeded
from reconciler.sdk.errors import Invalid, Unsendable
from reconciler.sdk.secrets.sensitive import Sensitive
from reconciler.sdk.sendable import flaw_in
from tests.support.memory import MemoryServers
from tests.support.plans import desired, plan, resource
from tests.support.provider_lab import client
from tests.unit.engine.test_executor import Run

FLAWED: list[tuple[Any, str]] = [
    ({"Config": {"a": {"b": [1, None]}}}, "Config.a.b[1]"),
    ({"Sources": [None]}, "Sources[0]"),
    ([[None]], "[0][0]"),
    ({"a": [{"b": [None]}]}, "a[0].b[0]"),
    ({"a": ("x", None)}, "a[1]"),
    ({"a": [1.5, math.nan]}, "a[1]"),
    ({"a": -math.inf}, "a"),
    ({"a": {"b": "x\ud83d"}}, "a.b"),
    ({"a": {"\ude80": 1}}, "a.\\ude80"),
]


@pytest.mark.parametrize(("body", "path"), FLAWED)
def test_a_flaw_is_named_by_its_path(body: Any, path: str) -> None:
    found = flaw_in(body)
    assert found is not None
    assert found[0] == path


@pytest.mark.parametrize("body", [None, {}, {"a": None, "b": [{"c": None}, "🚀", 1.5, [], 2**80]}, [True]])
def test_absence_in_a_mapping_is_sound(body: Any) -> None:
    assert flaw_in(body) is None


@pytest.mark.parametrize(
    "value", [{"a": [1, None]}, {"a": Sensitive([1, None])}, Sensitive({"a": [1, None]})]
)
async def test_the_executor_sends_no_flawed_body_whoever_made_it(value: Any) -> None:
    run = Run(MemoryServers())
    configuration = desired(
        resource("entry.dc1/bad", {"Config": value}),
        resource("entry.dc1/good", {"Config": {"a": [1]}}),
    )

    ended = await run(await plan(run.world, configuration))

    failed = ended["entry.dc1/bad"]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, Unsendable)
    assert (failed.error.cluster, failed.error.code) == ("dc1", "unsendable")
    assert failed.error.message.startswith("entry.dc1/bad: Config.a[1] is null")
    assert isinstance(ended["entry.dc1/good"], Succeeded)
    assert [where for _, where in run.world.writes] == ["entry.dc1/good"]
    assert not any("bad" in line for line in run.record.log)


@pytest.mark.parametrize(("body", "path"), FLAWED)
async def test_the_door_lets_no_flawed_body_out(body: Any, path: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=True)

    door = client(httpx.MockTransport(answer))
    with pytest.raises(Unsendable) as refused:
        await door.send("PUT", "/v1/config", body)
    assert isinstance(refused.value, Invalid)
    assert refused.value.cluster == "dc1"
    assert f"PUT /v1/config for dc1: {path} is" in refused.value.message
    assert sent == []
    assert (await door.send("PUT", "/v1/config", {"a": None})).value is True
