"""What has to hold for every entry in every world, said once: see `entry_life`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.change import Action, Change, FieldChange, Reason
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Invalid
from tests.support.entries.corpus import Key, Raw, Sample, key_of, rank
from tests.support.entries.lab import EntryLab
from tests.support.entries.mutate import Mutation, mutations, plain

Call = Callable[[str, str, Mapping[str, Any] | None], Any]


@dataclass
class Site:
    """One cluster behind the tool's back: `call` is a request, `writes` counts those of everybody."""

    call: Call
    writes: Callable[[], object]

    def put(self, entry: Raw) -> None:
        assert self.call("PUT", "/v1/config", entry) is True

    def remove(self, keys: Iterable[Key]) -> None:
        for kind, name in sorted(keys, key=rank, reverse=True):
            self.call("DELETE", f"/v1/config/{kind}/{name}", None)


@dataclass
class Tally:
    """How many changes of single leaves were tried, and which the server refused."""

    tried: int = 0
    refused: list[str] = field(default_factory=list)


async def entry_life(lab: EntryLab, site: Site, batch: Sequence[Sample], applied: int, planned: int) -> Tally:
    """Declare, apply, plan again: nothing. Change one leaf: exactly that leaf, also when changed by hand.

    Of each entry `planned` leaves are changed in plans and `applied` of them on the server.
    """
    tally = Tally()
    needs = {key_of(need): need for sample in batch for need in sample.needs}
    for key in sorted(needs, key=rank):
        site.put(needs[key])
    try:
        await _settles(lab, site, batch)
        await _changes(lab, site, batch, (applied, planned), tally)
    finally:
        site.remove({sample.key for sample in batch} - needs.keys())
        site.remove(needs)
        lab.memory.resources.clear()
    return tally


async def _settles(lab: EntryLab, site: Site, batch: Sequence[Sample]) -> None:
    bodies = {sample.address: sample.entry for sample in batch}
    first = await lab.plan(bodies)
    assert {change.action for change in first.changes} == {Action.CREATE}
    everything_done(await lab.apply(first))
    again = await lab.plan(bodies)
    quiet(again)
    # What servers fill in was added by no one.
    assert {str(change.address): change.additions for change in again.changes if change.additions} == {}
    before = site.writes()
    everything_done(await lab.apply(await lab.plan(bodies)))
    assert site.writes() == before
    adopted = await lab.plan(bodies, forgetful=True)
    assert all(change.adopt for change in adopted.changes)
    quiet(adopted)


def everything_done(failed: Mapping[Address, Exception]) -> None:
    """Nothing failed; what was written reads back as it was declared."""
    assert not failed, _text({str(address): [error] for address, error in failed.items()})


def quiet(plan: Plan) -> None:
    """Nothing is planned, nothing drifted, nothing is noted."""
    loud = {str(change.address): _said(change) for change in plan.changes if _said(change)}
    assert not loud, _text(loud)
    assert not plan.deferred


def _said(change: Change) -> list[object]:
    quiet = change.action is Action.NO_OP
    out: list[object] = [] if quiet else [change.action.value, *map(_line, change.fields)]
    out += [f"drift {_line(item)}" for item in change.drift.fields]
    return [*out, *(f"unmanaged {'.'.join(path)}" for path in change.unmanaged), *change.notes]


def _line(item: FieldChange) -> str:
    return f"{'.'.join(map(str, item.path))}: {item.old!r} -> {item.new!r}"


def _text(found: Mapping[str, Iterable[object]]) -> str:
    return "\n" + "\n".join(f"{name}: {'; '.join(map(str, said))}" for name, said in found.items())


async def _changes(
    lab: EntryLab, site: Site, batch: Sequence[Sample], limits: tuple[int, int], tally: Tally
) -> None:
    applied, planned = limits
    chosen = {sample: mutations(sample, planned) for sample in batch}
    bodies = {sample.address: sample.entry for sample in batch}
    plan_for = await lab.planner(bodies)
    for turn in range(planned):
        changed = {sample: found[turn] for sample, found in chosen.items() if turn < len(found)}
        wanted = {s.address: change.of(s.entry) for s, change in changed.items()}
        exact(plan_for({**bodies, **wanted}), changed, Reason.CHANGED)
        if turn < applied and changed:
            await _there_and_back(lab, site, bodies, changed, tally)


async def _there_and_back(
    lab: EntryLab,
    site: Site,
    bodies: Mapping[Address, Raw],
    changed: Mapping[Sample, Mutation],
    tally: Tally,
) -> None:
    wanted = {sample.address: change.of(sample.entry) for sample, change in changed.items()}
    failed = await lab.apply(await lab.plan({**bodies, **wanted}))
    _only_refusals(failed, tally, len(changed))
    taken = {sample: change for sample, change in changed.items() if sample.address not in failed}
    standing = {**bodies, **{sample.address: wanted[sample.address] for sample in taken}}
    quiet(await lab.plan(standing))

    everything_done(await lab.apply(await lab.plan(bodies)))
    quiet(await lab.plan(bodies))
    for sample in taken:
        site.put(wanted[sample.address])
    drifted = await lab.plan(bodies)
    exact(drifted, taken, Reason.DRIFTED)
    everything_done(await lab.apply(drifted))
    quiet(await lab.plan(bodies))


def _only_refusals(failed: Mapping[Address, Exception], tally: Tally, tried: int) -> None:
    tally.tried += tried
    for address, error in failed.items():
        assert isinstance(error, Invalid), f"{address}: {error}"
        tally.refused.append(f"{address}: {error}")


def exact(plan: Plan, changed: Mapping[Sample, Mutation], reason: Reason) -> None:
    """The plan updates the changed entries and no other, each on that one leaf and no other."""
    expected = {sample.address: change for sample, change in changed.items()}
    wrong: dict[str, list[object]] = {}
    for change in plan.changes:
        mutation = expected.get(change.address)
        said = _said(change)
        if mutation is None:
            if said:
                wrong[str(change.address)] = said
        elif not _is_exact(change, mutation, reason):
            wrong[str(change.address)] = [f"wanted {mutation}", *said]
    assert not wrong, _text(wrong)


def _is_exact(change: Change, mutation: Mutation, reason: Reason) -> bool:
    shown = change.drift.fields if reason is Reason.DRIFTED else change.fields
    one = len(change.fields) == 1 and len(shown) == 1 and not change.unmanaged
    drifts = bool(change.drift) == (reason is Reason.DRIFTED)
    return one and drifts and change.reason is reason and _is_there(shown[0], mutation.path)


def _is_there(shown: FieldChange, path: Sequence[str | int]) -> bool:
    """The leaf itself, or a branch added or removed as a whole because it holds nothing but this leaf."""
    whole, below = shown.path, shown.old if shown.new is None else shown.new
    while isinstance(below, dict) and len(below) == 1 and len(_fields(whole)) < len(_fields(path)):
        (name, below) = next(iter(below.items()))
        whole = (*whole, name)
    return _same_place(whole, path)


def _same_place(shown: Sequence[str | int], raw: Sequence[str | int]) -> bool:
    """Paths in two spellings: letter case, aliases, keys of list items for numbers."""
    return _fields(shown) == _fields(raw)


def _fields(path: Sequence[str | int]) -> list[str]:
    words = [plain(part) for part in path if isinstance(part, str)]
    out: list[str] = []
    for word in words:
        listed = out and out[-1] in ("sources", "services", "consumers")
        if not (listed and word not in _ITEM_FIELDS):
            out.append(word)
    return out


_FIELDS = """
action description permissions type precedence name namespace consumers peer partition cafile certfile keyfile
sni disableautohostrewrite hosts tls requestheaders responseheaders maxconnections maxpendingrequests
maxconcurrentrequests passivehealthcheck weight filters responsefilters
"""
_ITEM_FIELDS = frozenset(_FIELDS.split())
