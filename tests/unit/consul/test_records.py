"""One record a kind: it agrees with the SDK's table and with the sandbox, and nobody keeps a second list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.emulator.forms.kinds import KINDS as SANDBOX
from reconciler.sdk.consul.entry_kinds import entry_kinds, kind_of, type_of
from reconciler.sdk.kinds import Rule
from reconciler_consul.kinds.all import ENTRY_KINDS, KINDS, by_kind, by_type
from reconciler_consul.kinds.fields import TEXT, TEXTS, entry
from reconciler_consul.kinds.names import entry_address, entry_ref
from reconciler_consul.kinds.record import EntryKind

ROOT = Path(__file__).parents[3]
EMULATED = sorted(ENTRY_KINDS.keys() & SANDBOX.keys())


@pytest.mark.parametrize("kind", sorted(ENTRY_KINDS))
def test_an_address_reaches_every_kind(kind: str) -> None:
    address = entry_address((kind, "x"), "dc1")
    assert entry_ref(address) == (kind, "x")
    assert kind_of(address.type, address.name) == kind
    assert KINDS[type_of(kind)].type == address.type


def test_a_record_that_no_address_can_reach_is_an_error() -> None:
    with pytest.raises(ValueError, match="no address can reach the kind rate-limit"):
        by_kind([*ENTRY_KINDS.values(), EntryKind("rate-limit", Rule())])


def test_a_kind_without_a_record_is_an_error() -> None:
    with pytest.raises(ValueError, match="no record of mesh"):
        by_kind([record for kind, record in ENTRY_KINDS.items() if kind != "mesh"])


def test_two_records_of_a_kind_are_an_error() -> None:
    with pytest.raises(ValueError, match="two records of the kind mesh"):
        by_kind([*ENTRY_KINDS.values(), EntryKind("mesh", Rule())])


def test_kinds_of_one_type_agree_on_its_fields_and_share_its_rank() -> None:
    routes = ENTRY_KINDS["tcp-route"]
    other = replace(ENTRY_KINDS["http-route"], rule=entry(Parents=TEXTS, Hostnames=TEXT))
    with pytest.raises(
        ValueError, match="http-route: another kind of the type config_entry has another Parents"
    ):
        by_type({"tcp-route": routes, "http-route": other})
    with pytest.raises(ValueError, match="tcp-route: rank and container need a type of its own"):
        by_type({"tcp-route": replace(routes, rank=36)})


@pytest.mark.parametrize("kind", EMULATED)
def test_the_sandbox_asks_for_the_permissions_of_the_record(kind: str) -> None:
    record, emulated = ENTRY_KINDS[kind], SANDBOX[kind]
    assert (record.read, record.write) == (emulated.reads, emulated.writes)


@pytest.mark.parametrize("kind", EMULATED)
def test_the_sandbox_keeps_each_kind_where_and_since_when_the_table_says(kind: str) -> None:
    facts = entry_kinds()[kind]
    assert SANDBOX[kind].wide == (facts.scope == "partition")
    minor = int(facts.since.split(".")[1]) if facts.since else 13
    assert SANDBOX[kind].since == minor


def test_what_only_a_controller_writes_is_the_sandbox_s_alone() -> None:
    assert SANDBOX.keys() - ENTRY_KINDS.keys() == {"bound-api-gateway"}


# Where Consul itself goes by a list of kinds in one of its own algorithms.
BEHAVIOUR = {
    "reconciler/emulator/core/store.py": "kinds for whose services Consul keeps a virtual address",
    "reconciler/emulator/serve/remote.py": "what decides which services a peer sees",
}


def lists_of_kinds(path: Path) -> Iterator[int]:
    """Lines where four or more kinds, or types of kinds, are written down as a list, a set or values.

    Tables of functions are not meant: what a kind does differently has to be said for the kind.
    """
    names = entry_kinds().keys() | {facts.type for facts in entry_kinds().values()}
    for node in ast.walk(ast.parse(path.read_text())):
        items: list[ast.expr | None] = []
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            items = list(node.elts)
        elif isinstance(node, ast.Dict) and all(isinstance(value, ast.Constant) for value in node.values):
            items = [*node.keys]
        if sum(isinstance(item, ast.Constant) and item.value in names for item in items) >= 4:
            yield node.lineno if isinstance(node, ast.expr) else 0


def test_no_module_keeps_a_second_list_of_kinds() -> None:
    sources = [
        path for folder in ("reconciler", "providers") for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources
        for line in lists_of_kinds(path)
        if str(path.relative_to(ROOT)) not in BEHAVIOUR
    }
    assert found == set(), "derive it from reconciler.sdk.consul.entry_kinds or from the records"


def test_a_list_of_kinds_is_found(tmp_path: Path) -> None:
    (tmp_path / "listed.py").write_text(
        'WIDE = ("mesh", "proxy-defaults", "jwt-provider", "sameness-group")\n'
    )
    (tmp_path / "table.py").write_text(
        '{"mesh": 1, "proxy_defaults": 2, "service-router": 3, "tcp-route": 4}\n'
    )
    (tmp_path / "calls.py").write_text(
        '{"mesh": f, "proxy-defaults": f, "service-router": f, "tcp-route": f}\n'
    )
    assert [bool([*lists_of_kinds(tmp_path / f"{name}.py")]) for name in ("listed", "table", "calls")] == [
        True,
        True,
        False,
    ]
