"""A run that is stopped beyond the end of its lock writes nothing more, on every server at hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.state_place import ConsulPlace, StatePlace
from tests.backends.everywhere import EVERYWHERE, started
from tests.backends.stops import STAY, StopCampaign
from tests.support.command.servers import sandbox

LASTS = 4.0  # seconds, for a writer that is stopped


async def stops(place: StatePlace, folder: Path, environ: Mapping[str, str], **more: Any) -> None:
    done = await StopCampaign(place, folder, environ, **more).stop(2)
    assert done.stops == 2
    assert done.expired == (0 if isinstance(place, STAY) else 2)


@pytest.mark.parametrize("name", [name for name in EVERYWHERE if not name.startswith("consul")])
async def test_a_stopped_run_writes_nothing_more(name: str, tmp_path: Path) -> None:
    with started(name, tmp_path / "server") as (place, environ):
        await stops(place, tmp_path, environ, lasts=LASTS)


async def test_a_stopped_run_writes_nothing_more_to_consul(tmp_path: Path) -> None:
    with sandbox("dc1", delays=True) as running:

        def expire() -> None:
            """Let the sessions of now, and of nobody later, end soon."""
            running.world.time_scale = 0.02
            for row in running.call("dc1", "GET", "/v1/session/list"):
                running.call("dc1", "PUT", f"/v1/session/renew/{row['ID']}")
            running.world.time_scale = 1.0

        await stops(ConsulPlace("stops", running.urls["dc1"]), tmp_path, {}, expire=expire)
