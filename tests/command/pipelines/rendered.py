"""Pipelines as their hosts see them: inputs put into a component, and a schema for the result."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

BIN = Path(sys.executable).parent


def component(path: Path, **given: Any) -> dict[str, Any]:
    """Return a GitLab component with its inputs put in, as GitLab does when it makes the pipeline."""
    spec, _, text = path.read_text(encoding="utf-8").partition("\n---\n")
    inputs = yaml.safe_load(spec)["spec"]["inputs"]
    values = {name.replace("-", "_"): known.get("default") for name, known in inputs.items()} | given
    assert set(given) <= set(values), "an input that the component does not have"
    return dict(yaml.safe_load(re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda m: _put(values, m[1]), text)))


def _put(values: Mapping[str, Any], name: str) -> str:
    value = values[name.replace("-", "_")]
    return value if isinstance(value, str) else json.dumps(value)


def problems(schema: str, path: Path) -> str:
    """Return what a schema that check-jsonschema includes finds in a file; nothing where it is valid."""
    words = [str(BIN / "check-jsonschema"), "--builtin-schema", schema, str(path)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr
