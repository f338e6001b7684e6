"""Drawn worlds: whatever is drawn, `access` answers what real requests do. `python -m tests.traffic.campaign`
draws many more."""

from __future__ import annotations

import os

import pytest

from tests.traffic.campaign.replaying import confirmed
from tests.traffic.campaign.running import campaign
from tests.traffic.conftest import chosen_versions, skip_without

WORLDS, REQUESTS = 4, 25
SEED = int(os.environ.get("RECONCILER_TRAFFIC_SEED", "1"))


@pytest.mark.parametrize("version", chosen_versions())
def test_drawn_worlds_are_answered_as_real_requests_are(version: str) -> None:
    skip_without(version)
    done = list(campaign(version, SEED, WORLDS, REQUESTS))

    suspected = [differing for one in done for differing in one.differing]
    assert {line["id"]: found for line, found in confirmed(version, suspected)} == {}
    assert sum(len(one.lines) for one in done) > WORLDS * REQUESTS * 0.8
