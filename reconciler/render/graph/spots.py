"""Where a peering's sign and words are: on its curve, beside clusters and the signs of other peerings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reconciler.render.graph.layout import Box, Curve, Layout

_PARTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)  # of a curve, the best first
_APART = 2.4  # distance of two signs, in their radius
Point = tuple[float, float]


def spots(layout: Layout, radius: float) -> list[Point]:
    """Return a point for each curve, in order; the middle where no other is free."""
    taken: list[Point] = []
    for curve in layout.curves:
        points = [_at(curve, part) for part in _PARTS]
        outside = [one for one in points if not _is_covered(one, layout.boxes, radius)]
        free = [one for one in outside if _is_apart(one, taken, _APART * radius)]
        taken.append((free or outside or points)[0])
    return taken


def _at(curve: Curve, part: float) -> Point:
    """Return the point of a curve after a part of it (0 to 1)."""
    rest = 1 - part
    start, control, end = rest * rest, 2 * rest * part, part * part
    x, y = (
        start * one + control * two + end * three
        for one, two, three in zip(curve.start, curve.control, curve.end, strict=True)
    )
    return x, y


def _is_covered(point: Point, boxes: Sequence[Box], radius: float) -> bool:
    x, y = point
    return any(
        box.x - radius < x < box.x + box.width + radius and box.y - radius < y < box.y + box.height + radius
        for box in boxes
    )


def _is_apart(point: Point, others: Sequence[Point], distance: float) -> bool:
    return all(math.dist(point, other) >= distance for other in others)
