"""The picture of a report: each peering as the document says that it is, told apart without colours."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from typing import Any

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Drift, Reason
from reconciler.model.plan import Deferred, Mode, Plan, SeenCluster
from reconciler.render.graph.labels import is_ailing, link_class
from reconciler.render.graph.layout import laid_out
from reconciler.render.graph.legend import SIGNS, WORDS
from reconciler.render.graph.spots import spots
from reconciler.render.report.html import html
from reconciler.render.report.reading.read import read
from reconciler.render.report.topology import topology_of
from reconciler.render.text.html_page import asset
from tests.support import samples as s
from tests.support.access.topologies import large
from tests.support.results.documents import plan_document

NAMES = ("dc1", "dc2", "dc3", "dc4")
CLUSTERS = {name: SeenCluster(name, f"https://{name}", "1.20.0", name) for name in NAMES}


def body(one: str, other: str) -> dict[str, Any]:
    return {"Acceptor": one, "Dialer": other, "Names": {one: other, other: one}}


def peering(action: Action, reason: Reason = Reason.NONE, **more: Any) -> Change:
    """Return what is planned for the peering of dc1 and dc2."""
    before = None if action is Action.CREATE else body("dc1", "dc2")
    after = None if action is Action.DELETE else body("dc1", "dc2")
    return s.change("peering.dc1/dc2", action, reason, before=before, after=after, index=1, **more)


def drawn(*changes: Change, is_drift: bool = False, **more: Any) -> list[str]:
    """Return the classes of the peerings in the picture of a plan."""
    document = plan_document(s.plan(*changes, **{"clusters": CLUSTERS, **more}))
    result = topology_of(read(document, is_drift=is_drift))
    assert result is not None
    return [
        f"{link_class(result, link)}{' ailing' if is_ailing(result, link) else ''}"
        for link in result.topology.links
    ]


def test_a_peering_is_drawn_as_it_is_or_as_it_will_be() -> None:
    down = dataclasses.replace(CLUSTERS["dc2"], problem="connection refused")
    for change, kind, more in (
        (peering(Action.NO_OP), "well", {}),
        (peering(Action.NO_OP, unhealthy="dc2 is TERMINATED"), "broken", {}),
        (peering(Action.NO_OP), "unknown", {"clusters": {**CLUSTERS, "dc2": down}}),
        (peering(Action.NO_OP), "unknown", {"clusters": {}}),
        (peering(Action.CREATE), "create", {}),
        (peering(Action.CREATE, Reason.DELETED_OUTSIDE, drift=Drift(deleted=True)), "create", {}),
        (peering(Action.UPDATE), "update", {}),
        (peering(Action.DELETE, Reason.NO_CONFIG), "delete", {}),
        (peering(Action.REPLACE, Reason.CANNOT_UPDATE), "replace", {}),
        (peering(Action.REPLACE, Reason.BROKEN), "replace ailing", {}),
        (peering(Action.DELETE, blocked=Block(BlockKind.PROTECTED, "protected")), "unknown", {}),
    ):
        assert drawn(change, **more) == [kind], change


def test_a_peering_that_was_removed_does_not_work() -> None:
    gone = peering(Action.FORGET, Reason.ALREADY_GONE, drift=Drift(deleted=True))
    assert drawn(gone, is_drift=True, mode=Mode.REFRESH_ONLY) == ["broken"]
    alone = dataclasses.replace(gone, before=None, after=None)  # a record without its body
    assert drawn(alone, is_drift=True, mode=Mode.REFRESH_ONLY) == ["broken"]


def test_a_peering_that_does_not_work_is_drawn_also_where_its_body_is_not_known() -> None:
    broken = s.change("peering.dc1/dc2", Action.NO_OP, unhealthy="dc2 is TERMINATED")
    assert drawn(broken, is_drift=True, mode=Mode.REFRESH_ONLY) == ["broken"]


def undecided() -> Plan:
    """Return a plan whose peering of dc1 and dc3 is not decided, and what it exports over it."""
    items = {"Services": [{"Name": "api", "Consumers": [{"Peer": "three"}]}]}
    exports = s.change("exported_services.dc1/default", Action.CREATE, index=1, after=items)
    deferred = Deferred(s.at("peering.dc1/dc3"), "dc3 did not answer", "", "unreachable")
    peers = {"dc1": {"three": "dc3"}, "dc3": {"one": "dc1"}}
    return s.plan(exports, deferred=(deferred,), clusters=CLUSTERS, peers=peers)


def test_a_peering_that_is_not_decided_is_drawn_as_that_with_its_exports() -> None:
    result = topology_of(read(plan_document(undecided())))
    assert result is not None
    (link,) = result.topology.links
    assert link_class(result, link) == "undecided"
    assert (link.name_at_acceptor, link.name_at_dialer) == ("three", "one")
    assert [str(one.service) for one in link.exports] == ["api@dc1"]


def test_peers_have_the_names_of_their_clusters_also_where_the_peering_is_not_decided() -> None:
    page = html([read(plan_document(undecided()))])
    assert "to dc3" in page
    assert "peer=three" not in page


def test_the_legend_has_what_is_drawn() -> None:
    page = html([read(plan_document(s.plan(peering(Action.CREATE), clusters=CLUSTERS)))])
    legend = page.partition('<ul class="legend">')[2].partition("</ul>")[0]
    assert "will be created" in legend
    assert legend.count("<li>") == 1


def test_the_kinds_are_told_apart_without_colours() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert WORDS.keys() - SIGNS.keys() == {"well", "unknown"}, "of these, one is a broken line"
    style = asset("reconciler.render.graph", "picture.css")
    dashes = re.findall(r"\.link\.(\w+) \{[^}]*stroke-dasharray: ([\d ]+)", style)
    assert len(dashes) == len({one for _, one in dashes}) == 5
    assert {name for name, _ in dashes} == {"unknown", "create", "replace", "delete", "undecided"}


def test_every_class_has_a_colour_in_both_schemes() -> None:
    colours = asset("reconciler.render.graph", "colours.css")
    for kind in SIGNS:
        assert colours.count(f"--{kind}: #") == 2, kind


def test_signs_are_beside_clusters_and_each_other() -> None:
    layout = laid_out(large(12, 60, 14))
    found = spots(layout, 9)
    for x, y in found:
        for box in layout.boxes:
            assert not (box.x < x < box.x + box.width and box.y < y < box.y + box.height)
    assert all(math.dist(*pair) > 18 for pair in itertools.combinations(found, 2))
