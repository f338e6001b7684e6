"""What `graph` draws: the topology of a world; dependencies of a configuration or a plan. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.app.options import Options
from reconciler.app.planning.planfile import load_plan
from reconciler.app.reaching.choice import WorldChoice
from reconciler.app.reaching.choosing import asked_world
from reconciler.app.reaching.world import AskedWorld, Part
from reconciler.app.workspace.configuring import read_configuration
from reconciler.model.change import Action
from reconciler.model.plan import Plan
from reconciler.model.topology import Dependencies, TopologyResult
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.question import ANY_REQUEST
from reconciler.sdk.access.topology import Link, Topologies, Topology
from reconciler.sdk.address import Address

REGION = "region"  # the label that clusters are grouped by, where no other is named


async def draw_topology(
    options: Options, choice: WorldChoice, *, group_by: str = REGION, flows: bool = False
) -> TopologyResult:
    """Return the topology of a world, clusters grouped by a label of the configuration.

    With a plan, what it destroys is still part of it. `flows`: also the calls between clusters that may be
    answered, which takes long for many services. Raises `Failure` as `ask` does.
    """
    world = await asked_world(options, choice)
    plan = load_plan(choice.plan) if choice.plan is not None else None
    return TopologyResult(
        _whole(tuple(_topology(part, plan) for part in world.parts)),
        choice.source,
        file=str(choice.plan or choice.snapshot or ""),
        taken_at=world.taken_at,
        groups=_groups(world, group_by),
        actions=_actions(plan),
        undecided=frozenset(one.address for one in (plan.deferred if plan is not None else ())),
        flows=tuple(flow for part in world.parts for flow in _flows(part)) if flows else None,
    )


def dependencies(options: Options, choice: WorldChoice) -> Dependencies:
    """Return what depends on what: declared, or with a plan what its actions wait for. Raises `Failure`."""
    if choice.plan is not None:
        plan = load_plan(choice.plan)
        return Dependencies({one.address: one.waits_for for one in plan.actions}, _actions(plan))
    resources = read_configuration(options).desired.resources
    return Dependencies({address: resources[address].depends_on for address in sorted(resources)})


def _topology(part: Part, plan: Plan | None) -> Topology:
    """Return a part's topology, with what the plan destroys put back into it."""
    if not isinstance(part.provider, Topologies):
        return Topology()
    gone = {
        one.address: one.before
        for one in (plan.actions if plan is not None else ())
        if one.action is Action.DELETE and one.after is None and one.before is not None
    }
    with plugin_call("provider", "topology"):
        found = part.provider.topology(part.provider.changed(part.world, gone) if gone else part.world)
        return found if part.before is None else _as_it_is(found, part.provider.topology(part.before))


def _as_it_is(found: Topology, before: Topology) -> Topology:
    """Return the topology with the states that peerings have now: a plan says what becomes of them."""
    now = {_ends(link): link for link in before.links}
    return replace(found, links=tuple(_with_state(link, now.get(_ends(link))) for link in found.links))


def _with_state(link: Link, now: Link | None) -> Link:
    if now is None:
        return link
    one, other = now.state_at_acceptor, now.state_at_dialer
    if link.acceptor != now.acceptor:
        one, other = other, one
    return replace(link, state_at_acceptor=one, state_at_dialer=other, well=now.well)


def _ends(link: Link) -> frozenset[tuple[str, str]]:
    """Return what identifies a peering in both topologies: a plan may exchange acceptor and dialer."""
    return frozenset({(link.acceptor, link.name_at_acceptor), (link.dialer, link.name_at_dialer)})


def _whole(parts: tuple[Topology, ...]) -> Topology:
    sites = tuple(site for part in parts for site in part.sites)
    return Topology(sites, tuple(link for part in parts for link in part.links))


def _groups(world: AskedWorld, label: str) -> dict[str, str]:
    if world.configuration is None:
        return {}
    clusters = world.configuration.desired.clusters.values()
    return {one.name: one.labels[label] for one in clusters if label in one.labels}


def _actions(plan: Plan | None) -> Mapping[Address, Action]:
    return {one.address: one.action for one in plan.actions} if plan is not None else {}


def _flows(part: Part) -> list[Answer]:
    """Return the answers between clusters by which a request may be answered."""
    return [
        answer
        for answer in part.analysis.pairs(None, None, ANY_REQUEST)
        if answer.question.to is not None
        and answer.question.to.cluster != answer.question.caller.cluster
        and answer.may_succeed
    ]
