"""From what a provider says of two worlds to what a plan shows: paths, counts, and the risk of each action.

Pure. Only what is known counts as opened or closed; the rest is unknown by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from reconciler.model.reaching.diff import KEPT, NAMED, AccessDiff, Between, Effect, Path, Radius, Risk
from reconciler.sdk.access.answer import Answer, Decision, Reason, Verdict
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.address import Address

_RUNS = {"instances"}
# Steps at which somebody refuses a request. At any other, the way to the destination ends.
_REFUSING = frozenset({"export", "intention", "permissions", "default"})


def merged(found: Sequence[AccessChanges]) -> AccessChanges:
    """Return the changes that several providers know of as one."""
    if len(found) == 1:
        return found[0]
    return AccessChanges(
        tuple(change for one in found for change in one.opened),
        tuple(change for one in found for change in one.closed),
        tuple(change for one in found for change in one.changed),
        sum(one.unchanged for one in found),
        {name: why for one in found for name, why in one.unknown.items()},
    )


def diff_of(
    changes: AccessChanges,
    actions: Sequence[Address],
    down: Mapping[Address, AccessChanges],
    blocked: Mapping[Address, AccessChanges] = MappingProxyType({}),
) -> AccessDiff:
    """Return what a plan with these actions, in order, does to access.

    `down` is for each action that takes its object away for a while what that alone would change, `blocked`
    what each blocked action would change if it were done.
    """
    paths = list(_paths(changes))
    kept = [path for effect in Effect for path in _first(paths, effect)]
    would = [
        replace(radius, would=True)
        for address, found in blocked.items()
        if (radius := _radius(address, list(_paths(found)), None)) is not None
    ]
    radii = (*_radii(paths, actions, down), *would)
    return AccessDiff(tuple(kept), changes.unchanged, tuple(_between(paths)), radii, dict(changes.unknown))


def of_access(changes: AccessChanges) -> AccessChanges:
    """Return the changes without those where no request gets an answer, neither before nor after, and those
    that rest on nothing but which instances run: what is named is taken to run.
    """
    kept = tuple(one for one in changes.changed if _matters(one.before, one.after))
    return replace(changes, changed=kept, unchanged=changes.unchanged + len(changes.changed) - len(kept))


def _matters(before: Answer, after: Answer) -> bool:
    if not (before.may_succeed or after.may_succeed):
        return False
    return not (before.decision is after.decision and unknown_steps(before) == unknown_steps(after) == _RUNS)


def unknown_steps(answer: Answer) -> set[str]:
    """Return the steps that an answer which depends on something is not decided at."""
    depends = answer.decision is Decision.DEPENDS
    return {reason.step for reason in answer.because if depends and reason.verdict is Verdict.UNKNOWN}


def _paths(changes: AccessChanges) -> Iterator[Path]:
    by_effect = (
        (Effect.OPENS, changes.opened),
        (Effect.CLOSES, changes.closed),
        (Effect.CHANGES, changes.changed),
    )
    for effect, found in by_effect:
        yield from (_path(effect, change) for change in found)


def _path(effect: Effect, change: AccessChange) -> Path:
    before, after = change.before, change.after
    reason = deciding(after)
    breaks = effect is Effect.CLOSES and after.decision is Decision.UNREACHABLE
    return Path(
        change.caller,
        change.to,
        effect,
        before.decision,
        after.decision,
        before.conditions,
        after.conditions,
        reason.text if reason is not None else "",
        breaks and (reason is None or reason.step not in _REFUSING),
        tuple(sorted(change.objects, key=Address.sort_key)),
    )


def deciding(answer: Answer) -> Reason | None:
    """Return the reason that decides an answer: where it stops, else what it depends on, else what lets it
    through last; `None` where no reason is said.
    """
    reached = [reason for reason in answer.because if reason.verdict is not Verdict.NOT_REACHED]
    for verdict in (Verdict.STOP, Verdict.UNKNOWN):
        found = next((reason for reason in reached if reason.verdict is verdict), None)
        if found is not None:
            return found
    return reached[-1] if reached else None


def _first(paths: Sequence[Path], effect: Effect) -> list[Path]:
    return [path for path in paths if path.effect is effect][:KEPT]


def _between(paths: Iterable[Path]) -> Iterator[Between]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for path in paths:
        counts.setdefault((path.caller.cluster, path.to.cluster), Counter())[path.effect.value] += 1
    for (caller, to), found in sorted(counts.items()):
        yield Between(caller, to, **found)


def _radii(
    paths: Iterable[Path], actions: Sequence[Address], down: Mapping[Address, AccessChanges]
) -> tuple[Radius, ...]:
    by_object: dict[Address, list[Path]] = {}
    for path in paths:
        for address in path.objects:
            by_object.setdefault(address, []).append(path)
    found = (_radius(address, by_object.get(address, []), down.get(address)) for address in actions)
    return tuple(radius for radius in found if radius is not None)


def _radius(address: Address, paths: Sequence[Path], down: AccessChanges | None) -> Radius | None:
    """Return what one action does to access; `None` where that is nothing."""
    meanwhile = [_path(Effect.CLOSES, change) for change in down.closed] if down is not None else []
    ordered = sorted(paths, key=_weight)
    if not ordered and not meanwhile:
        return None
    number = Counter("breaks" if path.breaks else path.effect.value for path in paths)
    named = (*(str(path) for path in meanwhile), *map(named_path, ordered))
    first = (*meanwhile, *ordered)[0]
    why = first.why if first.effect is Effect.CLOSES and not meanwhile else ""
    counted = Radius(
        address,
        Risk.NONE,
        why,
        number["opens"],
        number["closes"],
        number["breaks"],
        number["changes"],
        len(meanwhile),
        named[:NAMED],
    )
    return replace(counted, risk=_risk(counted))


def _weight(path: Path) -> int:
    order = [Effect.CLOSES, Effect.OPENS, Effect.CHANGES]
    return -1 if path.breaks else order.index(path.effect)


def _risk(radius: Radius) -> Risk:
    if radius.breaks or radius.meanwhile:
        return Risk.BREAKS
    if radius.closes:
        return Risk.CLOSES
    return Risk.OPENS if radius.opens or radius.changes else Risk.NONE


def named_path(path: Path) -> str:
    """Return `storefront@south -> pricing@north (GET /v1/*)`."""
    said = "; ".join(path.conditions) if path.effect is not Effect.CLOSES else ""
    return f"{path}{f' ({said})' if said else ''}"
