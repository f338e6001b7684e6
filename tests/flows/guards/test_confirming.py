"""What has to be confirmed by its address, and what does not do it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.failure import Failure
from reconciler.model.guarding.permits import Permits
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.sdk.address import Address
from tests.support.lab import Lab

PEERING = Address("peering", "dc1", "dc2")
BOTH = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""
KEPT = "service_defaults: {dc1: {api: {protocol: http}}}\n"


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + BOTH + KEPT)
    await lab.apply()
    lab.write('safety: {confirm: ["peering.*"]}\n', "reconciler.yaml")
    lab.clear()
    return lab


def texts(addresses: tuple[Address, ...]) -> list[str]:
    return sorted(map(str, addresses))


async def save(lab: Lab, plan: Plan) -> Path:
    app.save_plan(plan, lab.folder / "plan.json")
    return lab.folder / "plan.json"


async def test_what_is_destroyed_is_asked_for_and_what_is_changed_is_not(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + BOTH + KEPT.replace("http", "grpc"))
    assert (await lab.plan()).safety.to_confirm == ()
    lab.write(lab.clusters_yaml() + KEPT)
    plan = await lab.plan()
    assert "peering.dc1/dc2" in texts(plan.safety.asked)
    assert texts(plan.safety.confirm) == ["peering.dc1/dc2"]


async def test_a_link_is_asked_for_also_where_no_access_goes_with_it(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n" + KEPT)
    lab.given = {"permits": Permits(confirmed=(PEERING,))}
    await lab.apply()
    lab.write(lab.clusters_yaml() + KEPT)
    assert (await lab.plan()).safety.asked == (PEERING,)


async def test_a_change_that_closes_is_asked_for_where_the_operator_lists_it(lab: Lab) -> None:
    lab.write('safety: {confirm: ["service_intentions.*"]}\n', "reconciler.yaml")
    lab.write(lab.clusters_yaml() + BOTH.replace("allow", "deny") + KEPT)
    plan = await lab.plan()
    assert (plan.safety.asked, texts(plan.safety.confirm)) == ((), ["service_intentions.dc1/api"])


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.DESTROY])
async def test_a_yes_alone_does_not_confirm_it(mode: Mode, lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + KEPT)
    with pytest.raises(Failure, match="1 resource must be confirmed") as shown:
        await lab.apply(mode)
    assert shown.value.exit_code == 4
    assert "--confirm peering.dc1/dc2" in shown.value.hint
    assert lab.writes == []


async def test_a_saved_plan_does_not_confirm_it_either(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + KEPT)
    saved = await save(lab, await lab.plan())

    async def apply() -> app.ApplyResult:
        return await app.apply(
            lab.options(), Mode.NORMAL, Selection(), approve=lambda _: True, observe=lab.events.append,
            stop=app.Stop(), saved=saved,
        )  # fmt: skip

    with pytest.raises(Failure, match="must be confirmed"):
        await apply()
    lab.given = {"permits": Permits(confirmed=(PEERING,))}
    done = await apply()
    assert done.outcome is not None
    assert done.outcome.destroyed == 3


async def test_another_address_does_not_confirm_it(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + KEPT)
    lab.given = {"permits": Permits(confirmed=(Address("peering", "dc2", "dc1"),))}
    with pytest.raises(Failure, match="must be confirmed"):
        await lab.apply()


async def test_an_answer_with_addresses_confirms_them(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + KEPT)
    done = await app.apply(
        lab.options(), Mode.NORMAL, Selection(), approve=lambda _: app.Approval(True, (PEERING,)),
        observe=lab.events.append, stop=app.Stop(),
    )  # fmt: skip
    assert done.outcome is not None


async def test_without_a_list_a_yes_is_enough(lab: Lab) -> None:
    (lab.folder / "reconciler.yaml").unlink()
    lab.write(lab.clusters_yaml() + KEPT)
    assert (await lab.apply()).outcome is not None
