"""Writes that end every server of a cluster, at each start again; requests that panic or never end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec
from tests.unit.emulator.conftest import SandboxLab

LEADER = "/v1/status/leader"
NULLS: tuple[Any, ...] = ([1, None], [[None]], {"b": [None]}, {"b": [{"c": [1, None]}]}, [{"b": [1, None]}])


def write_null(lab: SandboxLab, value: Any) -> str:
    return lab.put("dc1", "proxy-defaults", "global", Config={"a": value}).broken


@pytest.mark.parametrize("value", NULLS, ids=json.dumps)
def test_null_in_a_list_of_proxy_defaults_ends_the_cluster_until_reset(value: Any) -> None:
    lab = SandboxLab()
    assert lab.put("dc1", "service-defaults", "api").status == 200
    assert write_null(lab, value) == "lost"
    for _ in range(2):
        assert lab.ask("dc1", "GET", LEADER).broken == "refused"
        lab.world.up("dc1")
    assert lab.ask("dc2", "GET", LEADER).status == 200
    lab.world.reset("dc1")
    assert lab.ask("dc1", "GET", LEADER).status == 200
    assert lab.ask("dc1", "GET", "/v1/config/service-defaults/api").status == 404
    assert lab.put("dc1", "service-defaults", "api").status == 200


def test_a_cluster_that_is_reset_is_another_one(lab: SandboxLab) -> None:
    before = lab.get("dc1", "/v1/agent/self")["Config"]["NodeID"], lab.world.clusters["dc1"].trust_domain
    lab.world.reset("dc1")
    after = lab.get("dc1", "/v1/agent/self")["Config"]["NodeID"], lab.world.clusters["dc1"].trust_domain
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_members_of_a_federation_are_not_reset() -> None:
    lab = SandboxLab(ClusterSpec("dc1"), ClusterSpec("dc2", primary="dc1"))
    with pytest.raises(ValueError, match="cannot be reset"):
        lab.world.reset("dc1")


def test_a_write_to_a_secondary_ends_the_primary() -> None:
    lab = SandboxLab(ClusterSpec("dc1"), ClusterSpec("dc2", primary="dc1"))
    lab.put("dc2", "proxy-defaults", "global", Config={"a": [1, None]})
    assert lab.ask("dc1", "GET", LEADER).broken == "refused"
    assert lab.ask("dc2", "GET", LEADER).status == 200


def test_a_reset_is_ordered_at_a_door_of_its_own(lab: SandboxLab) -> None:
    write_null(lab, [1, None])
    assert lab.ask("dc1", "POST", "/sandbox/reset").status == 200
    assert lab.ask("dc1", "GET", LEADER).status == 200


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("proxy-defaults", {"Config": {"a": [None]}}),
        ("service-intentions", {"Sources": [None]}),
        ("service-defaults", {"Meta": {"owner": [None]}}),
        ("service-defaults", {"EnvoyExtensions": [{"Name": "builtin/lua", "Arguments": {"a": [None]}}]}),
    ],
)
def test_other_nulls_end_the_request_only(lab: SandboxLab, kind: str, fields: dict[str, Any]) -> None:
    assert lab.put("dc1", kind, "global", **fields).broken == "lost"
    assert lab.ask("dc1", "GET", f"/v1/config/{kind}/global").status == 404


def split(name: str, to: str, **headers: Any) -> dict[str, Any]:
    return {"Kind": "service-splitter", "Name": name, "Splits": [{"Weight": 100, "Service": to, **headers}]}


ADDS, SETS = {"Add": {"x": "1"}}, {"Set": {"y": "2"}}


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"RequestHeaders": SETS}, {"RequestHeaders": ADDS}),
        ({"RequestHeaders": {"Remove": ["z"]}}, {"RequestHeaders": SETS}),
        ({"ResponseHeaders": ADDS}, {"ResponseHeaders": SETS}),
    ],
)
def test_splitters_whose_headers_no_server_puts_together(
    lab: SandboxLab, outer: dict[str, Any], inner: dict[str, Any], first: int
) -> None:
    lab.put("dc1", "proxy-defaults", "global", Config={"protocol": "http"})
    pair = [split("a", "b", **outer), split("b", "c", **inner)]
    assert lab.ask("dc1", "PUT", "/v1/config", pair[first]).status == 200
    assert lab.ask("dc1", "PUT", "/v1/config", pair[1 - first]).broken == "lost"
    assert lab.ask("dc1", "GET", LEADER).broken == "refused"


def filtered(lab: SandboxLab, text: str) -> str:
    return lab.put("dc1", "service-resolver", "api", Subsets={"v1": {"Filter": text}}).broken


def test_a_filter_that_nests_deep_is_never_answered(lab: SandboxLab) -> None:
    assert filtered(lab, "(" * 5 + "a == 1" + ")" * 5) == ""
    assert filtered(lab, "(" * 12 + "a == 1" + ")" * 12) == "hangs"
    assert filtered(lab, "not (" * 12 + "a == 1" + ")" * 12) == "hangs"
    assert filtered(lab, f'a == "{"(" * 12}"') == ""
