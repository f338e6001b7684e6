"""The section `resources`: what it makes, what it depends on, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import Loaded, load
from reconciler.sdk.address import Address

CLUSTERS = (
    'clusters: {a: {provider: odd}, b: {provider: odd}, dc1: {address: "http://h:1"}}\n'
    "groups: {both: [a, b]}\n"
)


def read(folder: Path, resources: str) -> Loaded:
    (folder / "main.yaml").write_text(f"{CLUSTERS}resources: {resources}\n")
    return load(folder)


def test_a_group_makes_one_resource_for_each_cluster_without_the_reserved_keys(tmp_path: Path) -> None:
    text = "{both: {note: {x: {size: 0, tags: [], protect: true}, y: {depends_on: [note.a/x]}}}}"
    desired = read(tmp_path, text).desired

    assert desired is not None
    x, y = (desired.resources[Address("note", "a", name)] for name in ("x", "y"))
    assert (x.body, x.protect, x.provider) == ({"size": 0, "tags": []}, True, "odd")
    assert (y.body, y.depends_on) == ({}, (x.address,))
    assert Address("note", "b", "x") in desired.resources


@pytest.mark.parametrize(
    ("resources", "code", "words"),
    [
        ("{a: {peering: {x: {}}}}", "built-in-type", "peering has a section of its own"),
        ("{a: {Note: {x: {}}}}", "bad-type", "is not the name of a type"),
        ('{a: {note: {"x*": {}}}}', "bad-name", "none of * ? [ ]"),
        ("{a: {note: {x: {protect: 1}}}}", "wrong-type", "protect is true or false"),
        ("{a: {note: {x: {depends_on: note.a/x}}}}", "wrong-type", "a list of addresses"),
        ("{a: {note: {x: {depends_on: [note.a/y]}}}}", "unknown-address", "no resource is called"),
        ("{a: {note: {x: {depends_on: [note.a/x]}}}}", "cycle", "depends on itself"),
        (
            "{a: {note: {x: {depends_on: [note.a/y]}, y: {depends_on: [note.a/x]}}}}",
            "cycle",
            "dependency cycle: note.a/x -> note.a/y -> note.a/x",
        ),
    ],
)
def test_what_is_wrong_is_an_error_at_its_place(
    tmp_path: Path, resources: str, code: str, words: str
) -> None:
    (problem,) = read(tmp_path, resources).diagnostics

    assert problem.code == code
    assert words in problem.summary
    assert problem.position is not None
    assert problem.position.line == 3
