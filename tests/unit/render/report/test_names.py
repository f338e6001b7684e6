"""Reports name things as plans do: peers by their clusters, and why a resource is there."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.change import Action, Drift, FieldChange, Op
from reconciler.model.plan import Mode
from reconciler.render.report.reading.read import read
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
