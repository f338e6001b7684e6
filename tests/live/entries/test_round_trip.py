"""Every entry of the corpus against real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler_consul import ConsulProvider
from reconciler_consul.kinds.names import single_name
from reconciler_consul.server.capabilities import kinds, lacks, parse
from tests.support.agents import Agent
from tests.support.entries.certificates import inline_certificate
from tests.support.entries.checks import Site, entry_life
from tests.support.entries.corpus import CLUSTER, batches, corpus
from tests.support.entries.fields import fields, known_in, outermost, skeleton, unknown_keys
from tests.support.entries.lab import EntryLab
from tests.support.entries.refusals import is_refused
from tests.support.entries.steps import check_a_refused_step_waits, check_a_widening_goes_on_from_what_it_left

pytestmark = pytest.mark.live


@pytest.fixture
def site(agent: Agent) -> Site:
    def call(method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        return agent.call(method, path, body)

    return Site(call, lambda: written(agent))


def written(agent: Agent) -> list[int]:
    """The index of every entry: it moves with every write that changes something."""
    found = agent.call("GET", "/v1/config/")
    assert isinstance(found, list)
    return [entry["ModifyIndex"] for entry in found]


@pytest.fixture
async def lab(agent: Agent) -> AsyncIterator[EntryLab]:
    provider = ConsulProvider({CLUSTER: ClusterConfig(CLUSTER, agent.address)}, Settings())
    yield EntryLab(provider, agent.address)
    await provider.close()


def _version(agent: Agent) -> str:
    found: Any = agent.call("GET", "/v1/agent/self")
    return str(found["Config"]["Version"])


@pytest.mark.parametrize("kind", sorted(fields()))
async def test_the_server_knows_the_fields_that_are_listed_for_it_and_no_other(
    agent: Agent, site: Site, kind: str
) -> None:
    number = parse(_version(agent))
    assert number is not None
    name = {} if kind == "mesh" else {"Name": single_name(kind) or "skeleton"}
    refusal = _refusal(agent, {"Kind": kind, **name, **skeleton(kind)})
    if "invalid config entry kind" in refusal:
        item = kinds()[kind]
        assert lacks(number, item.since) or item.enterprise
        return
    assert unknown_keys(refusal) == outermost(fields()[kind].keys() - known_in(kind, number))
    site.remove([(kind, name.get("Name", kind))])


def _refusal(agent: Agent, entry: Mapping[str, Any]) -> str:
    try:
        agent.call("PUT", "/v1/config", entry)
    except HTTPError as error:
        return error.read().decode()
    return ""


async def test_an_inline_certificate(agent: Agent, lab: EntryLab, site: Site, tmp_path: Path) -> None:
    sample = inline_certificate(tmp_path)
    if sample.fits(_version(agent)):
        await entry_life(lab, site, [sample], applied=1, planned=1)


async def test_what_community_edition_refuses(agent: Agent, lab: EntryLab) -> None:
    version = _version(agent)
    for sample in corpus():
        if sample.edition == "enterprise" and sample.fits(version):
            await is_refused(lab, sample)


async def test_declared_applied_planned_again(agent: Agent, lab: EntryLab, site: Site) -> None:
    version = _version(agent)
    fitting = [s for s in corpus() if s.edition == "community" and s.fits(version)]
    for batch in batches(fitting):
        tally = await entry_life(lab, site, batch, applied=6, planned=6)
        assert len(tally.refused) <= max(2, tally.tried // 5), tally.refused


async def test_what_enterprise_fills_in_may_be_declared(lab: EntryLab, site: Site) -> None:
    spelled_out = [sample for sample in corpus() if sample.edition == "either"]
    await entry_life(lab, site, spelled_out, applied=0, planned=6)


async def test_a_refused_step_waits_for_others_and_is_tried_again(lab: EntryLab) -> None:
    await check_a_refused_step_waits(lab)


async def test_a_widened_entry_goes_on_from_what_was_left(lab: EntryLab) -> None:
    await check_a_widening_goes_on_from_what_it_left(lab)
