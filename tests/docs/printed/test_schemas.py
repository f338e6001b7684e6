"""The JSON Schemas in the package: made from the types of documents, and held to docs/json.md and to what
commands print.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.render.documents.schemas import NAMES, schema_text
from reconciler.statestore.text.codec import encode
from tests.docs import schemas
from tests.docs.printed import values
from tests.docs.printed.test_json import explained
from tests.support import samples as s
from tests.support.command.lab import CommandLab

DESCRIBED = {name: section for name, (_, section) in schemas.DOCUMENTS.items() if section}
FILLED = {"plan": values.plans, "events": values.messages}


def validator(name: str) -> Draft202012Validator:
    found = json.loads(schema_text(name))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def problems(name: str, document: Any) -> list[str]:
    shown = json.loads(json.dumps(document, default=str))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(name).iter_errors(shown)]


def keys_of(node: Any, whole: Any, section: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key of a schema as docs/json.md writes it, with the section that is about it."""
    for one in (node, *node.get("anyOf", ())):
        if "$ref" in one:
            name = one["$ref"].rpartition("/")[2]
            if path and name in schemas.SECTIONS:
                section, path = schemas.SECTIONS[name], ""
            yield from keys_of(whole["$defs"][name], whole, section, path)
        for name, value in one.get("properties", {}).items():
            here = f"{path}.{name}".lstrip(".")
            yield section, here
            yield from keys_of(value, whole, section, here)
        if "items" in one:
            yield from keys_of(one["items"], whole, section, f"{path}[]")
        if isinstance(one.get("additionalProperties"), dict):
            yield section, f"{path}.*"
            yield from keys_of(one["additionalProperties"], whole, section, f"{path}.*")


@pytest.mark.parametrize("name", schemas.DOCUMENTS)
def test_the_file_is_what_the_types_make(name: str) -> None:
    assert schema_text(name) == schemas.text(name), "run: python -m tests.docs.schemas"


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_page_and_the_schema_have_the_same_keys(name: str) -> None:
    whole = json.loads(schema_text(name))
    found = {(section, key.replace("[].[]", "[]")) for section, key in keys_of(whole, whole, DESCRIBED[name])}
    sections = {section for section, _ in found}
    page = {one for one in explained() if one[0] in sections}
    of_others = {"Interim steps", "Field changes"} if name == "events" else set()
    assert sorted(found - page) == []
    assert sorted(one for one in page - found if one[0] not in of_others) == []


@pytest.mark.long
@pytest.mark.parametrize("name", FILLED)
def test_what_is_printed_matches(name: str) -> None:
    added = {"@timestamp": "2026-01-01T00:00:00Z"} if name == "events" else {}  # as the caller does
    for document in FILLED[name]():
        assert problems(name, {**added, **document}) == []


@pytest.mark.parametrize("name", ["validate", "access"])
def test_what_other_commands_print_matches(name: str) -> None:
    documents = [value for section, value in values.others() if section == name]
    assert documents
    for document in documents:
        assert problems(name, document) == []


def test_a_state_matches() -> None:
    assert problems("state", json.loads(encode(s.STATE))) == []


def test_what_is_wrong_does_not_match() -> None:
    document = next(iter(values.plans()))
    for key, value in (("verdict", None), ("format_version", "9"), ("clusters", []), ("actions_order", [{}])):
        assert problems("plan", {**document, key: value}), key


@pytest.mark.long
def test_commands_print_what_their_schemas_say(tmp_path: Path) -> None:
    lab = CommandLab(tmp_path)
    lab.write(
        "clusters: {dc1: {address: 'http://127.0.0.1:1'}, dc2: {address: 'http://127.0.0.1:2'}}\n"
        "peerings: [{between: [dc1, dc2]}]\n"
    )
    for name, words in (
        ("plan", "plan"),
        ("plan", "drift"),
        ("validate", "validate"),
        ("events", "apply --auto-approve"),
    ):
        for document in lab.run(*words.split(), "--json").lines():
            assert problems(name, document) == [], words


def test_every_schema_is_printed(tmp_path: Path) -> None:
    lab = CommandLab(tmp_path)
    for name in (*NAMES, "drift"):
        printed = json.loads(lab.run("schema", name).expect(0).out)
        Draft202012Validator.check_schema(printed)
    lab.run("schema", "nonsense").expect(1, "nonsense")
