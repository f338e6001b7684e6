"""What a plan does to access, as text: paths that it opens, closes and changes, risks, and policies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.plan import Plan
from reconciler.model.reaching.diff import AccessDiff, Effect, Path, Radius, Risk
from reconciler.model.reaching.policy import Finding, Held
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.render.text.unknown import by_reason
from reconciler.sdk.access.answer import Decision

LISTED = 20  # paths of one effect up to which each has a line; more are counted by pair of clusters
_SHOWN = 3  # paths of an action, of a pair of clusters or of a policy that are named
_PAIRS = 30  # pairs of clusters that are listed
_SIGNS = {
    Effect.OPENS: Span("+", Tone.ADD),
    Effect.CLOSES: Span("-", Tone.REMOVE),
    Effect.CHANGES: Span("~", Tone.CHANGE),
}
_HEADS = {
    Effect.OPENS: "Access opened",
    Effect.CLOSES: "Access closed",
    Effect.CHANGES: "Access changed",
}
_TONES = {Risk.OPENS: Tone.WARN, Risk.CLOSES: Tone.WARN, Risk.BREAKS: Tone.BAD}


def access_lines(diff: AccessDiff | None) -> list[Line]:
    """Return the paths that are opened, closed and changed; empty where nothing differs."""
    if diff is None:
        return []
    out: list[Line] = []
    if diff.paths:
        for effect in Effect:
            if effect is not Effect.CHANGES or diff.count(effect):
                out += [[_HEADS[effect]], *_of_effect(diff, effect)]
        out += [[faint(f"{diff.unchanged} unchanged")]] if diff.unchanged else []
    for clusters, why in by_reason(diff.unknown):
        out.append([Span("Access not known: ", Tone.WARN), f"{clusters}: {why}"])
    return [*out, BLANK] if out else []


def _of_effect(diff: AccessDiff, effect: Effect) -> list[Line]:
    total, paths = diff.count(effect), diff.of(effect)
    if not total:
        return [["    ", faint("none")]]
    if total > LISTED:
        return _by_clusters(diff, effect)
    callers = max(len(str(path.caller)) for path in paths)
    targets = max(len(str(path.to)) for path in paths)
    return [_line(path, callers, targets) for path in paths]


def _line(path: Path, callers: int, targets: int) -> Line:
    """Return `  + probe@lab        -> pricing@north     GET,HEAD /quote*`."""
    said = path_words(path)
    pad = f"{path.to!s:{targets}}    " if said else str(path.to)
    return ["  ", _SIGNS[path.effect], f" {path.caller!s:{callers}} -> {pad}", faint(said)]


def path_words(path: Path) -> str:
    """Return what limits a path after the plan, or why it is closed."""
    if path.effect is Effect.OPENS:
        return "; ".join(path.conditions)
    if path.effect is Effect.CLOSES:
        return path.why
    before, after = _state(path.before, path.was), _state(path.after, path.conditions)
    return f"{before} -> {after}" if before != after else path.why


def _state(decision: Decision, conditions: Sequence[str]) -> str:
    return "; ".join(conditions) or decision.value


def _by_clusters(diff: AccessDiff, effect: Effect) -> list[Line]:
    """Return one line for each pair of clusters: `  + 120 paths  south -> north   a@south -> b@north, …`."""
    pairs = [(int(getattr(pair, effect.value)), pair) for pair in diff.between]
    pairs = sorted((one for one in pairs if one[0]), key=lambda one: (-one[0], one[1].caller, one[1].to))
    out: list[Line] = []
    for number, pair in pairs[:_PAIRS]:
        named = [
            str(p) for p in diff.of(effect) if (p.caller.cluster, p.to.cluster) == (pair.caller, pair.to)
        ]
        some = f"{', '.join(named[:_SHOWN])}{', …' if number > _SHOWN else ''}"
        head = f" {count(number, 'path')}  {pair.caller} -> {pair.to}   "
        out.append(["  ", _SIGNS[effect], head, faint(some)])
    left = pairs[_PAIRS:]
    if left:
        paths = count(sum(number for number, _ in left), "path")
        out.append(["    ", faint(f"and {paths} between {len(left)} more pairs of clusters")])
    return out


def radius_lines(radius: Radius | None) -> list[Line]:
    """Return what an action does to access, for the lines under its header."""
    if radius is None or radius.risk is Risk.NONE:
        return []
    named = f": {_some(radius)}" if radius.paths else ""
    because = f" ({radius.why})" if radius.why else ""
    words = Span(_effects(radius) if not radius.would else _would(radius), _TONES[radius.risk])
    return [["  # ", words, f"{named}{because}"]]


def _effects(radius: Radius) -> str:
    """Return `breaks 6 paths, opens 1 path`."""
    down = f"takes down {count(radius.meanwhile, 'path')} for a while" if radius.meanwhile else ""
    counts = (
        ("breaks", radius.breaks),
        ("closes", radius.closes),
        ("opens", radius.opens),
        ("changes", radius.changes),
    )
    parts = [f"{verb} {count(number, 'path')}" for verb, number in counts if number]
    return ", ".join([*([down] if down else []), *parts])


def _would(radius: Radius) -> str:
    """Return `would break 6 paths, would open 1 path`."""
    words = {"breaks": "break", "closes": "close", "opens": "open", "changes": "change"}
    parts = _effects(radius).split(", ")
    return ", ".join(f"would {words[verb]} {rest}" for verb, _, rest in (p.partition(" ") for p in parts))


def _some(radius: Radius) -> str:
    total = radius.opens + radius.closes + radius.breaks + radius.changes + radius.meanwhile
    more = total - len(radius.paths[:_SHOWN])
    return ", ".join(radius.paths[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def risk_words(diff: AccessDiff | None) -> str:
    """Return `   Risk: breaks 6 paths (peering.north/west); opens 2 paths.`, the heaviest first."""
    if diff is None or diff.risk is Risk.NONE:
        return ""
    parts = [_risk(diff, risk) for risk in (Risk.BREAKS, Risk.CLOSES, Risk.OPENS)]
    return f"   Risk: {'; '.join(part for part in parts if part)}."


def _risk(diff: AccessDiff, risk: Risk) -> str:
    """Return what is said of one risk in the summary; empty where there is none of it."""
    if risk is Risk.OPENS:
        counts = ((effect.value, diff.count(effect)) for effect in (Effect.OPENS, Effect.CHANGES))
        return ", ".join(f"{verb} {count(number, 'path')}" for verb, number in counts if number)
    closed = diff.count(Effect.CLOSES)
    broken = min(closed, max((r.breaks for r in diff.done), default=0))
    down = sum(r.meanwhile for r in diff.done)
    if risk is Risk.CLOSES:
        return f"closes {count(closed - broken, 'path')}" if closed > broken else ""
    by = [str(r.address) for r in diff.done if r.risk is Risk.BREAKS]
    where = f" ({', '.join(by[:_SHOWN])}{', …' if len(by) > _SHOWN else ''})" if by else ""
    words = [f"breaks {count(broken, 'path')}"] if broken else []
    words += [f"takes down {count(down, 'path')} for a while"] if down else []
    return f"{' and '.join(words)}{where}" if words else ""


def policy_lines(plan: Plan) -> list[Line]:
    """Return the policies that are broken or cannot be decided, each with the paths and their places."""
    out: list[Line] = []
    for held, word in ((Held.BROKEN, "Policy broken: "), (Held.UNDECIDED, "Policy not decided: ")):
        for found in _by_policy(plan.policies, held):
            out += finding_lines(found, word)
    return [*out, BLANK] if out else []


def _by_policy(findings: Iterable[Finding], held: Held) -> list[list[Finding]]:
    groups: dict[object, list[Finding]] = {}
    for found in findings:
        if found.held is held:
            groups.setdefault((found.policy, found.origin), []).append(found)
    return list(groups.values())


def finding_lines(findings: Sequence[Finding], word: str) -> list[Line]:
    """Return one policy with the paths that break it."""
    first = findings[0]
    tone = Tone.BAD if first.held is Held.BROKEN else Tone.WARN
    origin = f"   ({first.origin})" if first.origin else ""
    reason = f"   {first.reason}" if first.reason else ""
    out: list[Line] = [[Span(word, tone), strong(first.policy), reason, faint(origin)]]
    for found in findings[:LISTED]:
        at = f"   ({found.at})" if found.at else ""
        out.append(["    ", found.path, f": {found.why}" if found.why else "", faint(at)])
        out += [["      ", faint(_blocks(found))]]
    if len(findings) > LISTED:
        out.append(["    ", faint(f"and {count(len(findings) - LISTED, 'path')} more (--json has all)")])
    return out


def _blocks(found: Finding) -> str:
    if not found.by:
        return "so it is already; this plan does not change it"
    addresses = ", ".join(str(address) for address in found.by)
    return f"{'blocked: ' if found.blocks else 'through '}{addresses}"
