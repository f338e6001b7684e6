"""A field of an ignore rule that no object of the rule can have is found without a cluster, at its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.config.fields.known import Shape, shape_of
from reconciler.config.fields.paths import parse_path
from reconciler.config.fields.stray import BODIES, KEYED, stray_step
from reconciler.config.load import load
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.sdk.kinds import Rule
from reconciler_consul.kinds.acl_policy import ACL_POLICY
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.kinds.peering import PEERING
from tests.support.tables import each

ENTRIES = """\
clusters: {{dc1: {{address: "http://10.0.0.1:8500"{version}}}, dc2: {{address: "http://10.0.0.2:8500"}}}}
peerings: [{{between: [dc1, dc2]}}]
service_defaults: {{dc1: {{api: {{protocol: http}}}}}}
mesh: {{dc1: {{peering: {{peer_through_mesh_gateways: true}}}}}}
ignore:
  - address: {address}
    fields: ['{field}']
    reason: others write it
"""


def problems(root: Path, address: str, field: str, version: str = "") -> list[Diagnostic]:
    """Return what is wrong with the rules of a configuration."""
    text = ENTRIES.format(address=address, field=field, version=version and f", version: '{version}'")
    (root / "main.yaml").write_text(text)
    return list(load(root).diagnostics)


def test_the_problem_names_the_place_and_the_field_that_was_meant(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "service_defaults.dc1/api", "Protocl")

    assert (found.severity, found.code) == (Severity.ERROR, "unknown-field")
    assert str(found.position).endswith("main.yaml:7:14")
    assert found.summary == "service-defaults has no field 'Protocl': this ignores nothing"
    assert found.hint is not None
    assert found.hint.startswith('did you mean "Protocol"?')


def test_where_the_servers_are_newer_than_what_is_known_it_is_a_warning(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "service_defaults.dc1/api", "BrandNew", version="1.99")

    assert found.severity is Severity.WARNING


@each(
    ("address", "field", "is_wrong"),
    [
        ("'*.dc1/*'", "Peering.PeerThroughMeshGateways", False),  # mesh has it
        ("'*.dc1/*'", "Protocol", False),
        ("'*.dc1/*'", "Protocl", True),
        ("peering.dc1/dc2", "Meta.owner", False),
        ("peering.dc1/dc2", "Mta.owner", True),
        ("[service_defaults.dc1/api, mesh.dc1/mesh]", "Peering.Peer", True),
    ],
)
def test_a_glob_over_several_kinds_is_wrong_only_if_no_kind_has_the_field(
    tmp_path: Path, address: str, field: str, is_wrong: bool
) -> None:
    found = problems(tmp_path, address, field)

    assert [item.code for item in found] == ["unknown-field"] * is_wrong


@each(
    ("kind", "path"),
    [
        ("service-defaults", "protocol"),
        ("service-defaults", "mesh_gateway.mode"),
        ("service-defaults", "Meta.anything"),
        ("service-defaults", 'Meta["team-*"]'),
        ("service-defaults", "UpstreamConfig.Overrides.ConnectTimeoutMs"),
        ("service-defaults", "UpstreamConfig.Overrides[0].Limits"),
        ("service-defaults", 'MeshGateway["Mo*"]'),
        ("proxy-defaults", "Config.envoy_anything.below"),
        ("service-intentions", "Sources.web"),
        ("service-intentions", 'Sources["web@us-prod"].Action'),
        ("service-intentions", "Sources.Action"),
        ("service-intentions", "Sources[*].Permissions[0].HTTP.Header.Name"),
        ("exported-services", "Services.api.Consumers.dc2"),
        ("service-resolver", "Subsets.v1.Filter"),
        ("service-resolver", "Failover[*].Targets.Peer"),
        ("acl-policy", "Rules.anything.below"),
        ("a-kind-of-a-newer-consul", "Anything"),
    ],
)  # fmt: skip
def test_maps_keys_of_items_and_every_spelling_are_free(kind: str, path: str) -> None:
    steps = parse_path(path)
    assert steps is not None
    assert stray_step(kind, steps) is None


@each(
    ("kind", "path", "step"),
    [
        ("service-defaults", "MeshGateway.Mod", "Mod"),
        ("service-defaults", "UpstreamConfig.Overrides.Nme", "Nme"),
        ("service-defaults", 'MeshGateway["No*"]', "No*"),
        ("service-intentions", 'Sources["web"].Acton', "Acton"),
        ("service-intentions", "Sources[*].Acton", "Acton"),
        ("service-intentions", "Source.web", "Source"),
        ("service-resolver", "Subsets.v1.Filtr", "Filtr"),
        ("service-router", "Routes[0].Mtch.HTTP", "Mtch"),
        ("peering", "Nmes.dc1", "Nmes"),
        ("acl-policy", "Rule", "Rule"),
    ],
)  # fmt: skip
def test_the_step_that_is_no_field_is_named(kind: str, path: str, step: str) -> None:
    steps = parse_path(path)
    assert steps is not None
    found = stray_step(kind, steps)
    assert found is not None
    assert found.step == step


def _keyed(rule: Rule, inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the lists of a rule whose items are known by fields of theirs."""
    for name, below in rule.fields.items():
        if below.keyed is not None and below.keyed.fields:
            yield ".".join((*inside, name))
        yield from _keyed(below.each or below, (*inside, name))


def test_the_keyed_lists_are_those_of_the_kinds() -> None:
    entries = {name: record.rule for name, record in ENTRY_KINDS.items() if shape_of(name)}
    assert {(kind, path) for kind, rule in entries.items() for path in _keyed(rule)} == KEYED


def test_the_fields_of_other_objects_are_those_of_their_kinds() -> None:
    for name, fields in BODIES.items():
        rule = {"peering": PEERING, "acl-policy": ACL_POLICY}[name].rule
        assert set(fields) == {one for one, below in rule.fields.items() if not below.server}


def test_the_table_is_not_changed_by_looking() -> None:
    before = shape_of("mesh")
    assert isinstance(before, Shape)
    assert stray_step("mesh", ("Peering", "Nothing")) is not None
    assert shape_of("mesh") is before
