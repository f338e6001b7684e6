"""What a configuration calls sensitive: variables, paths, and what messages about it show."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.fields.paths import parse_path
from reconciler.config.load import Loaded, load
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import masked
from tests.support.tables import each

CANARY = "canary-of-a-file-9b"
MASK = "(sensitive value)"
CLUSTERS = """\
clusters:
  dc1: {address: "http://10.0.0.1:8500", labels: {a: b}}
  dc2: {address: "http://10.0.0.2:8500"}
variables:
  secret: {sensitive: true}
  number: {type: number, sensitive: true, default: 5}
  plain: {default: shown}
"""


def loaded(root: Path, text: str, *, secret: str = CANARY, head: str = CLUSTERS) -> Loaded:
    (root / "main.yaml").write_text(head + text)
    return load(root, variables={"secret": secret})


def shown(found: Loaded) -> str:
    return "\n".join(
        f"{item.code} {item.position} {item.summary} {item.hint} {item.detail} {item.source or ''}"
        for item in found.diagnostics
    )


def body(found: Loaded, type_: str, name: str) -> object:
    assert found.desired is not None, shown(found)
    return masked(found.desired.resources[Address(type_, "dc1", name)].body)


def test_a_value_is_sensitive_wherever_its_variable_is_used(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """\
peerings: [{between: [dc1, dc2], meta: {a: "${var.secret}", b: "${var.plain}"}}]
service_defaults:
  dc1:
    api:
      meta: {c: "x-${var.secret}-y", d: canary-of-a-file-9b}
      max_inbound_connections: "${var.number}"
intentions: {dc1: {api: [{from: web, action: allow, description: "${var.secret}"}]}}
config_entries:
  dc1:
    - Kind: service-router
      Name: api
      Routes: [{Destination: {RequestHeaders: {Set: {auth: "${var.secret}"}}}}]
""",
    )
    assert found.diagnostics == ()
    assert body(found, "peering", "dc2")["Meta"] == {"a": MASK, "b": "shown"}  # type: ignore[index]
    api = body(found, "service_defaults", "api")
    assert api["Meta"] == {"c": MASK, "d": CANARY}, "by its place, not by its text"  # type: ignore[index]
    assert api["MaxInboundConnections"] == MASK  # type: ignore[index]
    assert body(found, "service_intentions", "api")["Sources"][0]["Description"] == MASK  # type: ignore[index]
    routes = body(found, "service_router", "api")["Routes"]  # type: ignore[index]
    assert routes[0]["Destination"]["RequestHeaders"]["Set"] == {"auth": MASK}


@pytest.mark.parametrize(
    "text",
    [
        'service_defaults: {dc1: {"${var.secret}": {protocol: http}}}',
        "config_entries: {dc1: [{Kind: service-defaults, Name: '${var.secret}', Protocol: http}]}",
        'intentions: {dc1: {api: [{from: "${var.secret}", action: allow}]}}',
        "config_entries: {dc1: [{Kind: service-intentions, Name: api, "
        "Sources: [{Name: '${var.secret}', Action: allow}]}]}",
        'groups: {g: {a: "${var.secret}"}}',
        'redirects: {dc1: {api: "${var.secret}"}}',
        'exports: {dc1: {"api-${var.secret}": [dc2]}}',
    ],
)
def test_it_is_refused_where_it_would_be_part_of_a_name(tmp_path: Path, text: str) -> None:
    found = loaded(tmp_path, "peerings: [{between: [dc1, dc2]}]\n" + text + "\n", secret="b")
    assert found.desired is None
    errors = [item for item in found.diagnostics if item.is_error]
    assert [item.code for item in errors] == ["sensitive-shown"], shown(found)
    assert errors[0].position is not None
    assert errors[0].position.line == CLUSTERS.count("\n") + 2


def test_an_address_of_a_cluster_is_shown_everywhere(tmp_path: Path) -> None:
    head = CLUSTERS.replace("http://10.0.0.2:8500", "http://${var.secret}:8500")
    found = loaded(tmp_path, "", head=head, secret="host-of-ours")
    assert [item.code for item in found.diagnostics] == ["sensitive-shown"]


def test_a_bool_cannot_be_sensitive(tmp_path: Path) -> None:
    found = loaded(tmp_path, "  flag: {type: bool, sensitive: true}\n")
    assert [item.summary for item in found.diagnostics] == ["a bool cannot be sensitive"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sensitive: [[service_defaults.dc1/none, Meta.a]]", "unknown-address"),
        ("sensitive: [[service_defaults.dc1/api, Meta..a]]", "bad-path"),
        ("sensitive: [[service_defaults.dc1/api, Name]]", "bad-path"),
        ("sensitive: [[service_defaults.dc1/api, Mata.a]]", "unknown-field"),
        ("sensitive: [service_defaults.dc1/api]", "wrong-type"),
        ("sensitive: [[service_defaults.dc1/api]]", "bad-value"),
    ],
)
def test_what_is_wrong_with_a_path_is_reported(tmp_path: Path, text: str, code: str) -> None:
    found = loaded(tmp_path, "service_defaults: {dc1: {api: {meta: {a: b}}}}\n" + text + "\n")
    assert [item.code for item in found.diagnostics] == [code], shown(found)


def test_paths_are_kept_with_what_they_are_for(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "service_defaults: {dc1: {api: {meta: {a: b}}, web: {meta: {a: b}}}}\n"
        "sensitive: [['service_defaults.*/api', Meta.a], ['*', Meta.a]]\n",
    )
    assert found.desired is not None
    paths = {a.name: one.sensitive for a, one in found.desired.resources.items()}
    assert paths == {"api": (("Meta", "a"), ("Meta", "a")), "web": (("Meta", "a"),)}


@each(
    ("text", "path"),
    [
        ("PrivateKey", ("PrivateKey",)),
        ('Config["a.b"].c', ("Config", "a.b", "c")),
        ("Listeners[*].TLS", ("Listeners", "*", "TLS")),
        ("A[0][1].B", ("A", 0, 1, "B")),
        ("", None), (".a", None), ("a.", None), ("a..b", None), ("[0]", None), ("a b", None), ("a[", None),
    ],
)  # fmt: skip
def test_how_paths_are_written(text: str, path: object) -> None:
    assert parse_path(text) == path


WRONG = {
    "a wrong type of a sensitive default": "  other: {type: number, sensitive: true, default: CANARY}\n",
    "a key beside a private key": "config_entries: {dc1: [{Kind: Bad Kind, PrivateKey: CANARY}]}\n",
    "a misspelt key beside it": "config_entries: {dc1: [{Kind: jwt-provider, JWKS: CANARY, Nmae: x}]}\n",
    "a value that is refused": 'intentions: {dc1: {api: [{from: web, action: "${var.secret}"}]}}\n',
    "a value in a wrong place": 'mesh: {dc1: {tls: {incoming: {tls_min_version: "${var.secret}"}}, '
    'x: "${var.secret}"}}\n',
    "a broken file": "config_entries: {dc1: [{Kind: jwt-provider, JWKS: CANARY\nx: y}]}\n",
    "a broken key": 'config_entries: {dc1: [{PrivateKey: "CANARY]}]}\n',
    "a broken block": "config_entries:\n  dc1:\n    - PrivateKey: |\n        CANARY\n       CANARY\n  x\n",
    "a broken file that calls things sensitive": "sensitive: []\nx: CANARY: y\n",
    "a path points there": "service_defaults: {dc1: {api: {meta: {a: CANARY}, protcol: x}}}\n"
    "sensitive: [[service_defaults.dc1/api, Meta.a]]\n",
}


@each("case", WRONG)
def test_no_message_shows_a_sensitive_value_or_its_line(tmp_path: Path, case: str) -> None:
    found = loaded(tmp_path, WRONG[case].replace("CANARY", CANARY))
    assert any(item.is_error for item in found.diagnostics)
    assert CANARY not in shown(found), shown(found)


def test_other_lines_are_shown_as_ever(tmp_path: Path) -> None:
    found = loaded(tmp_path, "config_entries: {dc1: [{Kind: jwt-provider, JWKS: x}]}\nexprots: {}\n")
    sources = [item.source for item in found.diagnostics if item.code == "unknown-key"]
    assert "exprots: {}" in sources


def test_a_given_value_of_a_wrong_type_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CLUSTERS)
    found = load(tmp_path, variables={"secret": "x", "number": CANARY})
    assert "not a number" in shown(found)
    assert CANARY not in shown(found)
