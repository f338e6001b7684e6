"""docs/sections.md: its blocks are one valid configuration with every key, and its table has every key of
reconciler.yaml."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from reconciler.config.language.clusters import ConsulCluster, OtherCluster
from reconciler.config.language.document import document
from reconciler.config.language.operating.file import CredentialForm, LimitsForm, OperatorFile
from reconciler.config.load import load
from tests.docs.checked import ROOT, blocks
from tests.support import yaml_files
from tests.support.tables import each

PAGE = ROOT / "docs" / "sections.md"
TEXT = PAGE.read_text()
BLOCKS = [block for block in blocks(PAGE) if block.language == "yaml"]
FORMER = {"estate"}  # what `name` was called
GIVEN = {"api_path": "/v2", "db_password": "p4ssw0rd"}


def test_the_blocks_are_one_valid_configuration(tmp_path: Path) -> None:
    for number, block in enumerate(BLOCKS):
        (tmp_path / f"{number}.yaml").write_text(block.text)
    found = load(tmp_path, variables=GIVEN)
    assert [f"{item.position}: {item.code}: {item.summary}" for item in found.diagnostics] == []
    assert found.desired is not None


def models(part: Any, found: dict[type[BaseModel], None]) -> None:
    """Collect the models that a type is made of."""
    if isinstance(part, type) and issubclass(part, BaseModel) and part not in found:
        found[part] = None
        for field in part.model_fields.values():
            models(field.annotation, found)
    for inner in typing.get_args(part):
        models(inner, found)


def keys() -> Iterator[tuple[str, str]]:
    """Every key of the language: the model that has it, and the key."""
    found: dict[type[BaseModel], None] = {}
    models(document(), found)
    for model in found:
        for name, field in model.model_fields.items():
            if (
                name not in FORMER
                and (model, name) != (ConsulCluster, "options")
                and model is not OtherCluster
            ):
                yield model.__name__, field.alias or name


def written(value: Any) -> Iterator[str]:
    """Every key of parsed YAML, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from written(item)
    elif isinstance(value, list):
        for item in value:
            yield from written(item)


KEYS = {name for block in BLOCKS for name in written(yaml_files.read(block.text))}
COMMENTS = set(re.findall(r"\w+", " ".join(re.findall(r"#.*", TEXT))))


def test_every_section_is_there() -> None:
    assert set(document().model_fields) - FORMER == {
        name for block in BLOCKS for name in yaml_files.read(block.text)
    }


@each(("model", "key"), [pytest.param(*one, id=".".join(one)) for one in keys()])
def test_every_key_of_the_language_is_written_or_named(model: str, key: str) -> None:
    assert key in KEYS | COMMENTS, f"{key} of {model}"


def test_every_key_of_the_operators_file_is_named() -> None:
    keys = {*OperatorFile.model_fields, *CredentialForm.model_fields, *LimitsForm.model_fields}
    assert {key for key in keys if key not in TEXT} == set()
