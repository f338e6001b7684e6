"""What the classes of peerings mean: words and signs, so that no colour is needed to distinguish them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.model.topology import TopologyResult
from reconciler.render.graph.labels import is_ailing, link_class

WORDS: Mapping[str, str] = {
    "well": "works", "unknown": "state not known", "broken": "does not work",
    "create": "will be created", "update": "will be changed", "replace": "will be replaced",
    "delete": "will be destroyed", "undecided": "not decided",
}  # fmt: skip
SIGNS: Mapping[str, str] = {
    "broken": "✕", "create": "+", "update": "~", "replace": "±", "delete": "−", "undecided": "?",
}  # fmt: skip


class Entry(NamedTuple):
    """A class of peerings that is in a picture: what it means, how it is drawn, how many there are."""

    kind: str
    words: str
    sample: str
    number: int


def entries(result: TopologyResult) -> Iterator[Entry]:
    """Yield the classes that a picture has, in order."""
    found = [link_class(result, link) for link in result.topology.links]
    for kind, words in WORDS.items():
        if kind in found:
            yield Entry(kind, words, _sample(f"link {kind}", sign(kind, 22, 10, 8)), found.count(kind))
    ailing = sum(is_ailing(result, link) for link in result.topology.links)
    if ailing:
        yield Entry("ailing", "does not work now", _sample("ailing", width=9), ailing)


def legend(result: TopologyResult) -> str:
    """Return a list of what the lines of a picture mean, as HTML."""
    rows = (
        f'<li>{one.sample}{one.words} <span class="faint">{one.number}</span></li>' for one in entries(result)
    )
    return f'<ul class="legend">{"".join(rows)}</ul>'


def sign(kind: str, x: float, y: float, radius: float = 9) -> str:
    """Return the sign of a class as SVG at a place; empty for a class that has none."""
    if kind not in SIGNS:
        return ""
    place = f'x="{x:.0f}" y="{y + radius * 0.45:.0f}" font-size="{radius * 1.5:.0f}"'
    return (
        f'<g class="sign {kind}"><circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"/>'
        f"<text {place}>{SIGNS[kind]}</text></g>"
    )


def _sample(kind: str, mark: str = "", width: int = 3) -> str:
    return (
        '<svg class="topology line" width="44" height="20">'
        f'<path class="{kind}" d="M0 10H44" stroke-width="{width}"/>{mark}</svg>'
    )
