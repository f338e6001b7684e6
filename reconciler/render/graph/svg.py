"""The topology as SVG: a picture by itself, or the part of a page that its script works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.topology import TopologyResult
from reconciler.render.graph.labels import exports_words, is_ailing, link_class, site_words, state_words
from reconciler.render.graph.layout import ROWS, Area, Box, Curve, Layout, inside, laid_out
from reconciler.render.graph.legend import SIGNS, sign
from reconciler.render.graph.spots import Point, spots
from reconciler.render.text.html_page import asset, text

LABELLED = 24  # peerings of a picture up to which their exports are written at them
_SPARSE = 6  # ... up to which also that there are none
_SIGN = 9.0  # radius of the sign at a peering
_LETTER = 15.0  # of the name of a group
_WORDS = 44  # characters beside a line
_OFF = 7  # how far words are from a line that has no sign
_LONGEST = {True: 22, False: 16}  # characters of a name in a box, above names and above dots


def topology_svg(result: TopologyResult) -> str:
    """Return a picture by itself, light or dark as its viewer is."""
    style = f"<style>{asset(__package__, 'colours.css')}{asset(__package__, 'picture.css')}</style>"
    return drawn(result, laid_out(result), style=style) + "\n"


def drawn(result: TopologyResult, layout: Layout, *, style: str = "") -> str:
    """Return the element `svg`."""
    size = f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}"'
    at = spots(layout, _radius(layout))
    numbers = {id(link): number for number, link in enumerate(result.topology.links)}
    parts = (
        *map(_area, layout.areas),
        '<g id="links">',
        *(_link(result, curve, numbers[id(curve.link)]) for curve in layout.curves),
        "</g>",
        *_labels(result, layout, at),
        *_signs(result, layout, at, numbers),
        *(line for number, box in enumerate(layout.boxes) for line in _box(box, number, layout.named)),
    )
    kind = "topology" if layout.named else "topology many"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" {size} role="img">'
    return "\n".join([head, style, '<rect class="paper" width="100%" height="100%"/>', *parts, "</svg>"])


def _area(area: Area) -> str:
    if not area.name:
        return ""
    return (
        f'<g class="area"><rect x="{area.x:.0f}" y="{area.y:.0f}" width="{area.width:.0f}" '
        f'height="{area.height:.0f}" rx="14"/><text x="{area.x + 18:.0f}" y="{area.y + 30:.0f}">'
        f"{text(_shortened(area.name, int(area.width / _LETTER)))}</text></g>"
    )


def _link(result: TopologyResult, curve: Curve, number: int) -> str:
    (x1, y1), (cx, cy), (x2, y2) = curve.start, curve.control, curve.end
    thick = min(1.4 + len(curve.link.exports) ** 0.5, 6)
    kind, way = link_class(result, curve.link), f"M{x1:.0f} {y1:.0f}Q{cx:.0f} {cy:.0f} {x2:.0f} {y2:.0f}"
    under = f'<path class="ailing {kind}" d="{way}" stroke-width="{thick + 6:.1f}"/>'
    return (
        f"{under if is_ailing(result, curve.link) else ''}"
        f'<path class="link {kind}" data-link="{number}" d="{way}" stroke-width="{thick:.1f}">'
        f"<title>{text(_title(curve))}</title></path>"
    )


def _title(curve: Curve) -> str:
    link = curve.link
    words = f"{link.acceptor} <-> {link.dialer}: {exports_words(link)}"
    return f"{words} ({state_words(link)})" if state_words(link) else words


def _labels(result: TopologyResult, layout: Layout, at: Sequence[Point]) -> Iterator[str]:
    if len(layout.curves) > LABELLED:
        return
    for curve, (x, y) in zip(layout.curves, at, strict=True):
        exports = (
            _shortened(exports_words(curve.link), _WORDS) if curve.link.exports or len(at) <= _SPARSE else ""
        )
        lines = [exports, state_words(curve.link)]
        kind = link_class(result, curve.link)
        below, gap = (
            (_SIGN + 13, 14) if kind in SIGNS else (-_OFF, _OFF + 14)
        )  # the line is between the words
        spans = "".join(
            f'<tspan x="{x:.0f}" dy="{0 if not number else gap}">{text(line)}</tspan>'
            for number, line in enumerate(line for line in lines if line)
        )
        yield f'<text class="label {kind}" x="{x:.0f}" y="{y + below:.0f}">{spans}</text>'


def _signs(
    result: TopologyResult, layout: Layout, at: Sequence[Point], numbers: Mapping[int, int]
) -> Iterator[str]:
    """Yield what says at a peering what its colour says, by the peering's number."""
    for curve, point in zip(layout.curves, at, strict=True):
        kind = link_class(result, curve.link)
        if kind in SIGNS:
            yield f'<g data-sign="{numbers[id(curve.link)]}">{sign(kind, *point, _radius(layout))}</g>'


def _radius(layout: Layout) -> float:
    return _SIGN if layout.named else 1.5 * _SIGN


def _box(box: Box, number: int, named: bool) -> Iterator[str]:
    site, unknown = box.site, " not-known" if box.site.unknown else ""
    yield f'<g class="site{unknown}" data-site="{number}" tabindex="0">'
    yield f"<title>{text(f'{site.name}: {site_words(site)}')}</title>"
    yield f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="8"/>'
    yield _line("name", box, 21 if named else 25, _cut(site.name, named))
    yield _line("more", box, 37 if named else 43, _short(site_words(site), named))
    yield from _names(box) if named else _dots(box)
    yield "</g>"


def _line(kind: str, box: Box, below: int, words: str) -> str:
    return f'<text class="{kind}" x="{box.x + 12:.0f}" y="{box.y + below:.0f}">{text(words)}</text>'


def _short(words: str, named: bool) -> str:
    return words if named else words.partition(" · not known")[0]


def _names(box: Box) -> Iterator[str]:
    services = [str(service).rpartition("@")[0] for service in box.site.services]
    more = len(services) - ROWS
    shown = [*services[:ROWS], *([f"and {more} more"] if more > 0 else [])]
    for number, name in enumerate(shown):
        x, y = inside(box, number, named=True)
        yield f'<text class="service" x="{x:.0f}" y="{y:.0f}">{text(_cut(name, True))}</text>'


def _dots(box: Box) -> Iterator[str]:
    for number, service in enumerate(box.site.services):
        x, y = inside(box, number, named=False)
        name = str(service).rpartition("@")[0]
        yield f'<circle class="service" cx="{x:.0f}" cy="{y:.0f}" r="3"><title>{text(name)}</title></circle>'


def _cut(name: str, named: bool) -> str:
    return _shortened(name, _LONGEST[named])


def _shortened(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
