"""`validate --online` on real servers: what they say against a configuration; nothing once it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import app
from tests.live.conftest import running
from tests.support.agents import Agent, binaries

pytestmark = [pytest.mark.live, pytest.mark.row("versions")]
VERSIONS = list(binaries())
GATEWAY = {"Name": "mesh-gateway", "Kind": "mesh-gateway", "Port": 8443, "Address": "127.0.0.1"}


@pytest.fixture(params=VERSIONS or ["none"])
def agents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Agent]]:
    yield from running(request.param, 2, tmp_path, acl=False)


async def codes(folder: Path, agents: list[Agent], default: str, caller: str) -> list[str]:
    one, other = (agent.address for agent in agents)
    sources = f'[{{from: {caller}@dc2, action: allow}}, {{from: "*@*", action: deny}}]'
    (folder / "main.yaml").write_text(
        f'clusters:\n  dc1: {{address: "{one}", default_intention: {default}}}\n'
        f'  dc2: {{address: "{other}"}}\n'
        "peerings: [{between: [dc1, dc2]}]\nexports: {dc1: {api: [dc2]}}\n"
        f"intentions: {{dc1: {{api: {sources}}}}}\n"
        "proxy_defaults: {dc2: {mesh_gateway: {mode: local}}}\n"
    )
    found = await app.validate_online(app.Options(root=folder, environ={}))
    return sorted({item.code for item in found.diagnostics})


async def test_what_clusters_say_is_found_and_gone_once_it_is_mended(
    agents: list[Agent], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    assert await codes(folder, agents, "deny", "wbe") == [
        "no-gateway",
        "no-local-gateway",
        "other-default-intention",
        "unregistered-service",
    ]
    for agent, name in zip(agents, ("api", "web"), strict=True):
        agent.call("PUT", "/v1/agent/service/register", {"Name": name, "Port": 80})
        agent.call("PUT", "/v1/agent/service/register", GATEWAY)
    assert await codes(folder, agents, "allow", "web") == []
