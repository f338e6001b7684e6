"""Pairs of seeds: what their plans say of access, compared."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from reconciler.model.plan import Mode, Plan
from reconciler.model.reaching.diff import Risk
from tests.support.virtual import Clock, virtual_time
from tests.transitions.configurations.flavours import Flavour
from tests.transitions.configurations.pairs import Pair, judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.saying.comparing import misses, unexplained
from tests.transitions.saying.lab import UNNAMED, Lab
from tests.transitions.saying.worlds import declared, matrix

CLOCK = Clock()


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
    before, after = matrix(kind, known.before), matrix(kind, known.after)
    found = [f"declared: {text}" for text in misses(plan, before, after, known.named)]
    if _has_subsets(one):
        return [*problems, *found, *unexplained(kind, one, plan, known.named)], plan
    found += [f"live: {text}" for text in misses(plan, live, live_after, known.named)]
    return [*problems, *found, *unexplained(kind, one, plan, known.named)], plan


def _has_subsets(one: Pair) -> bool:
    """Whether answers may rest on which instances are in a subset: a plan does not look at what runs."""
    return "Subsets" in one.before.text + one.after.text


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
