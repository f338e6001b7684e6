"""Reports name things as plans do: peers by their clusters, and why a resource is there."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.change import Action, Drift, FieldChange, Op
from reconciler.model.plan import Deferred, Mode
from reconciler.model.reaching.diff import AccessDiff, Radius, Risk
from reconciler.render.plan.access import risk_words
from reconciler.render.report.reading.read import read
from reconciler.render.report.words import risk_word
from reconciler.render.report.writing import written
from tests.support import samples as s
from tests.support.results.documents import plan_document

FORMATS = ("markdown", "html", "github", "junit", "sarif", "gitlab")


def test_an_item_of_a_peer_is_shown_with_the_cluster_of_the_peer() -> None:
    field = FieldChange(("Sources", "web@us-prod", "Action"), Op.CHANGE, "allow", "deny")
    changed = s.change("service_intentions.dc1/api", Action.NO_OP, before={}, after={}, drift=Drift((field,)))
    plan = s.plan(changed, mode=Mode.REFRESH_ONLY, peers={"dc1": {"us-prod": "dc2"}})
    report = read(plan_document(plan), is_drift=True)
    for name in FORMATS:
        shown = written(name, [report])
        assert "us-prod" not in shown, name
        assert "web" in shown, name
        assert "dc2" in shown, name


def test_a_resource_that_others_need_says_so() -> None:
    needed = s.change("service_resolver.dc1/v2", Action.CREATE, index=1, after={})
    splitter = s.at("service_splitter.dc1/api")
    document = plan_document(s.plan(replace(needed, required_by=(splitter,))))
    assert "needs it" in written("html", [read(document)])
    assert "needs it" in written("markdown", [read(document)])


def test_what_was_removed_is_said_once() -> None:
    removed = s.change("mesh.dc1/mesh", Action.FORGET, drift=Drift(deleted=True))
    report = read(plan_document(s.plan(removed, mode=Mode.REFRESH_ONLY)), is_drift=True)
    assert written("github", [report]).count("removed") == 2, "in the title, and in the text"


def test_the_risk_is_what_the_last_line_of_the_plan_says() -> None:
    peering = s.change("peering.dc1/dc2", Action.REPLACE, index=1, before={}, after={})
    down = AccessDiff(radii=(Radius(peering.address, Risk.BREAKS, "it goes", meanwhile=3),))
    for plan in (s.plan(peering, access=down), replace(s.FIRST, access=s.REACHED)):
        text = risk_words(plan.access).removeprefix("   Risk: ").rstrip(".")
        said = (
            text.replace(" (peering.dc1/dc2)", "")
            .replace(" and takes", "; takes")
            .replace(", changes", "; changes")
        )
        assert risk_word(read(plan_document(plan))) in (said, text)
        assert risk_word(read(plan_document(plan)))


def test_a_cluster_that_did_not_answer_is_named_once_with_what_to_do() -> None:
    seen = replace(s.CLUSTERS["lab"], problem="lab did not answer (refused)", hint="check that it runs")
    deferred = Deferred(s.at("mesh.lab/mesh"), "lab did not answer (refused)", "check that it runs")
    shown = written("markdown", [read(plan_document(s.plan(clusters={"lab": seen}, deferred=(deferred,))))])
    assert "- lab did not answer (refused); check that it runs\n" in shown
    assert "- lab did not answer (refused): `mesh.lab/mesh`; check that it runs\n" in shown
