"""What a plan says of access is the difference of who may call whom before and after it.

A pair of configurations is asked twice: as declared, where the services that either names run in both worlds,
and with `access --live` on sandbox servers, before the plan is carried out and after it. One service of each
cluster is named nowhere: it is among those that `*` stands for, as a caller and as a destination.

`python -m tests.transitions.diffing --pairs 300 --seed 1 --versions 1.20,1.16,1.22`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler import app
from reconciler.app import PairSelection, WorldChoice
from reconciler.app.planning.access.effects import is_answered, of_access
from reconciler.emulator import Request, Response
from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.model.plan import Mode, Plan
from reconciler.model.reaching.diff import Effect, Risk
from reconciler.model.reaching.diff import Path as Line
from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.access.protocol import Analysis, World
from reconciler.sdk.access.question import ANY, Question, Service
from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler_consul.provider import ConsulProvider
from tests.support.virtual import Clock, virtual_time
from tests.transitions.configurations.drawing import SERVICES, SUBSETS
from tests.transitions.configurations.flavours import Flavour, community
from tests.transitions.configurations.pairs import Pair, judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.lab import TrialLab

CLOCK = Clock()
UNNAMED = "unnamed"  # a service that runs everywhere and that no configuration names
Way = tuple[Service, Service]
Answers = Mapping[Way, Answer]


def with_default(version: str, default: str) -> Flavour:
    """Three clusters of a version with this default intention, which the configuration declares, too."""
    base = community(version)
    known = {"default_intention": default, "version": f"{version}.0"}
    clusters = {name: {**one, **known} for name, one in base.clusters.items()}
    specs = tuple(replace(spec, acl=default == "deny") for spec in base.specs)
    return replace(base, name=f"{version}-{default}", specs=specs, clusters=clusters)


class Lab(TrialLab):
    """Servers on which services run that answer in the mesh, each in every subset, and mesh gateways."""

    def options(self) -> app.Options:
        """Options with a token that may do everything."""
        return replace(super().options(), environ={"CONSUL_HTTP_TOKEN": MANAGEMENT_TOKEN})

    def register(self, services: Mapping[str, Sequence[str]]) -> None:
        """Register the services of each cluster."""
        here = {"Address": "10.9.8.7", "Port": 8443}
        for cluster, names in services.items():
            gateway = {"Kind": "mesh-gateway", "Name": "mesh-gateway", "ID": "gateway", **here}
            self._register(cluster, gateway | {"TaggedAddresses": {"wan": here}})
            for name in names:
                for subset in SUBSETS:
                    self._instance(cluster, name, {"Meta": {"version": subset}}, f"{name}-{subset}")

    def _instance(self, cluster: str, name: str, meta: Mapping[str, object], instance: str) -> None:
        self._register(cluster, {"Name": name, "ID": instance, "Port": 80, **meta})
        proxy = {"Kind": "connect-proxy", "Name": f"{name}-proxy", "ID": f"{instance}-proxy", "Port": 81}
        of = {"DestinationServiceName": name, "DestinationServiceID": instance}
        self._register(cluster, {**proxy, **meta, "Proxy": of})

    def _register(self, cluster: str, body: Mapping[str, object]) -> None:
        headers = {"x-consul-token": MANAGEMENT_TOKEN}
        request = Request("PUT", "/v1/agent/service/register", "", headers, json.dumps(body).encode())
        reply = self.world.handle(cluster, request)
        assert isinstance(reply, Response)
        assert reply.status == 200, reply.body

    async def live(self, services: Mapping[str, Sequence[str]]) -> Answers:
        """What `access --live` answers about all callers and these services."""
        callers = tuple(f"{name}@{cluster}" for cluster in services for name in (*SERVICES, UNNAMED, ANY))
        to = tuple(f"{name}@{cluster}" for cluster, names in services.items() for name in names)
        found = await app.ask(self.options(), WorldChoice(live=True), PairSelection(callers, to))
        return {(a.question.caller, a.question.to): a for a in found.answers if a.question.to is not None}


@dataclass(frozen=True, slots=True)
class Declared:
    """The worlds that the configurations of a pair declare, in which the same services run."""

    before: Analysis
    after: Analysis
    services: Mapping[str, Sequence[str]]

    @property
    def named(self) -> set[Service]:
        """What either world names."""
        run = {Service(cluster, name) for cluster, names in self.services.items() for name in names}
        return {*run, *self.before.services, *self.after.services}


def declared(kind: Flavour, one: Pair) -> Declared:
    """What a pair declares."""
    said = ("version", "default_intention")
    configs = {
        name: ClusterConfig(name, at["address"], **{key: at[key] for key in said})
        for name, at in kind.clusters.items()
    }
    provider = ConsulProvider(configs, Settings())
    bodies = [
        {a: item.body for a, item in side.desired.resources.items()} for side in (one.before, one.after)
    ]
    worlds = [provider.declared(objects) for objects in bodies]
    services = {name: sorted(set().union(*(_running(w, name) for w in worlds))) for name in kind.names}
    before, after = (provider.analysis(_with(world, services)) for world in worlds)
    return Declared(before, after, services)


def _running(world: World, cluster: str) -> set[str]:
    return {item["name"] for item in world["clusters"][cluster]["services"]}


def _with(world: World, services: Mapping[str, Sequence[str]]) -> World:
    clusters = {
        name: {**one, "services": [{"name": service} for service in services[name]]}
        for name, one in world["clusters"].items()
    }
    return {**world, "clusters": clusters}


def matrix(kind: Flavour, world: Analysis) -> Answers:
    """All answers of a declared world."""
    callers = [Service(cluster, name) for cluster in kind.names for name in (*SERVICES, UNNAMED, ANY)]
    to = [Service(cluster, name) for cluster in kind.names for name in (*SERVICES, ANY)]
    return {(one, other): world.answer(Question(one, other)) for one in callers for other in to}


def differing(was: Answer, will: Answer) -> bool:
    """Whether a plan is to speak of a path with these answers before and after it."""
    if _said(was) == _said(will) or not (is_answered(was) or is_answered(will)):
        return False
    change = AccessChange(was.question.caller, was.question.caller, was, will, frozenset())
    return bool(of_access(AccessChanges((), (), (change,), 0)).changed)


def _said(answer: Answer) -> tuple[object, ...]:
    shares = tuple((one.percent, one.decision, one.answered_by, one.denied_at) for one in answer.shares)
    return answer.decision, answer.answered_by, answer.denied_at, answer.conditions, shares


def effect(was: Answer, will: Answer) -> Effect:
    """What a plan is to say of a path with these answers."""
    if is_answered(was) == is_answered(will):
        return Effect.CHANGES
    return Effect.OPENS if is_answered(will) else Effect.CLOSES


def misses(plan: Plan, before: Answers, after: Answers, named: set[Service]) -> Iterator[str]:
    """Every path of which a plan says something else than these answers."""
    lines = {(path.caller, path.to): path for path in (plan.access.paths if plan.access else ())}
    for way in sorted({*before, *after}):
        nothing = Answer(Question(*way), Decision.UNREACHABLE)  # no peering: such pairs have no answer
        was, will = before.get(way, nothing), after.get(way, nothing)
        line = lines.get(way) or _standing_for(lines, way, named)
        wanted = _wanted(was, will) if differing(was, will) else None
        if wanted is None and way not in lines:
            continue  # `*` need not speak for a caller that is told apart
        rough = wanted and line and way[1] not in named  # `*` speaks for it
        if _of(line) != wanted and not (rough and line.effect is wanted[0]):
            said = f"{_said(was)}, then {_said(will)}; the plan says {line and _of(line)}"
            yield f"{way[0]} -> {way[1]}: {said}"


def _standing_for(lines: Mapping[Way, Line], way: Way, named: set[Service]) -> Line | None:
    caller, to = way
    callers = (caller, Service(caller.cluster, ANY))
    targets = (to,) if to in named or to.name == ANY else (Service(to.cluster, ANY),)
    return next((lines[one, other] for other in targets for one in callers if (one, other) in lines), None)


def _wanted(was: Answer, will: Answer) -> tuple[object, ...]:
    return effect(was, will), was.decision, will.decision, was.conditions, will.conditions


def _of(line: Line | None) -> tuple[object, ...] | None:
    if line is None:
        return None
    return line.effect, line.before, line.after, line.was, line.conditions


def unexplained(kind: Flavour, one: Pair, plan: Plan) -> Iterator[str]:
    """Every path of a plan that no action claims, and every action that claims nothing and yet changes who
    may call whom where the actions are carried out one after the other.
    """
    claimed = {radius.address for radius in plan.access.done} if plan.access else set()
    for path in plan.access.paths if plan.access else ():
        if not path.objects or not claimed.issuperset(path.objects):
            yield f"{path} is of {[str(address) for address in path.objects]}: no action says so"
    provider = ConsulProvider({}, Settings())
    known = declared(kind, one)
    world = provider.declared({a: item.body for a, item in one.before.desired.resources.items()})
    world = _with(provider.declared({}, over=_told(kind, world)), known.services)
    before = matrix(kind, provider.analysis(world))
    for change in plan.actions:
        world = provider.changed(world, {change.address: change.after})
        if change.address in claimed:
            before = {}
            continue
        before = before or matrix(
            kind, provider.analysis(provider.changed(world, {change.address: change.before}))
        )
        after = matrix(kind, provider.analysis(world))
        for way in after:
            if differing(before[way], after[way]):
                yield f"{change.action.value} {change.address} says nothing, and changes {way[0]} -> {way[1]}"
        before = after


def _told(kind: Flavour, world: World) -> World:
    """A world with what the clusters of a flavour declare of themselves."""
    said = ("version", "default_intention")
    clusters = {
        name: {**one, **{key: kind.clusters[name][key] for key in said}}
        for name, one in world["clusters"].items()
    }
    missing = {
        name: {"services": [], "config_entries": [], "gateway": True, **kind.clusters[name]}
        for name in kind.names
    }
    return {**world, "clusters": {**missing, **clusters}}


async def compared(kind: Flavour, one: Pair, place: Path) -> tuple[list[str], Plan | None]:
    """What is wrong with what the plan of a pair says of access, and that plan."""
    if not one.after.desired.resources:
        return [], None
    known = declared(kind, one)
    services = {cluster: [*names, UNNAMED] for cluster, names in known.services.items()}
    with virtual_time(CLOCK):
        lab = Lab(kind, Path(tempfile.mkdtemp(dir=place)), None, CLOCK)
        lab.register(services)
        lab.declare(one.before.text)
        ran = await lab.apply(Mode.NORMAL if one.before.desired.resources else Mode.DESTROY)
        live = await lab.live(services)
        lab.declare(one.after.text)
        plan = await lab.plan()
        problems = [*ran.problems, *(await lab.apply()).problems]
        live_after = await lab.live(services)
    as_declared = misses(plan, matrix(kind, known.before), matrix(kind, known.after), known.named)
    found = [f"declared: {text}" for text in as_declared]
    found += [f"live: {text}" for text in misses(plan, live, live_after, known.named)]
    return [*problems, *found, *unexplained(kind, one, plan)], plan


async def many(kind: Flavour, seeds: range) -> tuple[list[str], Counter[str]]:
    """What is wrong with the pairs of these seeds, and counts."""
    counts: Counter[str] = Counter()
    out = []
    with quick(), tempfile.TemporaryDirectory() as name:
        asks = judge(kind, Path(name))
        for seed in seeds:
            found, plan = await compared(kind, pair(seed, kind, asks), Path(name))
            out += [f"{kind.name} seed {seed}: {text}" for text in found]
            access = plan.access if plan is not None else None
            counts.update(pairs=1, wrong=bool(found), paths=len(access.paths) if access else 0)
            counts["with risk"] += bool(access and access.risk is not Risk.NONE)
    return out, counts


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.transitions.diffing", description=__doc__)
    parser.add_argument(
        "--pairs", type=int, default=100, help="pairs in all, spread over versions and defaults"
    )
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--versions", default="1.20,1.16,1.22", help="of the sandbox, comma-separated")
    given = parser.parse_args()
    kinds = [(version, default) for version in given.versions.split(",") for default in ("allow", "deny")]
    counts: Counter[str] = Counter()
    for version, default in kinds:
        seeds = range(given.seed, given.seed + -(-given.pairs // len(kinds)))
        found, some = asyncio.run(many(with_default(version, default), seeds))
        counts += some
        print(*found, sep="\n", end="\n" if found else "")
        print(f"{version} {default}: {dict(some)}", flush=True)
    print(dict(counts))
    sys.exit(bool(counts["wrong"]))


if __name__ == "__main__":
    main()
