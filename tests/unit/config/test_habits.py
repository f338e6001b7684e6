"""What is written in Consul's own form, or in the wrong file, is answered with what to write here."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import load

BASE = """
clusters:
  hub: {address: "http://10.0.0.1:8500"}
  dc2: {address: "http://10.0.0.2:8500"}
  east: {address: "http://10.0.0.3:8500"}
peerings: [{mesh: [hub, dc2, east]}]
service_defaults: {hub: {api: {protocol: http}, billing: {protocol: http}}, dc2: {api: {protocol: http}}}
exports: {hub: {api: [dc2, east]}, east: {api: [hub]}}
"""


@pytest.mark.parametrize(
    ("written", "hints"),
    [
        ("splits: {dc2: {api: [{weight: 9, service: api, peer: hub}]}}", ["write to: api@hub"]),
        ("routes: {hub: {api: [{destination: {service: billing}}]}}", ["write to: billing"]),
        (
            "routes: {hub: {api: [{destination: {service: api, peer: dc2, num_retries: 2}}]}}",
            ["write to: api@dc2 and its other fields beside it"],
        ),
        (
            "routes: {hub: {api: [{match: {http: {path_prefix: /x}}, to: api}]}}",
            ["leave out http: write match: {path_prefix: /v2}"],
        ),
        ("failover: {hub: {api: {targets: [{peer: east}]}}}", ["write api@east"]),
        ("failover: {hub: {api: [{service: web, peer: east}]}}", ["write web@east"]),
        ("redirects: {dc2: {api: {service: web, peer: hub}}}", ["write api: web@hub"]),
        ("exports: {dc2: [{name: web, consumers: [{peer: hub}]}]}", ["write {web: [hub]}"]),
        ("exports: {dc2: {web: [{peer: hub}]}}", ["write the cluster alone: hub"]),
        ("intentions: {hub: {api: [{name: web, peer: dc2, action: allow}]}}", ["write from: web@dc2"]),
        (
            "mesh: {dc2: {peer_through_mesh_gateways: true}}",
            ["write it under peering: {peer_through_mesh_gateways: …}"],
        ),
        ("proxy_defaults: {dc2: {protocol: http}}", ["write config: {protocol: http}; Consul drops"]),
        (
            "splits: {hub: {api: {api: 90, api@east: 10}}}",
            ["do not export api, or let the callers peer with the other cluster"],
        ),
        ("tokens: {dc2: x}", ["tokens are never part of the configuration"]),
        ("credentials: {dc2: {}}", ["it belongs in reconciler.yaml"]),
        ("service_router: {dc2: {}}", ["write routes: {dc1: {api: [{match"]),
    ],
)
def test_the_hint_is_what_to_write(written: str, hints: list[str], tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "x.yaml").write_text(written)
    found = load(tmp_path).diagnostics
    assert len(found) == len(hints), found
    for item, hint in zip(found, hints, strict=True):
        assert item.hint.startswith(hint)
        assert Path(item.position.file).name == "x.yaml" if item.position else False


def test_the_same_words_in_other_places_are_no_habit(tmp_path: Path) -> None:
    """A JWT provider has a `name`, too, and is no source."""
    (tmp_path / "x.yaml").write_text(
        'clusters: {dc1: {address: "http://10.0.0.1:8500"}}\n'
        "intentions: {dc1: {api: {sources: [{from: a, action: allow}],"
        " jwt: {providers: [{name: okta, peer: x}]}}}}\n"
    )
    assert [item.summary for item in load(tmp_path).diagnostics] == ['unknown key "peer"']


def test_a_former_key_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("zzz: a\n")
    (problem,) = load(tmp_path).diagnostics
    assert problem.hint.startswith("known keys: ")
    assert "name" in problem.hint.split(", ")
    assert "estate" not in problem.hint.split(", ")
