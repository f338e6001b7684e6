"""Policies in `validate --online`: what the clusters say of themselves decides; the rest stays unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.emulator import ClusterSpec, World
from reconciler.emulator.serve.options import MANAGEMENT_TOKEN
from reconciler.model.diagnostic import Diagnostic
from tests.flows.access.conftest import WHOLE, Estate
from tests.support.virtual import CLOCK

LOCAL = 'policies: [{deny: "shop@dc1 -> api@dc1"}]\n'
ABOUT_DC1 = "depends on: the default intention of dc1 is not known"
NORMALIZED = """peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
service_defaults: {dc1: {api: {protocol: http}}}
intentions:
  dc1:
    api:
      - from: web@dc2
        permissions:
          - {action: deny, http: {path_exact: /v1/admin}}
          - {action: allow, http: {path_prefix: /}}
      - {from: "*@dc2", action: deny}
policies: [{deny: "web@dc2 -> api@dc1", path: /v1/%61dmin}]
"""


async def found(estate: Estate, *, online: bool = True) -> list[Diagnostic]:
    """Return what is said of policies."""
    options = estate.options()
    said = await app.validate_online(options) if online else app.validate(options)
    said = await app.with_policies(said, options)
    return [item for item in said.diagnostics if item.code.startswith("policy-")]


async def codes(estate: Estate, *, online: bool = True) -> list[str]:
    """Return the rules of what is said of policies."""
    return [item.code for item in await found(estate, online=online)]


def deny(estate: Estate, path: str) -> None:
    """The token may not read this on dc1."""
    fault = {"path": path, "status": 403, "body": "Permission denied", "times": None}
    estate.world.faults.add("answer", cluster="dc1", **fault)


def with_acls(folder: Path, default: str) -> Estate:
    """An estate whose clusters have ACLs, and this default policy."""
    lab = Estate(folder, 2)
    lab.specs = [
        ClusterSpec(name, acl=True, default_policy=default, port=8500 + 20 * i)
        for i, name in enumerate(lab.names)
    ]
    lab.world = World(lab.specs, clock=CLOCK, delays=False)
    lab.environ = {f"RECONCILER_TOKEN_{name.upper()}": MANAGEMENT_TOKEN for name in lab.names}
    lab.declare(WHOLE + LOCAL)
    return lab


@pytest.mark.parametrize(("default", "said"), [("allow", ["policy-broken"]), ("deny", [])])
async def test_the_default_intention_is_the_one_of_the_cluster(
    tmp_path: Path, default: str, said: list[str]
) -> None:
    lab = with_acls(tmp_path, default)
    assert await codes(lab, online=False) == ["policy-undecided"]
    assert await codes(lab) == said


async def test_what_runs_counts_where_another_one_is_declared(estate: Estate) -> None:
    estate.declare(WHOLE + LOCAL)
    text = (estate.folder / "main.yaml").read_text()
    estate.write(text.replace("labels: {env: prod}", "default_intention: deny"))
    assert await codes(estate, online=False) == []
    assert await codes(estate) == ["policy-broken"]


async def test_a_token_that_may_not_read_the_agent_leaves_it_unknown(estate: Estate) -> None:
    estate.declare(WHOLE + LOCAL)
    deny(estate, "/v1/agent/self")
    (one,) = await found(estate)
    assert one.code == "policy-undecided"
    assert one.summary.endswith(ABOUT_DC1)


async def test_what_is_declared_counts_of_a_cluster_that_does_not_answer(estate: Estate) -> None:
    estate.declare(WHOLE + LOCAL)
    estate.world.faults.down.add("dc1")
    (one,) = await found(estate)
    assert one.summary.endswith(ABOUT_DC1)
    text = (estate.folder / "main.yaml").read_text()
    estate.write(text.replace("labels: {env: prod}", "default_intention: allow"))
    assert await codes(estate) == ["policy-broken"]


async def test_only_the_cluster_that_does_not_answer_is_unknown(estate: Estate) -> None:
    both = WHOLE + '  dc2:\n    web: [{from: "api@dc1", action: deny}]\n'
    estate.declare(both + 'policies: [{deny: "shop@dc1 -> api@dc1"}, {deny: "shop@dc2 -> web@dc2"}]\n')
    estate.world.faults.down.add("dc1")
    unknown, broken = await found(estate)
    assert (unknown.code, broken.code) == ("policy-undecided", "policy-broken")
    assert unknown.summary.endswith(ABOUT_DC1)
    assert broken.summary.startswith("shop@dc2 -> web@dc2 is allowed")


async def test_it_is_known_where_services_may_not_be_listed(estate: Estate) -> None:
    estate.declare(WHOLE + LOCAL)
    deny(estate, "/v1/catalog/services")
    assert await codes(estate) == ["policy-broken"]


async def test_the_version_is_the_one_of_the_cluster(tmp_path: Path) -> None:
    """Servers of 1.22 normalize the path of a request before they compare it; those of 1.20.0 do not."""
    for version, said in (("1.20", ["policy-broken"]), ("1.22", [])):
        lab = Estate(tmp_path, 2, version=version)
        lab.declare(NORMALIZED)
        assert await codes(lab, online=False) == ["policy-undecided"]
        assert await codes(lab) == said
