"""Entries that others wrote: taken up as they stand, their difference shown, and what is theirs in ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.live.entries.test_command import configuration
from tests.support.agents import TOO_OLD, Agent, binaries
from tests.support.command.lab import CommandLab
from tests.support.command.servers import sandbox
from tests.support.entries.corpus import CLUSTER, Key, Raw, rank
from tests.support.entries.standing import Standing, standing

STANDING = standing()


class Ground:
    """One cluster, a lab to declare for it, and others who write to it."""

    def __init__(self, lab: CommandLab, call: Callable[..., Any], binary: str = "") -> None:
        self.lab = lab
        self.call = call
        self.binary = binary

    def declare(self, *entries: Raw) -> None:
        self.lab.declare(configuration({CLUSTER: entries}))

    def plan(self) -> Any:
        return self.lab.run("plan", "--json").expect(0).value()

    def put(self, entry: Raw) -> None:
        assert self.call("PUT", "/v1/config", entry) is True

    def get(self, key: Key) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "/v1/config/" + "/".join(key))
        return found

    def indexes(self) -> list[int]:
        return [self.get(item.key)["ModifyIndex"] for item in STANDING]

    def clear(self) -> None:
        for kind, name in sorted((item.key for item in STANDING), key=rank, reverse=True):
            self.call("DELETE", f"/v1/config/{kind}/{name}")

    def consul(self, *argv: str, given: str = "") -> str:
        command = [self.binary, "config", argv[0], f"-http-addr={self.lab.urls[CLUSTER]}", *argv[1:]]
        ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[Ground]:
    with sandbox(CLUSTER, version="1.20") as running:
        yield Ground(CommandLab(tmp_path, running.urls), lambda *call: running.call(CLUSTER, *call))


@pytest.fixture
def real(agent: Agent, tmp_path: Path) -> Iterator[Ground]:
    if agent.binary.endswith(TOO_OLD):
        pytest.skip("peers are named otherwise in the entries of this version")
    ground = Ground(CommandLab(tmp_path, {CLUSTER: agent.address}), agent.call, agent.binary)
    yield ground
    ground.clear()


@pytest.fixture
def commanded(stand_in: Ground) -> Ground:
    """The sandbox, written to by a `consul` command."""
    found = binaries()
    if not found:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    stand_in.binary = list(found.values())[-1]
    return stand_in


# Who wrote what stands.


def by_command_in_hcl(ground: Ground, item: Standing) -> None:
    ground.consul("write", "-", given=item.hcl)


def by_command_in_json(ground: Ground, item: Standing) -> None:
    ground.consul("write", "-", given=json.dumps(item.written))


def by_command_read_and_written_again(ground: Ground, item: Standing) -> None:
    kind, name = item.key
    ground.put(item.declared)
    shown = ground.consul("read", "-kind", kind, "-name", name)
    ground.call("DELETE", f"/v1/config/{kind}/{name}")
    ground.consul("write", "-", given=shown)


def by_hand_from_what_was_read(ground: Ground, item: Standing) -> None:
    ground.put(item.declared)
    found = ground.get(item.key)
    ground.call("DELETE", "/v1/config/" + "/".join(item.key))
    found.pop("Hash", None)  # what `consul config read` does not show
    ground.put(found)


def by_hand_in_mixed_case(ground: Ground, item: Standing) -> None:
    ground.put(item.mixed)


Writer = Callable[[Ground, Standing], None]
BY_COMMAND: tuple[Writer, ...] = (
    by_command_in_hcl,
    by_command_in_json,
    by_command_read_and_written_again,
)
BY_HAND: tuple[Writer, ...] = (by_hand_from_what_was_read, by_hand_in_mixed_case)


def taken_up(ground: Ground, write: Writer) -> None:
    """Different in one leaf: that leaf is shown, and no other. Equal: recorded without a write."""
    for item in STANDING:
        write(ground, item)
    before = ground.indexes()
    _with_their_differences(ground)
    ground.declare(*(item.declared for item in STANDING))
    plan = ground.plan()
    assert plan["summary"]["adopt"] == len(STANDING)
    assert (plan["actions_order"], plan["unmanaged"]) == ([], [])
    ground.lab.apply()
    assert ground.indexes() == before
    ground.lab.run("plan", "--detailed-exitcode").expect(0, "No changes")


def _with_their_differences(ground: Ground) -> None:
    ground.declare(*(item.other for item in STANDING))
    plan = ground.plan()
    shown = {action["address"]: _fields(action) for action in plan["actions_order"]}
    assert shown == {str(item.address): [dict(item.shown)] for item in STANDING}
    assert sorted(plan["adopted"]) == sorted(shown)


def _fields(action: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{name: field[name] for name in ("path", "old", "new")} for field in action["fields"]]


@pytest.mark.long
@pytest.mark.parametrize("write", BY_HAND)
def test_the_sandbox_has_what_others_wrote(stand_in: Ground, write: Writer) -> None:
    taken_up(stand_in, write)


@pytest.mark.live
@pytest.mark.parametrize("write", BY_COMMAND)
def test_the_sandbox_has_what_the_consul_command_wrote(commanded: Ground, write: Writer) -> None:
    taken_up(commanded, write)


@pytest.mark.live
@pytest.mark.parametrize("write", BY_COMMAND + BY_HAND)
def test_a_real_server_has_what_others_wrote(real: Ground, write: Writer) -> None:
    taken_up(real, write)


# What others set in an entry of ours.

OURS = {"Kind": "service-defaults", "Name": "sd-api", "Protocol": "http", "MaxInboundConnections": 5}
THEIRS = {"ExternalSNI": "x.example.com", "UpstreamConfig": {"Defaults": {"ConnectTimeoutMs": 7}}}
KEY = ("service-defaults", "sd-api")


def what_others_set_stays(ground: Ground) -> None:
    """While ours is changed, while a field of ours is withdrawn, and it is named all the time."""
    ground.declare(OURS)
    ground.lab.apply()
    ground.put(OURS | THEIRS)
    assert _quiet(ground) == [["ExternalSNI"], ["UpstreamConfig"]]

    changed = OURS | {"MaxInboundConnections": 6}
    ground.declare(changed)
    assert _acts(ground) == [{"path": ["MaxInboundConnections"], "old": 5, "new": 6}]
    ground.lab.run("plan").expect(0, "2 attributes of other owners unchanged")
    ground.lab.apply()
    assert changed.items() | {"ExternalSNI": "x.example.com"}.items() <= _flat(ground).items()

    del changed["MaxInboundConnections"]
    ground.declare(changed)
    assert _acts(ground) == [{"path": ["MaxInboundConnections"], "old": 6, "new": None}]
    ground.lab.apply()
    assert "MaxInboundConnections" not in ground.get(KEY)
    assert ground.get(KEY)["UpstreamConfig"]["Defaults"]["ConnectTimeoutMs"] == 7
    assert _quiet(ground) == [["ExternalSNI"], ["UpstreamConfig"]]


def _flat(ground: Ground) -> dict[str, Any]:
    return {name: value for name, value in ground.get(KEY).items() if not isinstance(value, dict)}


def _quiet(ground: Ground) -> list[list[str]]:
    """What is foreign in an entry about which nothing is to be done."""
    plan = ground.plan()
    assert plan["actions_order"] == []
    assert [item["address"] for item in plan["unmanaged"]] == ["service_defaults.dc1/sd-api"]
    return sorted(plan["unmanaged"][0]["paths"])


def _acts(ground: Ground) -> list[dict[str, Any]]:
    """The one action of a plan, field by field; it leaves alone what is foreign."""
    (action,) = ground.plan()["actions_order"]
    assert sorted(action["unmanaged"]) == [["ExternalSNI"], ["UpstreamConfig"]]
    return _fields(action)


# What this product has never heard of.

UNHEARD = {"never_heard_of": {"Deep": [1, {"x": ["y", "z"]}], "deep": "", "none": 0}}


def what_is_unknown_in_a_free_map_survives(ground: Ground) -> None:
    """As it was declared, also where others wrote it, to the letter."""
    entry = {"Kind": "proxy-defaults", "Name": "global", "Config": UNHEARD}
    ground.declare(entry)
    ground.lab.apply()
    assert ground.get(("proxy-defaults", "global"))["Config"] == UNHEARD
    ground.lab.run("plan", "--detailed-exitcode").expect(0, "No changes")

    index = ground.get(("proxy-defaults", "global"))["ModifyIndex"]
    ground.declare({**entry, "Config": {"never_heard_of": UNHEARD["never_heard_of"] | {"none": 1}}})
    ground.lab.run("plan").expect(0, "1 to change")
    ground.declare(entry)
    ground.lab.apply()
    assert ground.get(("proxy-defaults", "global"))["ModifyIndex"] == index


def what_no_server_knows_is_refused_by_name_and_place(ground: Ground) -> None:
    """By us where the servers are as old as our table, by the servers where they are declared to be newer."""
    good = {"Kind": "service-defaults", "Name": "sd-api", "Protocol": "http"}
    bad = {
        "Kind": "service-resolver",
        "Name": "sr-api",
        "Subsets": {"v1": {"NeverHeardOf": 1}},
        "newField": {},
    }
    ground.declare(good, bad)
    told = ground.lab.run("apply", "--auto-approve").expect(1, "2 errors")
    assert 'service-resolver Subsets.v1 has no field "NeverHeardOf"' in told.text
    assert 'service-resolver has no field "newField"' in told.text

    configuration = ground.lab.folder / "main.yaml"
    configuration.write_text(configuration.read_text().replace('"}', '", version: "9.9"}', 1))
    told = ground.lab.run("apply", "--auto-approve").expect(3, "1 applied, 1 failed", "[unknown-field]")
    place = f"main.yaml:{configuration.read_text().splitlines().index('  - Kind: service-resolver') + 1}:5"
    assert 'invalid config key "newField"' in told.text
    assert 'invalid config key "Subsets[v1].NeverHeardOf"' in told.text
    assert f"declared at {place}" in told.text
    assert ground.lab.recorded() == {"service_defaults.dc1/sd-api"}


# Two spellings of one field, sent by hand, and the key that the refusal names; none: taken without a word.
TWICE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"ConnectTimeout": "5s", "connect_timeout": "7s"}, "connecttimeout"),
    ({"connecttimeout": "5s", "ConnectTimeout": "7s"}, "connecttimeout"),
    ({"name": "other"}, "name"),
    ({"Redirect": {"Service": "a", "ServiceSubset": "b", "service_subset": "c"}}, "Redirect.servicesubset"),
    ({"connecttimeout": "7s", "connect_timeout": "5s"}, ""),
)


def why_one_field_in_two_spellings_is_an_error(ground: Ground) -> None:
    """The server names what nobody wrote, or takes one of the two and says nothing."""
    for twice, named in TWICE:
        entry = {"Kind": "service-resolver", "Name": "sr-api", **twice}
        ground.declare(entry)
        ground.lab.run("validate").expect(1, "is the same field as", "first written here")
        if named:
            with pytest.raises(HTTPError) as caught:
                ground.put(entry)
            assert f'1 error occurred:\n\t* invalid config key "{named}"' in caught.value.read().decode()
    ground.put(entry)
    assert ground.get(("service-resolver", "sr-api"))["ConnectTimeout"] == "7s"


CHECKS: tuple[Callable[[Ground], None], ...] = (
    what_others_set_stays,
    what_is_unknown_in_a_free_map_survives,
    what_no_server_knows_is_refused_by_name_and_place,
    why_one_field_in_two_spellings_is_an_error,
)


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS)
def test_in_the_sandbox(stand_in: Ground, check: Callable[[Ground], None]) -> None:
    check(stand_in)


@pytest.mark.live
@pytest.mark.parametrize("check", CHECKS)
def test_on_a_real_server(real: Ground, check: Callable[[Ground], None]) -> None:
    check(real)
