"""Hostile input: refused quickly, by name and place, without a crash."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.config.load import Loaded, load
from reconciler.config.text import source
from reconciler.config.text.building import Limits
from reconciler.config.text.source import parse
from tests.support.work import growth

_BOMBS = {
    "nested brackets": "[" * 10**6,
    "nested braces": "{a: " * 10**6,
    "nested dashes": "- " * 10**6,
    "nested questions": "? " * 10**6,
    "closed brackets": "[" * 50_000 + "]" * 50_000,
    "aliases": "a: &a [x]\n" + "".join(f"k{n}: [*a, *a, *a, *a]\n" for n in range(20_000)),
    "merge keys": "".join(f"k{n}: {{<<: {{a: 1}}}}\n" for n in range(20_000)),
    "digits": "a: " + "9" * 10**6,
    "hex digits": "a: 0x" + "f" * 10**6,
    "long scalar never closed": 'a: "' + "x" * 10**6,
    "one key a million times": "a: 1\n" * 10**5,
}


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the reader took from the parser so far."""
    taken: list[object] = []
    make = source._events

    def counted(text: str, *, pure: bool = False) -> Callable[[], object]:
        get = make(text, pure=pure)

        def event() -> object:
            taken.append(get())
            return taken[-1]

        return event

    monkeypatch.setattr(source, "_events", counted)
    return taken


@pytest.mark.parametrize("text", _BOMBS.values(), ids=_BOMBS.keys())
def test_a_bomb_is_refused_at_once(text: str, events: list[object]) -> None:
    _, problems = parse(text, "bomb.yaml")
    assert len(events) < 500, "hardly anything of up to millions was read"
    assert problems
    assert all(p.is_error and p.position and p.position.line >= 1 for p in problems)
    assert len(problems) <= 50


@pytest.mark.parametrize("depth", [64, 65])
def test_sixty_four_levels_are_read_and_no_more(depth: int) -> None:
    _, problems = parse("[" * depth + "]" * depth, "a.yaml")
    assert [p.code for p in problems] == (["too-deep"] if depth > 64 else [])


def test_the_number_of_events_is_limited() -> None:
    _, problems = parse("[" + "a," * 1000 + "]", "a.yaml", Limits(max_events=100))
    assert [p.code for p in problems] == ["too-large"]


@pytest.mark.parametrize("closed", [False, True])
def test_the_limit_is_ours_and_not_the_librarys(closed: bool) -> None:
    """libyaml reads ahead, and gives up by itself at 1 000 open brackets since PyYAML 6.0.4."""
    text = "a: &x 1\nb: " + "[" * 1_050 + "]" * 1_050 * closed
    _, problems = parse(text, "a.yaml")
    assert [(p.code, str(p.position)) for p in problems] == [
        ("anchor", "a.yaml:1:4"),
        ("too-deep", "a.yaml:2:67"),
    ]
    doc, problems = parse("[" * 1_050 + "]" * 1_050 * closed, "a.yaml", Limits(max_depth=3_000))
    assert [p.code for p in problems] == ([] if closed else ["syntax"])
    assert isinstance(doc.value, list) is closed


def test_the_pure_parser_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.delattr(yaml, "CSafeLoader")
    doc, problems = parse("a: {b: [1, no, '2']}\nc: *x\nd: !t e\n", "a.yaml")
    assert doc.value == {"a": {"b": [1, "no", "2"]}, "c": None, "d": "e"}
    assert [(p.code, p.position.line, p.position.column) for p in problems if p.position] == [
        ("alias", 2, 4),
        ("tag", 3, 4),
    ]
    assert [p.code for p in parse("[" * 10**5, "a.yaml")[1]] == ["too-deep"]


def _codes(loaded: Loaded) -> list[tuple[str, str]]:
    return [(str(d.position), d.code) for d in loaded.diagnostics]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo.yaml")  # reading it would wait for ever
    os.symlink("loop.yaml", "loop.yaml")
    os.symlink("nowhere", "gone.yaml")
    Path("latin.yaml").write_bytes(b"clusters:\n  dc1: {address: caf\xe9}\n")
    Path("utf16.yaml").write_bytes("clusters: {}\n".encode("utf-16"))
    Path("binary.yaml").write_bytes(bytes(range(1, 128)))
    Path("dir.yaml").mkdir()
    assert _codes(load(Path())) == [
        ("binary.yaml:1:1", "not-text"),
        ("fifo.yaml", "unreadable"),
        ("gone.yaml", "unreadable"),
        ("latin.yaml:2:21", "not-utf8"),
        ("loop.yaml", "unreadable"),
        ("utf16.yaml:1:1", "not-utf8"),
    ]


def test_the_size_of_a_file_is_limited_by_the_operator(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("limits: {max_file_bytes: 20}\n")
    (tmp_path / "a.yaml").write_text("# " + "x" * 20)
    loaded = load(tmp_path)
    assert [d.code for d in loaded.diagnostics] == ["too-large"]
    assert loaded.operator.limits.max_file_bytes == 20


def test_a_password_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("clusters: {dc1: {address: 'https://u:hunter2@h'}}")
    (problem,) = load(tmp_path).diagnostics
    assert problem.code == "bad-address"
    assert "hunter2" not in repr(problem)


def test_the_work_of_loading_grows_linearly_with_intentions(tmp_path: Path) -> None:
    def loads(count: int) -> None:
        folder = tmp_path / str(count)
        folder.mkdir(exist_ok=True)
        (folder / "a.yaml").write_text(many_intentions(count))
        loaded = load(folder)
        assert loaded.desired is not None
        assert len(loaded.desired.resources) == count + 2

    assert growth(loads, 250, 2_000) < 1.5


def many_intentions(count: int) -> str:
    lines = [
        "clusters: {dc1: {address: 'http://10.0.0.1'}, dc2: {address: 'http://10.0.0.2'}}",
        "peerings: [{between: [dc1, dc2]}]",
        "exports: {dc1: {'*': [dc2]}}",
        "intentions:",
        "  dc1:",
        *(f"    svc{n}: [{{from: web@dc2, action: allow}}]" for n in range(count)),
    ]
    return "\n".join(lines)
