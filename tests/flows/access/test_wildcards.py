"""Services that nothing names: a plan takes none to be started by it, and `*` stands for them."""

from __future__ import annotations

from reconciler import app
from reconciler.model.plan import Plan
from reconciler.model.reaching.diff import Effect, Risk
from reconciler.model.reaching.policy import Held
from tests.flows.access.conftest import WHOLE, Estate

EVERYTHING = WHOLE.replace("    api: [dc2]\n", '    api: [dc2]\n    "*": [dc2]\n', 1)
RULE = 'policies: [{deny: "* -> payments@dc1"}]\n'


def paths(plan: Plan, effect: Effect) -> list[str]:
    assert plan.access is not None
    return [str(path) for path in plan.access.of(effect)]


async def test_to_name_a_service_opens_nothing(estate: Estate) -> None:
    """It may have run before: an entry starts no instance."""
    await estate.apply()
    estate.declare(WHOLE + "service_defaults: {dc1: {shop: {protocol: http}}}\n")

    plan = await estate.plan()

    assert plan.access is not None
    assert (plan.access.paths, plan.access.risk) == ((), Risk.NONE)


async def test_an_exported_wildcard_opens_services_that_nothing_names(estate: Estate) -> None:
    await estate.apply()
    estate.declare(EVERYTHING)

    plan = await estate.plan()

    assert paths(plan, Effect.OPENS) == ["*@dc2 -> *@dc1"]


async def test_intentions_for_every_destination_are_about_services_that_nothing_names(estate: Estate) -> None:
    estate.declare(EVERYTHING)
    await estate.apply()
    every = '    "*": [{from: "*@dc2", action: deny}]\n'
    estate.declare(EVERYTHING + every)

    plan = await estate.plan()

    assert "*@dc2 -> *@dc1" in paths(plan, Effect.CLOSES)
    assert not [path for path in paths(plan, Effect.CLOSES) if "@dc1 -> *@dc1" in path], "peers only"


async def test_a_denied_name_may_be_among_them(estate: Estate) -> None:
    await estate.apply()
    estate.declare(EVERYTHING + RULE)

    plan = await estate.plan()

    (found,) = plan.policies
    assert (found.held, found.path, found.blocks) == (Held.BROKEN, "*@dc2 -> *@dc1", True)
    assert "payments may be among these: nothing names it on dc1" in found.why
    assert plan.breaks_policies


async def test_a_denied_name_that_has_intentions_of_its_own_is_not(estate: Estate) -> None:
    await estate.apply()
    closed = '    payments: [{from: "*", action: deny}, {from: "*@dc2", action: deny}]\n'
    estate.declare(EVERYTHING + closed + RULE)

    assert (await estate.plan()).policies == ()


async def test_validate_says_so_too(estate: Estate) -> None:
    text = (EVERYTHING + RULE).replace("us-prod", "far")
    estate.write(f"clusters:\n{_clusters(estate)}{text}")

    problems = await app.check_policies(estate.options())

    assert {problem.code for problem in problems} == {"policy-broken"}
    said = [problem.summary.partition(" is allowed")[0] for problem in problems]
    assert said == ["*@dc2 -> *@dc1", "web@dc2 -> *@dc1"]


def _clusters(estate: Estate) -> str:
    return "".join(
        f'  {name}: {{address: "{estate.world.url(name)}", default_intention: allow}}\n'
        for name in estate.names
    )


async def test_a_source_that_is_denied_opens_nothing(estate: Estate) -> None:
    """Beside an export that opens a service, intentions that only take something away again do not."""
    more = WHOLE.replace("    api: [dc2]\n", "    api: [dc2]\n    db: [dc2]\n", 1)
    permissions = "permissions: [{action: deny, http: {path_prefix: /admin}}]"
    http = "service_defaults: {dc1: {db: {protocol: http}}}\n"
    estate.declare(WHOLE + http)
    await estate.apply()
    estate.declare(f'{more}    db: [{{from: "*@dc2", {permissions}}}]\n{http}')

    plan = await estate.plan()

    assert plan.access is not None
    risks = {radius.address.type: radius.opens for radius in plan.access.radii}
    assert risks == {"exported_services": 1}
