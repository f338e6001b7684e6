"""The plugin road: a provider that nobody here knows, found by its entry point, used by `provider: NAME`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reconciler import app, registry
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from reconciler.sdk.address import Address

PLUGIN = '''
import json
from pathlib import Path

from reconciler.sdk.errors import Conflict
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Applied, ClusterInfo, Present, Reading


class Files:
    """Keeps each object as a JSON file below the cluster's `folder` option."""

    def __init__(self, clusters, settings):
        self.folders = {name: Path(cluster.options["folder"]) for name, cluster in clusters.items()}

    def kind_of(self, type_):
        return Kind(type_, 30) if type_ == "config_entry" else None

    def _path(self, address):
        return self.folders[address.cluster] / (address.name.replace("/", "_") + ".json")

    async def read(self, wanted):
        seen = {}
        for item in wanted:
            path = self._path(item.address)
            seen[item.address] = Present(json.loads(path.read_text())) if path.exists() else None
        clusters = {name: ClusterInfo(name, str(f), "1", str(f)) for name, f in self.folders.items()}
        return Reading(seen, clusters)

    async def perform(self, step, report):
        path = self._path(step.address)
        if step.before is None and path.exists():
            raise Conflict("somebody was faster", cluster=step.address.cluster)
        if step.after is None:
            path.unlink()
        else:
            path.write_text(json.dumps(step.after))
        return Applied()

    async def close(self):
        pass
'''


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution with the plugin, as pip would leave it."""
    site = tmp_path / "site"
    info = site / "filesplugin-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "filesplugin.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: filesplugin\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{registry.GROUP}]\nfiles = filesplugin:Files\nbroken = nowhere:X\n"
    )
    monkeypatch.syspath_prepend(str(site))
    objects = tmp_path / "objects"
    objects.mkdir()
    return objects


def _options(root: Path, folder: Path, size: int, provider: str = "files") -> app.Options:
    (root / "main.yaml").write_text(
        f'clusters: {{box: {{address: "http://127.0.0.1:1", provider: {provider}, folder: "{folder}"}}}}\n'
        f"config_entries: {{box: [{{Kind: note, Name: hello, Size: {size}}}]}}\n"
    )
    return app.Options(root=root, environ={})


async def _apply(options: app.Options, mode: Mode = Mode.NORMAL) -> app.ApplyResult:
    return await app.apply(
        options,
        mode,
        Selection(),
        approve=lambda planned: True,
        observe=lambda event: None,
        stop=app.Stop(),
    )


async def test_a_foreign_provider_is_planned_applied_changed_and_destroyed(
    plugin: Path, tmp_path: Path
) -> None:
    file = plugin / "note_hello.json"

    first = await _apply(_options(tmp_path, plugin, 1))
    again = await _apply(_options(tmp_path, plugin, 1))
    changed = await _apply(_options(tmp_path, plugin, 2))
    text = file.read_text()
    await _apply(_options(tmp_path, plugin, 2), Mode.DESTROY)

    assert [change.address for change in first.plan.actions] == [Address.parse("config_entry.box/note/hello")]
    assert again.outcome is None
    assert [change.action.value for change in changed.plan.actions] == ["update"]
    assert '"Size": 2' in text
    assert not file.exists()
    assert "filesplugin" in sys.modules


async def test_an_unknown_provider_is_named_with_those_that_are_installed(
    plugin: Path, tmp_path: Path
) -> None:
    with pytest.raises(Failure) as failure:
        await _apply(_options(tmp_path, plugin, 1, provider="filez"))

    (problem,) = failure.value.diagnostics
    assert failure.value.cause is Cause.CONFIGURATION
    assert (problem.code, problem.position and problem.position.line) == ("unknown-provider", 1)
    assert "consul" in problem.detail
    assert "files" in problem.hint


async def test_a_provider_that_does_not_load_is_named(plugin: Path, tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        await _apply(_options(tmp_path, plugin, 1, provider="broken"))

    (problem,) = failure.value.diagnostics
    assert problem.summary == 'the provider "broken" does not load'
    assert "nowhere:X" in problem.detail


async def test_a_type_that_a_provider_does_not_handle_is_refused_by_name(
    plugin: Path, tmp_path: Path
) -> None:
    options = _options(tmp_path, plugin, 1)
    with (tmp_path / "main.yaml").open("a") as file:
        file.write("intentions: {box: {api: [{from: web, action: allow}]}}\n")

    with pytest.raises(Failure, match="does not handle service_intentions"):
        await _apply(options)
