"""What a loaded configuration promises besides its content: digest, places, hints, a schema for editors."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from reconciler.config.load import Loaded, load
from reconciler.config.text.document import Marks

_A = """\
clusters:
  dc1: {address: "http://10.0.0.1:8500"}
  dc2: {address: "http://10.0.0.2:8500"}
peerings: [{between: [dc1, dc2]}]
"""
_B = """\
exports: {dc1: {api: [dc2], web: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""
_B_OTHERWISE = """\
# the same, written another way
intentions:
  dc1:
    api:
      - from: web@dc2
        action: "allow"
exports:
  dc1:
    web: dc2
    api: dc2
"""


def _load(root: Path, *texts: str) -> Loaded:
    for number, text in enumerate(texts):
        (root / f"{number}.yaml").write_text(text)
    return load(root)


def _digest(root: Path, *texts: str) -> str:
    root.mkdir()
    loaded = _load(root, *texts)
    assert loaded.desired is not None, loaded.diagnostics
    return loaded.desired.digest


def test_the_digest_is_of_what_is_asked_for_not_of_how_it_is_written(tmp_path: Path) -> None:
    one = _digest(tmp_path / "one", _A, _B)
    assert len(one) == 64
    assert _digest(tmp_path / "two", _B, _A) == one
    assert _digest(tmp_path / "three", _B_OTHERWISE, _A) == one
    assert _digest(tmp_path / "four", _A, _B.replace("allow", "deny")) != one
    assert _digest(tmp_path / "five", _A.replace(":8500", ":8501"), _B) != one
    assert _digest(tmp_path / "six", _A.replace("[dc1, dc2]}", "[dc1, dc2], protect: true}"), _B) != one


def test_a_file_named_twice_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(_A)
    loaded = load(Path(), [Path("a.yaml"), Path("./a.yaml"), tmp_path, tmp_path / "a.yaml"])
    assert loaded.desired is not None
    assert loaded.files == ("a.yaml",)


def test_the_root_is_where_files_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "a.yaml").write_text(_A)
    monkeypatch.chdir(tmp_path)
    assert load(Path("env")).files == ("env/a.yaml",)
    assert load(tmp_path / "env").files == ("env/a.yaml",)


def test_a_problem_shows_its_line_and_underlines_the_token(tmp_path: Path) -> None:
    text = _A + "exports:\n  dc1:\n    catalog: [sooth, dc2]\n"
    (problem,) = _load(tmp_path, text).diagnostics
    assert problem.source == "    catalog: [sooth, dc2]"
    assert problem.position is not None
    assert problem.source[problem.position.column - 1 :][: problem.width] == "sooth"
    assert problem.code == "unknown-cluster"


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    text = _A.replace("dc2", "south") + "exports: {dc1: {api: [sooth]}}\n"
    (problem,) = _load(tmp_path, text).diagnostics
    assert problem.hint == 'did you mean "south"?'


def test_a_splitter_that_names_a_peer_shows_the_shorthand_to_write(tmp_path: Path) -> None:
    text = """\
config_entries:
  dc1:
    - Kind: service-splitter
      Name: ledger
      Splits:
        - {Weight: 90, Service: ledger}
        - {Weight: 10, Service: ledger, Peer: south}
"""
    peering = "peerings: [{between: [dc1, dc2], names: {dc1: south}}]\n"
    loaded = _load(tmp_path, _A[: _A.index("peerings")] + peering + text)
    (problem,) = (d for d in loaded.diagnostics if d.is_error)
    assert problem.code == "splitter-peer"
    assert "splits: {dc1: {ledger: {ledger: 90, ledger@dc2: 10}}}" in problem.hint


def test_both_places_of_a_duplicate_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    problems = _load(Path(), _A, _B, "exports: {dc1: {api: [dc2]}}\n").diagnostics
    (problem,) = problems
    assert str(problem.position) == "2.yaml:1:17"
    assert [(str(place), text) for place, text in problem.related] == [("1.yaml:1:17", "first declared here")]


def test_what_a_missing_export_needs_is_shown(tmp_path: Path) -> None:
    (problem,) = _load(tmp_path, _A, _B, "redirects: {dc2: {db: db@dc1}}\n").diagnostics
    assert problem.code == "not-exported"
    assert problem.hint == "add  exports: {dc1: {db: [dc2]}}"


def test_editors_get_a_json_schema() -> None:
    from reconciler.config.language.document import json_schema

    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert {"clusters", "peerings", "intentions"} <= set(schema["properties"])
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("path", ["nowhere", "a\0b", "x" * 5000])
def test_a_root_that_is_not_there(path: str) -> None:
    loaded = load(Path(path))
    assert [d.code for d in loaded.diagnostics] == ["unreadable"]
    assert loaded.desired is None


def test_the_collector_is_left_as_it_was(tmp_path: Path) -> None:
    assert gc.isenabled()
    _load(tmp_path, "a: [")
    assert gc.isenabled()


def test_what_was_read_is_gone_when_it_is_resolved(tmp_path: Path) -> None:
    """Nothing that a load leaves behind holds itself: files and places go without the collector."""
    _load(tmp_path, _A + _B)  # makes the validator, which stays
    gc.collect()
    gc.disable()
    try:
        loaded = _load(tmp_path, _A + _B)
        assert loaded.desired is not None
        assert not [one for one in gc.get_objects() if isinstance(one, Marks)]
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_what_the_language_says_of_a_cluster_is_no_option_for_its_provider(tmp_path: Path) -> None:
    text = """\
clusters:
  dc1: {address: "http://10.0.0.1:8500", edition: community, version: "1.20", default_intention: deny}
  dc2: {provider: memory, edition: pocket, version: 3}
"""
    desired = _load(tmp_path, text).desired
    assert desired is not None
    consul, memory = desired.clusters["dc1"], desired.clusters["dc2"]
    assert (consul.edition, consul.version, consul.default_intention) == ("community", "1.20", "deny")
    assert consul.options == {}
    assert (memory.edition, memory.version, memory.default_intention) == (None, None, None)
    assert memory.options == {"edition": "pocket", "version": 3}


def test_options_of_a_cluster(tmp_path: Path) -> None:
    text = """\
clusters:
  dc1: {address: "http://10.0.0.1:8500/", default_intention: deny, options: {x: 1}, labels: {a: b}}
  dc2: {provider: memory, shelf: 3}
"""
    desired = _load(tmp_path, text).desired
    assert desired is not None
    assert desired.clusters["dc1"].address == "http://10.0.0.1:8500"
    assert desired.clusters["dc1"].options == {"x": 1}
    assert desired.clusters["dc1"].default_intention == "deny"
    assert desired.clusters["dc2"].options == {"shelf": 3}
    assert desired.clusters["dc2"].provider == "memory"
