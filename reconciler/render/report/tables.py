"""The sections of a Markdown report that are tables: access, policies, problems, what is not decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.render.report.cutting import Part
from reconciler.render.report.value import Access, Level, PathLine, Policy, Problem, Undecided
from reconciler.render.text.lines import count
from reconciler.render.text.markdown import code, plain, table

LISTED = 20  # paths of one effect up to which each has a row; more are counted by pair of clusters
_NAMED = 10  # resources of one cause that are named


def access_parts(access: Access | None) -> Iterator[Part]:
    """Yield the paths that are opened, closed and changed."""
    if access is None or not (access.opened or access.closed or access.changed or access.unknown):
        return
    if access.opened or access.closed or access.changed:
        yield from _paths(access)
    for name, reason in sorted(access.unknown.items()):
        yield Part(f"- Access is not known of {code(name)}: {plain(reason)}\n", 12, "cluster")
    yield Part("\n" if access.unknown else "", 11)


def _paths(access: Access) -> Iterator[Part]:
    yield Part(_head("Access", ["", "from", "to", ""]), 11)
    effects = (("opens", access.opened), ("closes", access.closed), ("changes", access.changed))
    for effect, paths in effects:
        total = access.counts.get(effect, len(paths))
        rows = [_path(effect, path) for path in paths] if total <= LISTED else _pairs(access, effect)
        yield from (Part(row, 22, "path") for row in rows)
    yield Part("\n", 11)


def _head(title: str, heads: Sequence[str]) -> str:
    return "\n".join([f"**{title}**", "", *table(heads, [])]) + "\n"


def _path(effect: str, path: PathLine) -> str:
    word = "**breaks**" if path.breaks else f"**{effect}**" if effect == "closes" else effect
    words = plain(path.words) if effect != "opens" else code(path.words)
    return f"{table([word, code(path.caller), code(path.to), words], [])[0]}\n"


def _pairs(access: Access, effect: str) -> list[str]:
    found = sorted(access.pairs, key=lambda pair: -pair.counts[effect])
    return [
        f"{table([effect, code(pair.caller), code(pair.to), count(pair.counts[effect], 'path')], [])[0]}\n"
        for pair in found
        if pair.counts[effect]
    ]


def policy_parts(policies: Sequence[Policy]) -> Iterator[Part]:
    """Yield the policies that are broken or not decided."""
    if not policies:
        return
    yield Part(_head("Policies", ["", "policy", "path", "because"]), 6)
    for one in policies:
        word = "**broken**" if one.is_broken else "not decided"
        word += "" if not one.is_broken or one.blocks else " already"
        because = plain("; ".join(part for part in (one.because, one.reason) if part))
        place = f" ({code(str(one.place))})" if one.place is not None else ""
        yield Part(
            f"{table([word, code(one.policy) + place, code(one.path), because], [])[0]}\n", 7, "policy"
        )
    yield Part("\n", 6)


def problem_parts(problems: Sequence[Problem]) -> Iterator[Part]:
    """Yield problems of the configuration, or the failure that ended the run."""
    if not problems:
        return
    yield Part(_head("Problems", ["", "where", "what", "rule"]), 6)
    for one in problems:
        word = "**error**" if one.level is Level.ERROR else one.level.value
        what = ". ".join(part for part in (one.summary, one.detail, one.hint) if part)
        where = code(str(one.place) if one.place is not None else one.address)
        cells = [word, where, plain(" ".join(what.split())), code(one.rule)]
        yield Part(f"{table(cells, [])[0]}\n", 8 if one.level is Level.ERROR else 30, "problem")
    yield Part("\n", 6)


def undecided_parts(undecided: Sequence[Undecided]) -> Iterator[Part]:
    """Yield what is not decided, by cause."""
    causes: dict[str, list[Undecided]] = {}
    for one in undecided:
        causes.setdefault(one.because, []).append(one)
    if causes:
        yield Part("**Not decided**\n\n", 10)
    for because, items in causes.items():
        named = ", ".join(code(one.address) for one in items[:_NAMED])
        more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
        hints = dict.fromkeys(" ".join(one.hint.split()) for one in items if one.hint)
        advice = "".join(f"; {plain(hint)}" for hint in hints)
        yield Part(f"- {plain(' '.join(because.split()))}: {named}{more}{advice}\n", 18, "cause")
    yield Part("\n" if causes else "", 10)
