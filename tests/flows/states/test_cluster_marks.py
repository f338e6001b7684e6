"""Each cluster keeps the serial of the newest state that it has seen; an older state is refused by name."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import Request, Response
from reconciler.model.failure import ExitCode, Failure
from reconciler.model.plan import Mode
from tests.support.lab import Lab

OPERATOR = "mark_clusters: true\n"


def entry(protocol: str) -> str:
    return f"config_entries: {{dc1: [{{Kind: service-defaults, Name: api, Protocol: {protocol}}}]}}\n"


def declare(lab: Lab, body: str, *, name: str = "shop", operator: str = OPERATOR) -> None:
    lab.write((f"name: {name}\n" if name else "") + lab.clusters_yaml() + body)
    lab.write(operator, "reconciler.yaml")


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    """Two clusters, a state of serial 2, and a copy of it as it was at serial 1."""
    made = Lab(tmp_path, 2)
    declare(made, entry("http"))
    await made.apply()
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    declare(made, entry("grpc"))
    await made.apply()
    return made


def restore(lab: Lab) -> None:
    """Put the older copy in the state's place."""
    shutil.rmtree(lab.folder / "state")
    shutil.copytree(lab.folder / "copy", lab.folder / "state")


def marks(lab: Lab, cluster: str) -> dict[str, Any]:
    found = {}
    reply = lab.world.handle(cluster, Request("GET", "/v1/kv/reconciler/", "recurse=", {}, b""))
    assert isinstance(reply, Response)
    for key in json.loads(reply.body):
        found[key["Key"]] = json.loads(base64.b64decode(key["Value"]))
    return found


async def test_each_cluster_keeps_the_serial_and_the_time_and_nothing_else(lab: Lab) -> None:
    state = await lab.state()
    assert state.saved is not None
    expected = {"serial": 2, "at": state.saved.at, "configuration": "shop"}
    assert marks(lab, "dc1") == marks(lab, "dc2") == {f"reconciler/{state.lineage}/serial": expected}


async def test_a_run_that_changes_nothing_writes_no_mark(lab: Lab) -> None:
    lab.clear()
    await lab.apply()
    await lab.plan()
    assert lab.writes == []


@pytest.mark.parametrize("run", ["plan", "apply", "drift", "destroy", "rotate"])
async def test_an_older_state_is_refused_by_name_before_anything_is_written(lab: Lab, run: str) -> None:
    restore(lab)
    lab.clear()
    with pytest.raises(Failure) as raised:
        await {
            "plan": lab.plan,
            "apply": lab.apply,
            "drift": lab.drift,
            "destroy": lambda: lab.apply(Mode.DESTROY),
            "rotate": lambda: lab.rotate("*"),
        }[run]()
    failure = raised.value
    assert failure.exit_code is ExitCode.REFUSED
    assert "older than one that dc2 has seen: serial 1, and there was 2" in failure.summary
    for way in ("state history", "state pull", "state rebuild", "--ignore-marks"):
        assert way in failure.hint
    assert lab.writes == []


async def test_one_run_may_go_on_and_its_state_counts_from_then_on(lab: Lab) -> None:
    restore(lab)
    options = lab.options(ignore_marks=True)
    planned = await app.plan(options, Mode.NORMAL, app_selection())
    assert planned.plan.serial == 1
    declare(lab, entry("http2"))
    await app.apply(
        lab.options(ignore_marks=True),
        Mode.NORMAL,
        app_selection(),
        approve=lambda planned: True,
        observe=lab.events.append,
        stop=app.Stop(),
    )
    assert (await lab.state()).serial == 2
    assert not (await lab.plan()).has_changes


async def test_a_lost_state_is_refused_where_the_configuration_has_a_name(lab: Lab) -> None:
    shutil.rmtree(lab.folder / "state")
    with pytest.raises(
        Failure, match=r'there is no state in .*, and dc2 has seen one of the configuration "shop"'
    ):
        await lab.apply()
    declare(lab, entry("grpc"), name="pay")
    assert (await lab.plan()).serial == 0, "another configuration has a state of its own"


async def test_a_rebuilt_state_goes_on_as_the_next_serial_of_the_newest(lab: Lab) -> None:
    lineage = (await lab.state()).lineage
    shutil.rmtree(lab.folder / "state")

    found = await app.rebuild_state(lab.options())

    state = await lab.state()
    assert (found.serial, state.serial, state.lineage) == (3, 3, lineage)
    assert not (await lab.plan()).has_changes
    assert marks(lab, "dc2")[f"reconciler/{lineage}/serial"]["serial"] == 3


async def test_an_older_state_that_is_rebuilt_counts_as_the_newest(lab: Lab) -> None:
    restore(lab)
    found = await app.rebuild_state(lab.options())
    assert found.serial == 3
    change = (await lab.plan()).changes[0]
    assert str(change.address) == "service_defaults.dc1/api"


async def test_one_cluster_that_has_seen_it_is_enough(lab: Lab) -> None:
    restore(lab)
    lab.world.down("dc1")
    with pytest.raises(Failure, match="older than one that dc2 has seen"):
        await lab.plan()


async def test_a_cluster_that_was_away_is_marked_by_the_next_run(lab: Lab) -> None:
    lab.world.down("dc2")
    declare(lab, entry("http2"))
    await lab.apply()
    lab.world.up("dc2")
    lineage = (await lab.state()).lineage
    assert marks(lab, "dc2")[f"reconciler/{lineage}/serial"]["serial"] == 2
    await lab.apply()
    assert marks(lab, "dc2")[f"reconciler/{lineage}/serial"]["serial"] == 3


async def test_without_the_setting_nothing_is_read_or_written(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2)
    declare(lab, entry("http"), operator="{}\n")
    await lab.apply()
    assert not any("/v1/kv" in text for text in (*lab.reads, *lab.writes))


async def test_what_else_is_below_the_prefix_is_no_mark(lab: Lab) -> None:
    for key in ("reconciler/x/serial", "reconciler/other", "reconciler/y/serial/z"):
        lab.call("dc1", "PUT", f"/v1/kv/{key}", {"not": "a mark"})
    shutil.rmtree(lab.folder / "state")
    with pytest.raises(Failure, match="dc2 has seen one"):
        await lab.plan()


def app_selection() -> Any:
    from reconciler.model.plan import Selection

    return Selection()
