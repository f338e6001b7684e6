"""A state that is gone is rebuilt from the configuration and the clusters, without any write to these."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.engine.deciding.marks import MARK
from reconciler.model.change import Action, Reason
from reconciler.model.failure import Failure
from reconciler.model.plan import Deferred, Mode
from reconciler.render.rebuilt import rebuilt_lines
from reconciler.render.text.lines import paint
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied
from reconciler_consul import finding
from tests.support.lab import Lab

BODY = """
peerings: [{between: [dc1, dc2], names: {dc1: us, dc2: eu}}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http, Meta: {team: shop}}]}
"""
ALL = {
    "peering.dc1/dc2",
    "exported_services.dc1/default",
    "service_intentions.dc1/api",
    "service_defaults.dc1/api",
}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    made = Lab(tmp_path, 3)
    declare(made, BODY, name="")
    return made


def declare(lab: Lab, body: str, *, name: str = "shop", mark: bool = False) -> None:
    lab.write(f"{f'name: {name}' if name else ''}\n{lab.clusters_yaml()}{body}")
    lab.write(f"mark_objects: {str(mark).lower()}\n", "reconciler.yaml")


async def test_kinds_that_cannot_be_read_for_one_reason_share_a_remark(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lab.apply()

    async def denied(*_: Any) -> None:
        raise Denied("the token may not")

    monkeypatch.setattr(finding, "list_all", denied)
    found = await rebuilt(lab)
    about = [text for text in found.remarks if "dc1" in text and "the token may not" in text]
    assert len(about) == 1
    assert "other kinds of dc1 could not be read" in about[0]


def test_what_is_left_to_do_is_to_run_it_again_where_something_could_not_be_read() -> None:
    unknown = [Deferred(Address("service_defaults", "dc1", "api"), "dc1 did not answer")]
    again = "run this again once all can be read, then reconciler plan"
    for left, text in ((unknown, again), ([], "reconciler plan")):
        lines = paint(rebuilt_lines([], [], [], left, [], known=0, serial=1))
        assert lines.endswith(f"What is left to do: {text}\n")


async def rebuilt(lab: Lab) -> app.Rebuilt:
    """Lose the state and rebuild it; nothing may be written to a cluster."""
    shutil.rmtree(lab.folder / "state")
    return await again(lab)


async def again(lab: Lab) -> app.Rebuilt:
    lab.clear()
    found = await app.rebuild_state(lab.options())
    assert lab.writes == []
    return found


def texts(addresses: Any) -> set[str]:
    return {str(address) for address in addresses}


def meta(lab: Lab, kind: str) -> dict[str, str]:
    found: dict[str, str] = lab.call("dc1", "GET", f"/v1/config/{kind}/api").get("Meta") or {}
    return found


async def test_what_is_there_as_declared_is_recorded_and_the_next_plan_is_empty(lab: Lab) -> None:
    await lab.apply()
    before = (await lab.state()).resources

    found = await rebuilt(lab)

    assert (texts(found.declared), found.left, found.unknown, found.serial) == (ALL, (), (), 1)
    plan = await lab.plan()
    assert not plan.has_changes
    now = (await lab.state()).resources
    assert {a: (e.body, e.remote_ids, e.depends_on) for a, e in now.items()} == {
        a: (e.body, e.remote_ids, e.depends_on) for a, e in before.items()
    }
    await lab.apply(Mode.DESTROY)
    assert lab.call("dc1", "GET", "/v1/peerings") == []


async def test_what_differs_or_is_absent_is_listed_and_left_to_a_plan(lab: Lab) -> None:
    await lab.apply()
    entry = lab.call("dc1", "GET", "/v1/config/service-defaults/api")
    lab.call("dc1", "PUT", "/v1/config", {**entry, "Protocol": "grpc"})
    lab.call("dc1", "DELETE", "/v1/config/service-intentions/api")

    found = await rebuilt(lab)

    assert texts(found.declared) == {"peering.dc1/dc2", "exported_services.dc1/default"}
    assert {str(c.address): (c.action, c.reason) for c in found.left} == {
        "service_defaults.dc1/api": (Action.UPDATE, Reason.ADOPT),
        "service_intentions.dc1/api": (Action.CREATE, Reason.DECLARED),
    }
    assert texts(c.address for c in (await lab.plan()).actions) == texts(c.address for c in found.left)


async def test_a_cluster_that_does_not_answer_is_named_and_the_rest_is_recorded(lab: Lab) -> None:
    await lab.apply()
    lab.world.down("dc2")
    found = await rebuilt(lab)
    assert texts(item.address for item in found.unknown) == {"peering.dc1/dc2"}
    assert "service_defaults.dc1/api" in texts(found.declared)
    lab.world.up("dc2")
    assert texts((await again(lab)).declared) == {"peering.dc1/dc2"}


async def test_links_that_are_ambiguous_are_named(lab: Lab) -> None:
    await lab.apply()
    token = lab.call("dc1", "POST", "/v1/peering/token", {"PeerName": "other"})["PeeringToken"]
    lab.call("dc2", "POST", "/v1/peering/establish", {"PeerName": "other", "PeeringToken": token})
    found = await rebuilt(lab)
    assert "peering.dc1/dc2" in texts(found.declared), "the declared names say which link is meant"
    assert any("dc1 and dc2 are linked 2 times" in text for text in found.remarks)


async def test_a_state_that_is_there_keeps_what_it_records(lab: Lab) -> None:
    await lab.apply()
    before = await lab.state()
    found = await again(lab)
    assert (found.declared, found.undeclared, found.known) == ((), (), 4)
    assert (await lab.state()).serial == before.serial


async def test_marked_objects_are_found_also_where_they_are_no_longer_declared(lab: Lab) -> None:
    declare(lab, BODY, mark=True)
    await lab.apply()
    declare(
        lab, "exports: {dc1: {api: [dc2]}}\npeerings: [{between: [dc1, dc2], names: {dc1: us, dc2: eu}}]\n"
    )

    found = await rebuilt(lab)

    assert texts(found.undeclared) == {"service_intentions.dc1/api", "service_defaults.dc1/api"}
    plan = await lab.plan()
    assert {str(c.address): c.action for c in plan.actions} == dict.fromkeys(
        texts(found.undeclared), Action.DELETE
    )
    assert all(not entry.adopted for a, entry in (await lab.state()).resources.items() if a.type != _EXPORTS)
    await lab.apply()
    assert not (await lab.plan()).has_changes


async def test_a_marked_peering_is_found_under_the_names_that_it_has(lab: Lab) -> None:
    declare(lab, BODY, mark=True)
    await lab.apply()
    declare(
        lab,
        "config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http, Meta: {team: shop}}]}\n",
    )
    found = await rebuilt(lab)
    assert "peering.dc1/dc2" in texts(found.undeclared)
    entry = next(e for a, e in (await lab.state()).resources.items() if a.type == "peering")
    assert entry.body["Names"] == {"dc1": "us", "dc2": "eu"}
    assert MARK not in str(entry.body)


async def test_marking_is_an_ordinary_visible_update_once(lab: Lab) -> None:
    declare(lab, BODY)
    lab.write((lab.folder / "main.yaml").read_text().replace("name: shop\n", ""))
    await lab.apply()
    declare(lab, BODY)
    assert not (await lab.plan()).has_changes, "without mark_objects a name changes nothing by itself"

    declare(lab, BODY, mark=True)
    plan = await lab.plan()

    assert {str(c.address): (c.action, c.reason, [f.path for f in c.fields]) for c in plan.actions} == {
        "service_defaults.dc1/api": (Action.UPDATE, Reason.MARKED, [("Meta", MARK)]),
        "service_intentions.dc1/api": (Action.UPDATE, Reason.MARKED, [("Meta", MARK)]),
    }
    await lab.apply()
    assert meta(lab, "service-defaults") == {"team": "shop", MARK: "shop"}
    lab.clear()
    assert not (await lab.apply()).plan.has_changes
    assert lab.writes == []
    assert not (await lab.drift()).drifted


async def test_turning_it_off_writes_nothing(lab: Lab) -> None:
    declare(lab, BODY, mark=True)
    await lab.apply()
    declare(lab, BODY, mark=False)
    assert not (await lab.plan()).has_changes


async def test_two_configurations_never_fight_over_a_mark(lab: Lab, tmp_path: Path) -> None:
    declare(lab, BODY, mark=True)
    await lab.apply()
    other = Lab(tmp_path / "other", 3)
    other.folder.mkdir()
    other.world = lab.world
    declare(other, BODY, name="pay", mark=True)
    lab.clear()
    await other.apply()
    assert lab.writes == []
    assert not (await lab.plan()).has_changes
    assert texts((await again(other)).undeclared) == set()


async def test_marking_objects_takes_a_name(lab: Lab) -> None:
    declare(lab, BODY, name="", mark=True)
    with pytest.raises(
        Failure, match=r"mark_objects is set in reconciler\.yaml, and the configuration has no name"
    ):
        await lab.plan()


_EXPORTS = "exported_services"
