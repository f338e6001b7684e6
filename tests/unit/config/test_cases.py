"""Cases as data: files in, diagnostics or resources out. See `cases/*.yaml`; each case says what it shows.

    name: {files: {NAME: TEXT}, variables: {}, problems: [...], resources: {ADDRESS: PART OF IT}}

`problems` lists every diagnostic as `FILE:LINE:COL severity code: part of summary, hint or related`, in
order. Of a resource, `body` is exact; `needs`, `for`, `shared` and `protect` are compared where given. With
`only: true` there are no resources besides those listed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.config.load import Loaded, load
from reconciler.model.desired import Resource
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.address import Address
from tests.support import yaml_files
from tests.support.tables import each

_HERE = Path(__file__).parents[2] / "cases" / "config"


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {name}")
        for path in sorted(_HERE.glob("*.yaml"))
        for name, case in yaml_files.read(path.read_text()).items()
    ]


@each("case", _cases())
def test_case(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in case["files"].items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    loaded = load(Path(), [Path(p) for p in case.get("paths", ())], case.get("variables", {}))
    _check_problems(loaded.diagnostics, case.get("problems", []))
    _check_resources(loaded, case)


def _check_problems(found: tuple[Diagnostic, ...], wanted: list[str]) -> None:
    shown = "\n".join(_text(item) for item in found)
    heads = [_head(item) for item in found]
    assert heads == [line.partition(": ")[0] for line in wanted], shown
    for item, line in zip(found, wanted, strict=True):
        assert line.partition(": ")[2] in _text(item), shown


def _head(item: Diagnostic) -> str:
    return f"{item.position or '-'} {item.severity.value} {item.code}"


def _text(item: Diagnostic) -> str:
    related = "".join(f"; {place} {text}" for place, text in item.related)
    return f"{_head(item)}: {item.summary} | {item.hint}{related}"


def _check_resources(loaded: Loaded, case: dict[str, Any]) -> None:
    assert (loaded.desired is None) == any(item.is_error for item in loaded.diagnostics)
    if "resources" not in case:
        return
    assert loaded.desired is not None
    resources = loaded.desired.resources
    for text, wanted in case["resources"].items():
        _check_resource(resources[Address.parse(text)], wanted)
    if case.get("only"):
        assert sorted(map(str, resources)) == sorted(case["resources"])


def _check_resource(resource: Resource, wanted: dict[str, Any]) -> None:
    if "body" in wanted:
        assert resource.body == wanted["body"]
    if "needs" in wanted:
        assert [str(a) for a in resource.depends_on] == wanted["needs"]
    if "for" in wanted:
        assert [str(a) for a in resource.required_by] == wanted["for"]
    for flag in ("shared", "protect"):
        assert getattr(resource, flag) is wanted.get(flag, getattr(resource, flag))
    if "at" in wanted:
        assert str(resource.origin) == wanted["at"]
