"""Every entry of the corpus against the sandbox, in process."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler_consul import ConsulProvider
from tests.support.entries.certificates import inline_certificate
from tests.support.entries.checks import Site, entry_life
from tests.support.entries.corpus import CLUSTER, Sample, batches, corpus
from tests.support.entries.lab import EntryLab
from tests.support.entries.refusals import is_refused
from tests.support.entries.steps import check_a_refused_step_waits, check_a_widening_goes_on_from_what_it_left

VERSION = "1.20"
ENTERPRISE = [s for s in corpus() if s.edition == "enterprise" and s.fits(VERSION)]
COMMUNITY = [s for s in corpus() if s.edition == "community" and s.fits(VERSION)]


@pytest.fixture
def world() -> World:
    return World([ClusterSpec(CLUSTER, version=VERSION, port=8500)], clock=time.monotonic, delays=False)


@pytest.fixture
def site(world: World) -> Site:
    def call(method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        reply = world.handle(CLUSTER, Request(method, path, "", {}, content))
        assert isinstance(reply, Response)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    return Site(call, lambda: [r.path for r in world.requests if r.method in ("PUT", "DELETE")])


@pytest.fixture
async def lab(world: World) -> AsyncIterator[EntryLab]:
    settings = Settings(transports={CLUSTER: SandboxTransport(world)})
    provider = ConsulProvider({CLUSTER: ClusterConfig(CLUSTER, world.url(CLUSTER))}, settings)
    yield EntryLab(provider, world.url(CLUSTER))
    await provider.close()


@pytest.mark.long
@pytest.mark.parametrize("batch", batches(COMMUNITY), ids=lambda batch: batch[0].name)
async def test_declared_applied_planned_again(lab: EntryLab, site: Site, batch: list[Sample]) -> None:
    tally = await entry_life(lab, site, batch, applied=3, planned=6)
    assert len(tally.refused) <= max(2, tally.tried // 5), tally.refused


async def test_an_inline_certificate(lab: EntryLab, site: Site, tmp_path: Path) -> None:
    await entry_life(lab, site, [inline_certificate(tmp_path)], applied=1, planned=1)


@pytest.mark.parametrize("sample", ENTERPRISE, ids=lambda sample: sample.name)
async def test_what_community_edition_refuses(lab: EntryLab, sample: Sample) -> None:
    await is_refused(lab, sample)


async def test_what_enterprise_fills_in_may_be_declared(lab: EntryLab, site: Site) -> None:
    spelled_out = [sample for sample in corpus() if sample.edition == "either"]
    await entry_life(lab, site, spelled_out, applied=0, planned=6)


async def test_a_refused_step_waits_for_others_and_is_tried_again(lab: EntryLab) -> None:
    await check_a_refused_step_waits(lab)


async def test_a_widened_entry_goes_on_from_what_was_left(lab: EntryLab) -> None:
    await check_a_widening_goes_on_from_what_it_left(lab)
