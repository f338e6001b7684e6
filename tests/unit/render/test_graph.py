"""Pictures of the topology: positions, colours, names that stay text; and the pictures in the docs."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from reconciler.model.change import Action
from reconciler.model.topology import Dependencies, TopologyResult
from reconciler.render.graph.as_dot import dependencies_dot, topology_dot
from reconciler.render.graph.as_mermaid import dependencies_mermaid, topology_mermaid
from reconciler.render.graph.html import topology_page
from reconciler.render.graph.labels import exports_words, link_class, state_words
from reconciler.render.graph.layout import Box, laid_out
from reconciler.render.graph.svg import topology_svg
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.topology import Link, Site, Topology
from reconciler.sdk.address import Address
from tests.support.access.topologies import large, small
from tests.support.tables import each

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"
NASTY = '</script><b>"\\"];\u202e`#'


def hostile() -> TopologyResult:
    sites = (Site(NASTY, NASTY, (Service(NASTY, NASTY),), unknown=NASTY), Site("dc2"))
    link = Link(Address("peering", NASTY, "dc2"), NASTY, "dc2", NASTY, NASTY, NASTY)
    return TopologyResult(Topology(sites, (link,)), file=NASTY, groups={NASTY: NASTY})


@pytest.mark.parametrize(
    ("name", "result"), [("topology-3.svg", small()), ("topology-60.svg", large(60, 2000, 300))]
)
def test_the_pictures_in_the_docs_are_those_that_are_drawn(name: str, result: TopologyResult) -> None:
    assert (PICTURES / name).read_text(encoding="utf-8") == topology_svg(result)


def overlap(one: Box, other: Box) -> bool:
    apart_across = one.x + one.width <= other.x or other.x + other.width <= one.x
    apart_down = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not (apart_across or apart_down)


@each("clusters", [1, 2, 3, 7, 12, 60])
@each("services", [0, 100, 2000])
def test_boxes_do_not_overlap_and_are_inside_the_picture(clusters: int, services: int) -> None:
    found = laid_out(large(clusters, services, 0))
    assert len(found.boxes) == clusters
    assert not any(overlap(*pair) for pair in itertools.combinations(found.boxes, 2))
    for box in found.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= found.width
        assert box.y + box.height <= found.height


def test_clusters_of_one_region_are_in_one_area() -> None:
    result = large(60, 2000, 300)
    found = laid_out(result)
    areas = {area.name: area for area in found.areas}
    for box in found.boxes:
        area = areas[result.groups[box.site.name]]
        assert area.x <= box.x < area.x + area.width
        assert area.y <= box.y < area.y + area.height


def test_no_topology_is_a_picture_too() -> None:
    ET.fromstring(topology_svg(TopologyResult(Topology())))


def test_a_peering_has_the_colour_of_the_plan_else_of_its_state() -> None:
    result = small()
    assert [link_class(result, link) for link in result.topology.links] == ["well", "broken", "create"]
    exports = {Address("exported_services", "dc1", "default"): Action.UPDATE}
    changed = dataclasses.replace(result, actions=exports)
    assert link_class(changed, result.topology.links[0]) == "update"


def test_what_is_written_at_a_peering() -> None:
    well, broken, unknown = small().topology.links
    assert (exports_words(well), state_words(well)) == ("dc1 → dc2: 1", "ACTIVE")
    assert (exports_words(broken), state_words(broken)) == ("no exports", "TERMINATED / not known")
    assert state_words(unknown) == ""


def test_names_do_not_become_markup_in_a_picture() -> None:
    root = ET.fromstring(topology_svg(hostile()))
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
        "svg", "style", "rect", "g", "text", "tspan", "title", "path", "circle",
    }  # fmt: skip


def test_names_do_not_become_markup_in_a_page() -> None:
    page = topology_page(hostile())
    assert '<b>"' not in page
    assert page.count("</script>") == 2
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_names_do_not_become_syntax_of_dot_or_mermaid() -> None:
    for line in topology_dot(hostile()).splitlines():
        quoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        assert '"' not in quoted
    for line in topology_mermaid(hostile()).splitlines():
        assert line.count('"') in (0, 2)
        assert "<b>" not in line


def test_entities_and_comments_within_names_stay_text_in_dot_and_mermaid() -> None:
    """Graphviz reads entities of HTML within quotes; Mermaid takes out what looks like a comment there."""
    named = TopologyResult(Topology((Site("a&amp;b%%{init}%%"),), ()))
    assert 'label = "a&amp;amp;b%%{init}%%' in topology_dot(named)
    assert "a&amp;b" not in topology_mermaid(named)
    assert "%" not in topology_mermaid(named)


def test_words_of_any_length_stay_beside_what_they_are_about() -> None:
    long = "x" * 128
    sites = (Site(long, services=(Service(long, long),)), Site("dc2"))
    link = Link(Address("peering", long, "dc2"), long, "dc2", "a", "b", "ACTIVE", "ACTIVE", True)
    drawn = topology_svg(TopologyResult(Topology(sites, (link,)), groups={long: long}))
    shown = [text for one in ET.fromstring(drawn).iter() if "title" not in one.tag and (text := one.text)]
    assert max(len(text) for text in shown if "{" not in text) <= 44
    assert drawn.count(f"<title>{long}") == 2  # shown where the pointer is


def test_two_peerings_that_are_alike_are_two() -> None:
    """Each has its own number, also where a snapshot has one of them twice."""
    link = Link(Address("peering", "dc1", "dc2"), "dc1", "dc2", "a", "b", "FAILING", "FAILING", False)
    result = TopologyResult(Topology((Site("dc1"), Site("dc2")), (link, dataclasses.replace(link))))
    drawn = topology_svg(result)
    assert re.findall(r'data-(?:link|sign)="(\d)"', drawn) == ["0", "1", "0", "1"]


def test_the_page_has_each_cluster_and_peering_once() -> None:
    page = topology_page(large(60, 2000, 300))
    match = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    data = json.loads(match[1])
    assert (len(data["sites"]), len(data["links"])) == (60, 300)
    assert page.count('class="site') == 60
    assert page.count("data-link=") == 300
    assert len(page) < 600_000


def test_dependencies() -> None:
    peering, exports = Address("peering", "dc1", "dc2"), Address("exported_services", "dc1", "default")
    graph = Dependencies({exports: (peering,), peering: ()}, {peering: Action.CREATE})
    assert dependencies_dot(graph) == (
        'digraph G {\n  rankdir = "RL";\n  node [shape = rect, fontname = "sans-serif"];\n'
        '  subgraph "cluster_0" {\n    label = "dc1";\n'
        '    "exported_services.dc1/default" [label = "exported_services.dc1/default"];\n'
        '    "peering.dc1/dc2" [label = "peering.dc1/dc2", color = "#1a7f37"];\n  }\n'
        '  "exported_services.dc1/default" -> "peering.dc1/dc2";\n}\n'
    )
    assert dependencies_mermaid(graph).splitlines()[-2:] == [
        "  r0 --> r1",
        "  style r1 stroke:#1a7f37,stroke-width:2px",
    ]
