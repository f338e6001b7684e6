"""The JSON Schemas of the package, from the types of documents and what docs/json.md says of each key.

`python -m tests.docs.schemas` writes them; a test holds the files to what this makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from reconciler.render.documents import access, others, plan

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "reconciler" / "render" / "documents"
PAGE = ROOT / "docs" / "json.md"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Name of a schema: its type, and the section of docs/json.md that is about it (none: only the types).
DOCUMENTS: Mapping[str, tuple[Any, str]] = {
    "plan": (plan.Plan, "plan"),
    "events": (others.Event, "apply"),
    "validate": (others.Validation, "validate"),
    "state": (others.State, ""),
    "access": (access.Answers, "access"),
}
# Types that a section of their own explains.
SECTIONS = {
    "Verdict": "Verdict", "ResourceChange": "Resource changes", "FieldChange": "Field changes",
    "Interim": "Interim steps", "Diagnostic": "Diagnostics", "AccessPath": "Paths",
    "Resource": "Resources of lines",
}  # fmt: skip


def schema(name: str) -> dict[str, Any]:
    """Return a schema."""
    kind, section = DOCUMENTS[name]
    made = TypeAdapter(kind).json_schema()
    said = dict(meanings())
    _describe(made, made, section, "", said, set())
    for type_, about in SECTIONS.items():
        if type_ in made.get("$defs", {}):
            _describe(made["$defs"][type_], made, about, "", said, set())
    title = f"reconciler {name}"
    return {"$schema": DIALECT, "$id": f"reconciler:{name}", **made, "title": title}


def meanings() -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what docs/json.md says of each key, by section and path."""
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| `"):
            keys, _, meaning = line.strip("| ").partition(" | ")
            for key in re.findall(r"`([^`]+)`", keys):
                yield (section, key), _plain(meaning)


def _plain(text: str) -> str:
    """Return a text without the links of a page."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)


def _describe(
    node: Any, whole: Any, section: str, path: str, said: Mapping[Any, str], seen: set[str]
) -> None:
    for name, value in node.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        if meaning := said.get((section, here)):
            value["description"] = meaning
        _below(value, whole, section, here, said, seen)


def _below(value: Any, whole: Any, section: str, path: str, said: Mapping[Any, str], seen: set[str]) -> None:
    for one in (value, *value.get("anyOf", ())):
        if "$ref" in one:
            name = one["$ref"].rpartition("/")[2]
            if name not in SECTIONS and name not in seen:
                _describe(whole["$defs"][name], whole, section, path, said, seen | {name})
        if "items" in one:
            _below(one["items"], whole, section, f"{path}[]", said, seen)
        if isinstance(one.get("additionalProperties"), dict):
            _below(one["additionalProperties"], whole, section, f"{path}.*", said, seen)


def text(name: str) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema(name), indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    for known in DOCUMENTS:
        (FOLDER / f"{known}.schema.json").write_text(text(known), encoding="utf-8")
