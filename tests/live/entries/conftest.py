from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.conftest import chosen_versions, running
from tests.support.agents import Agent


@pytest.fixture(scope="session", params=chosen_versions(every=True) or ["none"])
def agent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """One server of each version, without ACLs; 1.13 too: entries do not ask for peerings."""
    for agents in running(request.param, 1, tmp_path_factory.mktemp("entries"), acl=False):
        yield agents[0]
