"""Items of a document: models where their section has them, in documents with and without problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.config.clusters.spec import Merger, Spec
from reconciler.config.language.check import check
from reconciler.config.language.document import document
from reconciler.config.language.intentions import IntentionsTo, Permission, PermissionHttp, Source
from reconciler.config.language.peerings import Between, ExportTo, FullMesh, Hub
from reconciler.config.text.building import Limits
from reconciler.config.text.document import SourceDoc
from reconciler.config.text.files import read
from reconciler.config.text.marked import MarkedText

TEXT = """\
peerings:
  - {between: [dc1, dc2], acceptor: dc2, meta: {team: a}}
  - {mesh: {region: us}}
  - {hub: dc1, spokes: [dc3]}
exports:
  dc1: {api: [dc2], web: {to: dc2, namespace: shop}}
intentions:
  dc1:
    api: [{from: web, action: allow}]
    db: {sources: [{from: [a, b], permissions: [{action: allow, http: {path_exact: /}}]}], shared: true}
"""
# A document with a problem is read item by item: this adds items that are left out, and changes no other.
BROKEN = TEXT.replace("exports:\n", "  - {between: [dc1]}\nexports:\n").replace(
    "    api: [{from", "    bad: [{from: web, action: perhaps}]\n    api: [{from"
)
MARKED = """\
peerings: [{between: [a, b], meta: {k: v}}]
intentions: {a: {b: [{from: c, permissions: [{action: allow, http: {header: [{name: h, exact: v}]}}]}]}}
"""


def doc(root: Path, text: str) -> SourceDoc:
    (root / "a.yaml").write_text(text)
    found, problems = read(root / "a.yaml", Limits())
    assert not problems
    assert found is not None
    return found


def spec_of(found: SourceDoc, *, marked: bool = False) -> Spec:
    merger = Merger()
    merger.add(found, check(found, document()), marked=marked)
    return merger.spec


@pytest.mark.parametrize("text", [TEXT, BROKEN], ids=["no problem", "with problems"])
def test_the_items_that_can_be_used_are_models(text: str, tmp_path: Path) -> None:
    spec = spec_of(doc(tmp_path, text))
    assert [item.value for item in spec.peerings] == [
        Between(between=["dc1", "dc2"], acceptor="dc2", meta={"team": "a"}),
        FullMesh(mesh={"region": "us"}),
        Hub(hub="dc1", spokes=["dc3"]),
    ]
    assert [item.value for item in spec.exports] == [["dc2"], ExportTo(to="dc2", namespace="shop")]
    permission = Permission(action="allow", http=PermissionHttp(path_exact="/"))
    several = Source.model_validate({"from": ["a", "b"], "permissions": [permission]})
    assert [item.value for item in spec.intentions] == [
        [Source.model_validate({"from": "web", "action": "allow"})],
        IntentionsTo(sources=[several], shared=True),
    ]


@pytest.mark.parametrize(
    "text",
    [MARKED, MARKED + "unknown: 1\n", MARKED.replace("[{", "[{x: 1, ")],
    ids=["no problem", "an unknown section", "unknown keys in all items"],
)
def test_marked_values_stay_the_objects_that_they_are(text: str, tmp_path: Path) -> None:
    found = doc(tmp_path, text)
    meta, exact = MarkedText("v"), MarkedText("v")
    found.value["peerings"][0]["meta"]["k"] = meta
    found.value["intentions"]["a"]["b"][0]["permissions"][0]["http"]["header"][0]["exact"] = exact
    spec = spec_of(found, marked=True)
    (source,) = _sources(spec)
    (permission,) = source.model_dump()["permissions"]
    assert spec.peerings[0].value.meta["k"] is meta
    assert permission["http"]["header"][0]["exact"] is exact


def _sources(spec: Spec) -> list[Any]:
    value = spec.intentions[0].value
    assert isinstance(value, list)
    return [*value]


def test_a_name_is_not_taken_for_an_attribute(tmp_path: Path) -> None:
    """Clusters and services may be called as the methods of mappings and models are."""
    names = ["copy", "get", "items", "keys", "model_dump", "update"]
    lines = [f"    {name}: [{{from: web, action: allow}}]" for name in names]
    text = "\n".join(["intentions:", *[f"  {name}:\n" + "\n".join(lines) for name in names]])
    spec = spec_of(doc(tmp_path, text))
    assert [(item.cluster, item.name) for item in spec.intentions] == [(a, b) for a in names for b in names]
    assert all(type(item.value[0]) is Source for item in spec.intentions)
