"""One cluster of three is dead, with hundreds of objects on it: it is probed, and the others are served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler import app
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.plan import Mode, Selection
from tests.support.lab import Lab, UseCases

OBJECTS = 300
# Two attempts where it never answered in this run; five more where it did and then went.
PROBE, PATIENCE = 2, 5


class Wire(httpx.AsyncBaseTransport):
    """To one cluster, through the sandbox's transport, for so many requests as `passes` says."""

    def __init__(self, lab: Lab) -> None:
        self.inner = SandboxTransport(lab.world)
        self.passes: int | None = None
        self.refused = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.passes == 0:
            self.refused += 1
            raise httpx.ConnectError("refused", request=request)
        self.passes = None if self.passes is None else self.passes - 1
        return await self.inner.handle_async_request(request)


class UnreachableLab(UseCases):
    """dc1 to dc3, peered; dc2 has hundreds of entries and dies."""

    def __init__(self, folder: Path) -> None:
        self.lab = Lab(folder)
        self.events = self.lab.events
        self.wire = Wire(self.lab)
        listed = "".join(
            f"    - {{Kind: service-defaults, Name: s{n}, Protocol: http}}\n" for n in range(OBJECTS)
        )
        self.declare(listed)

    def declare(self, listed: str) -> None:
        more = "    - {Kind: service-defaults, Name: other, Protocol: http}\n"
        peerings = "peerings: [{mesh: [dc1, dc2, dc3]}]\n"
        entries = f"config_entries:\n  dc2:\n{listed}  dc1:\n{more}"
        self.lab.write(self.lab.clusters_yaml() + peerings + entries)

    def options(self, **more: Any) -> app.Options:
        options = self.lab.options(**more)
        return replace(options, transports={**options.transports, "dc2": self.wire})


@pytest.fixture(autouse=True)
def down_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.sdk.http.circuit.DOWN_FOR", 600.0)
    monkeypatch.setattr("reconciler.sdk.http.retry.RetryPolicy.pause", lambda *_: 0.0)


async def test_dead_from_the_start(tmp_path: Path) -> None:
    away = UnreachableLab(tmp_path)
    away.wire.passes = 0

    planned = await away.plan()
    assert away.wire.refused == PROBE
    assert len(planned.deferred) >= OBJECTS
    assert "peering.dc1/dc3" in {str(change.address) for change in planned.actions}

    away.wire.refused = 0
    applied = await away.apply()
    assert applied.outcome is not None
    assert away.wire.refused == PROBE
    assert "service_defaults.dc1/other" in {str(address) for address in (await away.lab.state()).resources}


@pytest.mark.long
@pytest.mark.parametrize("what", ["plan", "drift", "rotate", "destroy"])
async def test_dead_after_everything_stood(tmp_path: Path, what: str) -> None:
    away = UnreachableLab(tmp_path)
    await away.apply()
    away.wire.passes = 0

    if what == "plan":
        await app.plan(away.options(), Mode.NORMAL, Selection())
    elif what == "drift":
        await app.drift(away.options(), Selection())
    elif what == "destroy":
        await away.apply(Mode.DESTROY)
    else:
        await app.rotate(
            away.options(),
            ["*"],
            approve=lambda planned: True,
            observe=away.lab.events.append,
            stop=app.Stop(),
        )
    assert away.wire.refused == PROBE


async def test_dead_in_the_middle_of_an_apply(tmp_path: Path) -> None:
    away = UnreachableLab(tmp_path)
    away.wire.passes = 60

    applied = await away.apply()

    assert applied.outcome is not None
    assert len(applied.outcome.failed) > OBJECTS / 2
    assert away.wire.refused <= 10 + PATIENCE  # what was in flight, and one who tried again
    recorded = {str(address) for address in (await away.lab.state()).resources}
    assert {"service_defaults.dc1/other", "peering.dc1/dc3"} <= recorded

    away.wire.passes = None
    again = await away.apply()
    assert again.outcome is not None
    assert not again.outcome.failed
    assert not (await away.plan()).has_changes
