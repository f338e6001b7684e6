"""The JSON Schemas, as files of this package."""

from __future__ import annotations

import os

NAMES = ("access", "events", "plan", "snapshot", "state", "validate")


def schema_text(name: str) -> str:
    """Return a schema by its name, one of `NAMES`."""
    if name == "snapshot":  # readers of snapshots use it, too
        import json

        from reconciler.sdk.access.form import snapshot_schema

        return json.dumps(snapshot_schema(), indent=1) + "\n"
    with open(f"{os.path.dirname(__file__)}/{name}.schema.json", encoding="utf-8") as file:
        return file.read()
