"""docs/sections.md: its configuration is valid, and its table has every key of reconciler.yaml."""

from __future__ import annotations

from pathlib import Path

from reconciler.config.language.operator import Credential, Limits, OperatorFile
from reconciler.config.load import load

PAGE = (Path(__file__).parents[2] / "docs" / "sections.md").read_text()


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PAGE.split("```yaml\n")[1].split("```")[0])
    assert load(tmp_path).diagnostics == ()


def test_every_key_of_the_operators_file_is_named() -> None:
    keys = {*OperatorFile.model_fields, *Credential.model_fields, *Limits.model_fields}
    assert {key for key in keys if key not in PAGE} == set()
