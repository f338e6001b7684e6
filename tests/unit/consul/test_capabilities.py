"""The table of capabilities: versions compared, fields found wherever they stand, one sentence for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.kinds import Rule
from reconciler.sdk.provider import ClusterInfo
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.all import KINDS as RULES
from reconciler_consul.server.capabilities import (
    Capability,
    Version,
    fields_of,
    kinds,
    lacks,
    parse,
    shown,
)
from reconciler_consul.server.entry_capabilities import Server, entry_findings, kind_is_missing, values


def server(text: str) -> Server:
    edition = "enterprise" if "+ent" in text else "community"
    return Server.of(ClusterInfo("dc3", "http://dc3", text, "", {"edition": edition}))


def said(kind: str, body: dict[str, Any], text: str) -> list[str]:
    return [f"{item.message} [{item.rule}]" for item in entry_findings(kind, body, server(text))]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.20.0-rc1", (1, 20, 0)),
        ("1.18.2+ent", (1, 18, 2)),
        ("v1.22.0-dev", (1, 22, 0)),
        ("1.16", (1, 16, 0)),
        ("1.17.0+ent.fips1402", (1, 17, 0)),
        ("unknown", None),
        ("", None),
    ],
)
def test_versions_as_servers_tell_them(text: str, numbers: Version | None) -> None:
    assert parse(text) == numbers


BACKPORTED: tuple[Version, ...] = ((1, 14, 7), (1, 15, 3), (1, 16, 0))


@pytest.mark.parametrize(
    ("version", "needed"),
    [
        ((1, 13, 9), (1, 14, 7)),
        ((1, 14, 6), (1, 14, 7)),
        ((1, 14, 7), None),
        ((1, 15, 0), (1, 15, 3)),
        ((1, 15, 3), None),
        ((1, 16, 0), None),
        ((2, 0, 0), None),
    ],
)
def test_a_backport_counts_for_its_own_line_only(version: Version, needed: Version | None) -> None:
    assert lacks(version, BACKPORTED) == needed


def test_a_field_added_in_a_patch_release_is_reported_with_it() -> None:
    assert (shown((1, 16, 0)), shown((1, 20, 1))) == ("1.16", "1.20.1")


PEERS = {kind: record.peers for kind, record in ENTRY_KINDS.items() if record.peers}
FIELDS = [item for kind in entry_kinds() for item in fields_of(kind)]
ALL = {item.kind for item in FIELDS} | set(PEERS)


@pytest.mark.parametrize("kind", sorted(ALL))
def test_every_path_of_the_table_is_a_field_of_its_kind(kind: str) -> None:
    """A path with a misspelt field would never be found, and so never be refused."""
    known = RULES.get(kind.replace("-", "_"), RULES["config_entry"])
    paths = [item.path for item in fields_of(kind)] + list(PEERS.get(kind, ()))

    assert [path for path in paths if not _leads(known.rule, path.split("."))] == []


def _leads(rule: Rule, path: list[str]) -> bool:
    if not path:
        return True
    if path[0] == "*":
        return rule.is_map and rule.each is not None and _leads(rule.each, path[1:])
    inner = rule.each if rule.each is not None and not rule.is_map else rule
    return path[0] in inner.fields and _leads(inner.fields[path[0]], path[1:])


def test_a_newer_field_is_named_with_what_it_needs_and_what_runs() -> None:
    assert said("service-resolver", {"Redirect": {"Service": "a", "Peer": "p"}}, "1.13.9") == [
        "Redirect.Peer needs Consul 1.14, dc3 runs 1.13.9 [needs-newer-version]"
    ]


def test_a_field_is_found_in_every_list_and_map_and_told_once() -> None:
    routes = [{"Match": {"HTTP": {"PathPrefix": "/"}}}, {"Match": {"HTTP": {"CaseInsensitive": False}}}] * 2

    assert said("service-router", {"Routes": routes}, "1.16.7") == [
        "Routes.Match.HTTP.CaseInsensitive needs Consul 1.17.3, dc3 runs 1.16.7 [needs-newer-version]"
    ]
    assert said("service-router", {"Routes": routes}, "1.18.2") == []


def test_one_sentence_for_each_version_needed() -> None:
    body = {"Protocol": "http", "MutualTLSMode": "strict", "EnvoyExtensions": [], "RateLimits": {"a": 1}}

    assert said("service-defaults", body, "1.14.11") == [
        "EnvoyExtensions needs Consul 1.15, dc3 runs 1.14.11 [needs-newer-version]",
        "MutualTLSMode needs Consul 1.16, dc3 runs 1.14.11 [needs-newer-version]",
        "RateLimits needs Consul 1.17, dc3 runs 1.14.11 [needs-newer-version]",
    ]


def test_enterprise_fields_on_community_and_on_enterprise() -> None:
    body = {"Sources": [{"Name": "web", "SamenessGroup": "all", "Action": "allow"}]}

    assert said("service-intentions", body, "1.18.2") == [
        "Sources.SamenessGroup needs Consul Enterprise, dc3 runs 1.18.2 (Community) [needs-enterprise]"
    ]
    assert said("service-intentions", body, "1.18.2+ent") == []
    assert "needs Consul 1.16" in said("service-intentions", body, "1.14.11+ent")[0]


def test_a_fix_in_unknown_enterprise_patches_is_not_judged_on_enterprise() -> None:
    header = [{"Name": "x", "Contains": "y"}]
    body = {"Sources": [{"Name": "web", "Permissions": [{"Action": "allow", "HTTP": {"Header": header}}]}]}

    assert said("service-intentions", body, "1.18.5+ent") == []
    assert "needs Consul 1.20.1" in said("service-intentions", body, "1.18.5")[0]


def test_a_default_that_community_ignores_is_no_finding() -> None:
    def found(namespace: str) -> list[str]:
        service = {"Name": "a", "Namespace": namespace, "Consumers": [{"Peer": "p"}]}
        return said("exported-services", {"Services": [service]}, "1.20.0")

    assert found("default") == []
    assert "Services.Namespace needs Consul Enterprise" in found("n")[0]


def test_of_a_server_that_does_not_tell_its_version_nothing_is_said() -> None:
    body = {"Redirect": {"Peer": "p", "Namespace": "n", "SamenessGroup": "g"}}

    assert said("service-resolver", body, "unknown") == []
    assert not kind_is_missing("jwt-provider", server("unknown"))


def test_the_table_has_kinds() -> None:
    assert {"jwt-provider", "sameness-group", "api-gateway"} <= set(kinds())


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_kinds_that_a_server_does_not_know(kind: str) -> None:
    assert kind_is_missing(kind, server("1.14.11"))
    assert not kind_is_missing(kind, server("1.22.0+ent"))
    assert said(kind, {"Anything": 1}, "1.14.11")[0].startswith(f"{kind} needs Consul ")


@pytest.mark.parametrize(("text", "objects"), [("1.18.2", False), ("1.20.0-rc1", True)])
def test_protocols_that_newer_servers_refuse(text: str, objects: bool) -> None:
    found = said("service-defaults", {"Protocol": "htpp"}, text)

    assert bool(found) is objects
    assert said("service-defaults", {"Protocol": "grpc"}, text) == []


def test_values_go_through_what_is_not_as_expected() -> None:
    assert list(values({"Failover": {"*": {"Targets": "none"}, "v1": 3}}, "Failover.*.Targets.Peer")) == []
    assert list(values({"A": {"x": [{"B": 1}, {"B": None}]}}, "A.*.B")) == [1, None]


def test_the_guide_has_every_row_of_the_table() -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/versions.md").read_text()
    shown_rows = {tuple(cell.strip() for cell in line.split("|")[1:5]) for line in guide.splitlines()}

    def row(item: Capability, what: str) -> tuple[str, ...]:
        since = " / ".join(map(shown, item.since)) or "–"
        return f"`{item.kind}`", what, since, "yes" if item.enterprise else ""

    rows = [row(item, "the whole kind") for item in kinds().values()]
    rows += [row(item, f"`{item.path}`") for item in FIELDS]
    assert [wanted for wanted in rows if wanted not in shown_rows] == []
