"""What is written in Consul's own form, or in the wrong file, is answered with what to write here."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.load import load
from tests.support.tables import each

BASE = """
clusters:
  hub: {address: "http://10.0.0.1:8500"}
  dc2: {address: "http://10.0.0.2:8500"}
  east: {address: "http://10.0.0.3:8500"}
peerings: [{mesh: [hub, dc2, east]}]
service_defaults: {hub: {api: {protocol: http}, billing: {protocol: http}}, dc2: {api: {protocol: http}}}
exports: {hub: {api: [dc2, east]}, east: {api: [hub]}}
"""


@each(
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
        ("intentions: {hub: {api: {sources: [web@dc2]}}}", ["write {from: web@dc2, action: allow}"]),
        ("intentions: {hub: {api: ['*@dc2']}}", ['write {from: "*@dc2", action: allow}']),
        ("intentions: {hub: {api: web@dc2}}", ["write [{from: web@dc2, action: allow}]"]),
        (
            "intentions: {hub: {api: {from: web@dc2, action: allow}}}",
            ["write a list: [{from: web@dc2, …}]"],
        ),
        ("intentions: {hub: {api: {web@dc2: deny}}}", ["write [{from: web@dc2, action: deny}]"]),
        (
            "intentions: {hub: {api: {web@dc2: deny, '*': allow}}}",
            ['write [{from: web@dc2, action: deny}, {from: "*", action: allow}]'],
        ),
        ("intentions: {hub: {api: [{web@dc2: allow}]}}", ["write {from: web@dc2, action: allow}"]),
        ("intentions: {hub: {api: {sources: [{web: allow}]}}}", ["write {from: web, action: allow}"]),
        (
            "failover: {dc2: [api]}",
            ["first the cluster, then the service, as in failover: {dc1: {api: [api@"],
        ),
        ("failover: {dc2: {api: [{to: api@hub}]}}", ["write api@hub"]),
        ("redirects: {dc2: {web: {to: api@hub}}}", ["write api@hub"]),
        ("redirects: {dc2: {web: [api@hub]}}", ["write api@hub"]),
        (
            "exports: {dc2: [api]}",
            ["first the cluster, then the service, as in exports: {dc1: {api: [dc2]}}"],
        ),
        ("service_defaults: {web: {protocol: http}}", ["first the cluster, then the service, as in"]),
        ("service_defaults: {dc2: {web: http}}", ["write {protocol: http}"]),
        ("config_entries: {dc2: {Kind: mesh}}", ["write a list: [{Kind: …, Name: …}]"]),
        ("config_entries: [{Kind: mesh}]", ["first the cluster, as in config_entries: {dc1: [{Kind"]),
        ("acl_policies: {dc2: {p: 'node \"\" {}'}}", ["write {rules: …}"]),
        ("acl_policies: {p: {description: 'x'}}", ["first the cluster, then the policy, as in acl_policies"]),
        ("acl_policies: {p: {rules: 'x'}}", ["first the cluster, then the policy, as in acl_policies"]),
        ("clusters: {dc4: 'http://10.0.0.4:8500'}", ['write {address: "http://10.0.0.4:8500"}']),
        ("clusters: {dc4: {address: ['http://10.0.0.4:8500']}}", ["write address: http://10.0.0.4:8500"]),
        ("clusters: {dc4: ['http://10.0.0.4:8500']}", ["as in clusters: {dc1: {address: "]),
        ("clusters: [dc4]", ["as in clusters: {dc1: {address: "]),
        ("clusters: {dc4: 8500}", ["as in clusters: {dc1: {address: "]),
        ("groups: [us]", ["as in groups: {us: [dc1, dc2]}"]),
        ("mesh: {dc2: remote}", ["first the cluster, as in mesh: {dc1: {peering: {peer_through"]),
        ("peerings: {hub: dc2}", ["write a list: [{between: [hub, dc2]}]"]),
        ("peerings: {mesh: [hub, dc2]}", ["write a list: [{mesh: …}]"]),
        ("peerings: {hub: hub, spokes: [dc2]}", ["write a list: [{hub: …, spokes: …}]"]),
        ("peerings: [[hub, dc2]]", ["write {between: [hub, dc2]}"]),
        ("peerings: [[hub, dc2, east]]", ["write {mesh: [hub, dc2, east]}"]),
        ("peerings: [hub]", ["a peering is {between: [a, b]}, {mesh: […]} or {hub: a, spokes: […]}"]),
        ("peerings: [{between: hub/dc2}]", ["write between: [hub, dc2]"]),
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


@pytest.mark.parametrize(
    "written",
    [
        "service_defaults: {dc2: {web: 8080}}",
        "acl_policies: {dc2: {p: 3}}",
        "intentions: {hub: {api: [3]}}",
        "redirects: {dc2: {web: [api@hub, api@east]}}",
        "peerings: [{between: hub}]",
    ],
)
def test_what_nobody_can_have_meant_is_not_repeated(written: str, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "x.yaml").write_text(written)
    (found,) = load(tmp_path).diagnostics
    assert found.code == "wrong-type"
    assert not found.hint.startswith("write {")
    assert "as in" not in found.hint


def test_what_is_no_source_is_not_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "x.yaml").write_text("intentions: {hub: {api: [{from: web, permissions: [{http: allow}]}]}}")
    assert "from:" not in "".join(item.hint for item in load(tmp_path).diagnostics)


def test_the_same_words_in_other_places_are_no_habit(tmp_path: Path) -> None:
    """A JWT provider has a `name`, too, and is no source."""
    (tmp_path / "x.yaml").write_text(
        'clusters: {dc1: {address: "http://10.0.0.1:8500"}}\n'
        "intentions: {dc1: {api: {sources: [{from: a, action: allow}],"
        " jwt: {providers: [{name: okta, peer: x}]}}}}\n"
    )
    errors = [item.summary for item in load(tmp_path).diagnostics if item.is_error]
    assert errors == ['unknown key "peer"']


def test_a_former_key_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("zzz: a\n")
    (problem,) = load(tmp_path).diagnostics
    assert problem.hint.startswith("known keys: ")
    assert "name" in problem.hint.split(", ")
    assert "estate" not in problem.hint.split(", ")


@pytest.mark.parametrize(
    ("written", "problem", "hint"),
    [
        (
            "failover: {api: {dc2: [api@hub]}}",
            'unknown cluster "api"',
            "first the cluster: write dc2: {api: …}",
        ),
        (
            "service_defaults: {web: {dc2: {}}}",
            'unknown cluster "web"',
            "first the cluster: write dc2: {web: …}",
        ),
        (
            "exports: {dc2: {hub: [web]}}",
            'unknown cluster "web"',
            "first the service, then the clusters that",
        ),
        ("exports: {dc2: {web: [web@hub]}}", 'unknown cluster "web@hub"', "write the cluster alone: hub"),
        (
            "exports: {dc2: {web: ['http://10.0.0.1:8500/']}}",
            'unknown cluster "http://10.0.0.1:8500/"',
            "write the cluster's name: hub",
        ),
        (
            "peerings: [{between: [hub, 'http://10.0.0.9:8500']}]",
            'unknown cluster "http://10.0.0.9:8500"',
            "declare the cluster, and write its name: clusters: {dc9: {address: http://10.0.0.9:8500}}",
        ),
        (
            "intentions: {hub: {api: [{from: dc2@web, action: allow}]}}",
            'unknown cluster "web"',
            'the service comes first: did you mean "web@dc2"?',
        ),
        (
            "failover: {dc2: {api@hub: [api]}}",
            '"api@hub" names a cluster',
            "write api; the key above it names",
        ),
    ],
)
def test_a_name_in_the_place_of_another_says_where_each_goes(
    written: str, problem: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "x.yaml").write_text(written)
    (found,) = load(tmp_path).diagnostics
    assert found.summary.startswith(problem)
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("failover: {dc2: {api: [hub]}}", "did you mean api@hub?"),
        ("failover: {dc2: {api: hub}}", "did you mean api@hub?"),
        ("failover: {dc2: {hub: [api]}}", "first the cluster, then the service, as in dc2: {api: …}"),
        ("redirects: {dc2: {web: hub}}", "did you mean web@hub?"),
        ("splits: {dc2: {api: {api: 90, hub: 10}}}", "did you mean api@hub?"),
        ("splits: {dc2: {api: {dc2: 90, api@hub: 10}}}", "did you mean api?"),
        ("routes: {dc2: {api: [{match: {path_prefix: /x}, to: hub}]}}", "did you mean api@hub?"),
        (
            "intentions: {hub: {api: [{from: dc2, action: allow}]}}",
            'did you mean web@dc2, or "*@dc2" for all',
        ),
    ],
)
def test_a_cluster_in_the_place_of_a_service_is_a_warning_and_nothing_else(
    written: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "x.yaml").write_text(written)
    (found,) = load(tmp_path).diagnostics
    assert (found.code, found.is_error) == ("cluster-as-service", False)
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    "declared", ["service_defaults: {hub: {east: {protocol: http}}}", "exports: {dc2: {east: [hub]}}"]
)
def test_a_service_may_be_named_as_a_cluster_is(declared: str, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "more.yaml").write_text("redirects: {dc2: {web: east}, hub: {east: east@dc2}}\n" + declared)
    assert "cluster-as-service" not in {item.code for item in load(tmp_path).diagnostics}


def test_an_entry_in_consuls_form_says_itself_that_it_means_a_service(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "more.yaml").write_text(
        "config_entries: {dc2: [{Kind: service-resolver, Name: web, Redirect: {Service: hub}}]}"
    )
    assert load(tmp_path).diagnostics == ()
