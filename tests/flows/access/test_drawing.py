"""Drawing: the topology of each world, and what depends on what."""

from __future__ import annotations

from reconciler import app
from reconciler.app import WorldChoice
from reconciler.model.change import Action
from reconciler.model.plan import Mode, Selection
from reconciler.model.topology import TopologyResult
from reconciler.render.graph.as_dot import topology_dot
from reconciler.render.graph.labels import COLOURS, link_class, state_words
from reconciler.render.graph.svg import topology_svg
from reconciler.sdk.address import Address
from tests.flows.access.conftest import Estate

PEERING = Address("peering", "dc1", "dc2")


async def test_what_is_declared_is_drawn_without_any_request(estate: Estate) -> None:
    estate.clear()
    result = await app.draw_topology(estate.options(), WorldChoice())
    assert [site.name for site in result.topology.sites] == ["dc1", "dc2"]
    assert [str(link.address) for link in result.topology.links] == ["peering.dc1/dc2"]
    assert (estate.reads, result.flows) == ([], None)


async def test_live_peerings_have_their_states(applied: Estate) -> None:
    result = await app.draw_topology(applied.options(), WorldChoice(live=True))
    assert [link.well for link in result.topology.links] == [True]


async def test_flows_are_calls_between_clusters_that_may_be_answered(estate: Estate) -> None:
    result = await app.draw_topology(estate.options(), WorldChoice(), flows=True)
    calls = [f"{one.question.caller} -> {one.question.to}" for one in result.flows or ()]
    assert "web@dc2 -> api@dc1" in calls


async def test_what_a_plan_destroys_is_drawn_as_that(applied: Estate) -> None:
    applied.declare("intentions: {dc1: {api: [{from: '*', action: allow}]}}\n")
    planned = await app.plan(applied.options(), Mode.NORMAL, Selection())
    file = applied.folder / "plan.json"
    app.save_plan(planned.plan, file)
    result = await app.draw_topology(applied.options(), WorldChoice(plan=file))
    assert result.actions[PEERING] is Action.DELETE
    assert [link_class(result, link) for link in result.topology.links] == ["delete"]
    waits = app.dependencies(applied.options(), WorldChoice(plan=file))
    assert waits.actions[PEERING] is Action.DELETE


async def test_what_a_plan_destroys_has_the_state_that_it_has_now(applied: Estate) -> None:
    applied.world.cut("dc1", "dc2")
    result = await drawn_without_peering(applied)
    (link,) = result.topology.links
    assert (link_class(result, link), state_words(link), link.well) == ("delete", "FAILING", False)
    picture = topology_svg(result)
    assert '<path class="ailing delete" ' in picture
    assert 'class="link delete"' in picture
    assert ">FAILING<" in picture
    assert f'color = "{COLOURS["delete"]}:{COLOURS["broken"]}"' in topology_dot(result)


async def drawn_without_peering(applied: Estate) -> TopologyResult:
    """Draw a plan that destroys the peering."""
    applied.declare("intentions: {dc1: {api: [{from: '*', action: allow}]}}\n")
    planned = await app.plan(applied.options(), Mode.NORMAL, Selection())
    file = applied.folder / "plan.json"
    app.save_plan(planned.plan, file)
    return await app.draw_topology(applied.options(), WorldChoice(plan=file))


async def test_dependencies_are_those_of_the_configuration(estate: Estate) -> None:
    graph = app.dependencies(estate.options(), WorldChoice())
    assert PEERING in graph.edges[Address("exported_services", "dc1", "default")]
    assert not graph.actions
