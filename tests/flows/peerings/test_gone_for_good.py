"""A cluster that is gone for good: how it is given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode
from tests.support.lab import Lab

ENTRY = "config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http}]}\n"


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, 2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n")
    await lab.apply()
    return lab


async def test_each_glob_counts_for_itself(lab: Lab) -> None:
    removed, unmatched = await app.remove_from_state(lab.options(), ["*.dc2/*", "peering.*/dc2"])
    assert [str(address) for address in removed] == ["peering.dc1/dc2"]
    assert unmatched == ("*.dc2/*",)
    assert (await lab.state()).resources == {}


async def test_globs_that_all_match_nothing_are_an_error(lab: Lab) -> None:
    with pytest.raises(Failure, match=r"no resource matches '\*\.dc7/\*', '\*\.dc8/\*'"):
        await app.remove_from_state(lab.options(), ["*.dc7/*", "*.dc8/*"])
    assert len((await lab.state()).resources) == 1


async def test_the_way_out_is_in_the_plan(lab: Lab) -> None:
    lab.world.down("dc2")
    clusters = lab.clusters_yaml() + ENTRY
    lab.write(clusters)
    (declared,) = (await lab.plan()).deferred
    assert "gone for good" not in declared.hint, "what is declared is expected back"
    lab.write("".join(line for line in clusters.splitlines(keepends=True) if "dc2" not in line))
    (left,) = (await lab.plan()).deferred
    assert left.hint.splitlines()[-2:] == [
        "if dc2 is gone for good, forget what was on it: reconciler state rm 'peering.*/dc2'",
        f"and remove what is left of it: consul peering delete -http-addr={lab.world.url('dc1')} -name=dc2",
    ]
    await app.remove_from_state(lab.options(), ["peering.*/dc2"])
    assert (await lab.plan()).deferred == ()


async def test_a_dead_row_that_is_left_is_reported_until_it_is_gone(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 3)
    mesh = lab.clusters_yaml() + "peerings: [{mesh: [dc1, dc2, dc3]}]\n"
    lab.write(mesh)
    await lab.apply()
    lab.world.down("dc3")
    lab.write(
        "".join(line for line in mesh.splitlines(keepends=True) if "  dc3" not in line).replace(", dc3", "")
    )
    await app.remove_from_state(lab.options(), ["peering.*/dc3"])
    lab.clear()

    for mode in (Mode.NORMAL, Mode.REFRESH_ONLY):
        warnings = (await lab.plan(mode)).warnings
        assert [text for text in warnings if "FAILING" in text] == [
            f'{name} has a peering "dc3" that is FAILING, and neither declared nor recorded. If its other '
            "end is gone for good, remove it: "
            f"consul peering delete -http-addr={lab.world.url(name)} -name=dc3"
            for name in ("dc1", "dc2")
        ]

    lab.call("dc1", "DELETE", "/v1/peering/dc3")
    assert ["dc2" in text for text in (await lab.plan()).warnings if "FAILING" in text] == [True]


async def test_a_healthy_peering_of_others_is_no_business_of_ours(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 3)
    lab.write(lab.clusters_yaml() + "peerings: [{mesh: [dc1, dc2, dc3]}]\n")
    await lab.apply()
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n")
    await app.remove_from_state(lab.options(), ["peering.*/dc3"])
    assert (await lab.plan()).warnings == ()
