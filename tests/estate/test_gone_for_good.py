"""A cluster that is gone for good: how it is given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.failure import Failure
from tests.estate.lab import Lab


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
