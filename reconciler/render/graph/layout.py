"""Positions: clusters on a grid within their group, groups beside each other, peerings as curves.

All numbers are units of the picture, from its upper left corner. The same topology gets the same positions.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reconciler.model.topology import TopologyResult
from reconciler.sdk.access.topology import Link, Site

NAMED = 150  # services of a picture up to which their names are in it; more are dots
ROWS = 12  # names in a box
_WIDTH, _ROW, _DOT, _DOTS = 200.0, 18.0, 9.0, 20
_HEADS = {True: 46.0, False: 54.0}  # above names, above dots
_GAP, _AREA_GAP, _PAD, _TITLE = 80.0, 100.0, 40.0, 48.0
_BEND = 0.14  # how far a curve leaves the straight line, of its length


class Box(NamedTuple):
    """A cluster's place."""

    site: Site
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of it."""
        return self.x + self.width / 2, self.y + self.height / 2


class Area(NamedTuple):
    """A group's place."""

    name: str
    x: float
    y: float
    width: float
    height: float


class Curve(NamedTuple):
    """A peering's way: from one middle to the other, bent towards a control point."""

    link: Link
    start: tuple[float, float]
    control: tuple[float, float]
    end: tuple[float, float]


class Layout(NamedTuple):
    """A picture's positions. `named`: service names are in it."""

    areas: tuple[Area, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    width: float
    height: float
    named: bool


def laid_out(result: TopologyResult) -> Layout:
    """Return the positions of everything."""
    sites = result.topology.sites
    named = sum(len(site.services) for site in sites) <= NAMED
    of: dict[str, list[Site]] = defaultdict(list)
    for site in sorted(sites, key=lambda site: _natural(site.name)):
        of[result.groups.get(site.name, "")].append(site)
    areas, boxes = _placed(of, named)
    curves = _curves(result.topology.links, {box.site.name: box for box in boxes})
    width = max((area.x + area.width for area in areas), default=0.0) + _PAD
    height = max((area.y + area.height for area in areas), default=0.0) + _PAD
    return Layout(tuple(areas), tuple(boxes), tuple(curves), width, height, named)


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key by which `eu-2` comes before `eu-10`."""
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name))


def _placed(of: Mapping[str, Sequence[Site]], named: bool) -> tuple[list[Area], list[Box]]:
    """Place the groups in rows, about as wide together as high, each with its clusters on a grid."""
    areas: list[Area] = []
    boxes: list[Box] = []
    across = math.ceil(math.sqrt(len(of)))
    x = y = _PAD
    lowest = 0.0
    for number, name in enumerate(sorted(of)):
        if number and number % across == 0:
            x, y, lowest = _PAD, lowest + _AREA_GAP, 0.0
        area, inside = _area(name, of[name], x, y, named)
        areas.append(area)
        boxes += inside
        x += area.width + _AREA_GAP
        lowest = max(lowest, area.y + area.height)
    return areas, boxes


def _area(name: str, sites: Sequence[Site], x: float, y: float, named: bool) -> tuple[Area, list[Box]]:
    across = max(math.ceil(math.sqrt(len(sites) * 0.8)), 1)
    high = max(_height(site, named) for site in sites)
    boxes = [
        Box(
            site,
            x + _PAD + (number % across) * (_WIDTH + _GAP),
            y + _TITLE + (number // across) * (high + _GAP) + _drop(number, across, high, named),
            _WIDTH,
            _height(site, named),
        )
        for number, site in enumerate(sites)
    ]
    width = max(box.x + box.width for box in boxes) + _PAD - x
    height = max(box.y + box.height for box in boxes) + _PAD - y
    return Area(name, x, y, width, height), boxes


def _drop(number: int, across: int, high: float, named: bool) -> float:
    """Return how much lower every second column is: peerings of one row do not run through its boxes."""
    if not (number % across) % 2:
        return 0.0
    return high * 0.8 + _GAP / 2 if named else _GAP * 0.6


def _height(site: Site, named: bool) -> float:
    head = _HEADS[named]
    if not site.services:
        return head
    if named:
        rows = min(len(site.services), ROWS) + (len(site.services) > ROWS)
        return head + rows * _ROW + 6
    return head + math.ceil(len(site.services) / _DOTS) * _DOT + 6


def inside(box: Box, number: int, *, named: bool) -> tuple[float, float]:
    """Return where the service of that number is: the base line of its name, or the middle of its dot."""
    if named:
        return box.x + 14, box.y + _HEADS[named] + number * _ROW + 10
    row, column = divmod(number, _DOTS)
    return box.x + 14 + column * _DOT, box.y + _HEADS[named] + row * _DOT + 2


def _curves(links: Sequence[Link], boxes: Mapping[str, Box]) -> list[Curve]:
    return [
        _curve(link, boxes[link.acceptor].middle, boxes[link.dialer].middle)
        for link in links
        if link.acceptor in boxes and link.dialer in boxes
    ]


def _curve(link: Link, start: tuple[float, float], end: tuple[float, float]) -> Curve:
    """Return the curve; which way it bends depends on its ends alone, so that a mesh looks the same."""
    (x1, y1), (x2, y2) = start, end
    sign = 1 if (x1, y1) < (x2, y2) else -1
    control = ((x1 + x2) / 2 - sign * (y2 - y1) * _BEND, (y1 + y2) / 2 + sign * (x2 - x1) * _BEND)
    return Curve(link, start, control, end)
