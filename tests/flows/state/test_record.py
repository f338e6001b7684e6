"""After an apply the record is what is declared, and no more: what others write later is theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.plan import Mode
from tests.support.lab import Lab

_TAKEN_BACK = {
    "proxy_defaults": (
        "dc1: {mode: transparent}",
        "dc1: {}",
        "proxy-defaults/global",
        {"Mode": "transparent"},
    ),
    "service_defaults": (
        "dc1: {api: {mode: transparent}}",
        "dc1: {api: {}}",
        "service-defaults/api",
        {"Mode": "direct"},
    ),
    "mesh": (
        "dc1: {transparent_proxy: {mesh_destinations_only: true}}",
        "dc1: {}",
        "mesh/mesh",
        {"TransparentProxy": {"MeshDestinationsOnly": True}},
    ),
    "config_entries": (
        "dc1: [{Kind: service-resolver, Name: api, ConnectTimeout: 5s}]",
        "dc1: [{Kind: service-resolver, Name: api}]",
        "service-resolver/api",
        {"ConnectTimeout": "7s"},
    ),
}


@pytest.mark.parametrize("section", _TAKEN_BACK)
async def test_what_is_no_longer_declared_leaves_the_record_in_the_same_apply(
    section: str, tmp_path: Path
) -> None:
    before, after, path, theirs = _TAKEN_BACK[section]
    lab = Lab(tmp_path, clusters=1)
    lab.write(f"{lab.clusters_yaml()}{section}: {{{before}}}\n")
    await lab.apply()
    lab.write(f"{lab.clusters_yaml()}{section}: {{{after}}}\n")

    await lab.apply()

    [entry] = (await lab.state()).resources.values()
    assert entry.body == {}
    assert not any(change.drift for change in (await lab.plan(Mode.REFRESH_ONLY)).changes)

    kind, _, name = path.partition("/")
    named = {} if kind == "mesh" else {"Name": name}
    lab.call("dc1", "PUT", "/v1/config", {"Kind": kind, **named, **theirs})
    assert not any(change.drift for change in (await lab.plan(Mode.REFRESH_ONLY)).changes)
    assert not (await lab.plan()).has_changes
