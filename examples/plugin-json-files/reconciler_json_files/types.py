"""The types of this provider: their form (for `validate`) and their rules (for plans)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field

from reconciler.sdk.kinds import Form, Kind, Rule
from reconciler.sdk.schemas import Declared, Problem, Schema


class Strict(BaseModel):
    """A form in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Folder(Strict):
    """The keys of a cluster: a folder is what a Consul cluster is to the Consul provider."""

    folder: str


class Note(Strict):
    """A note: a text, and how long it is worth reading (`90s`, `1h`)."""

    text: str
    keep: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)


class Index(Strict):
    """A list of notes of the same folder."""

    title: str
    notes: list[str]


# What `validate` knows of the types. An index is written after the notes that it names.
SCHEMAS = {"note": Schema(Note), "note_index": Schema(Index, references={"notes": "note"})}

# What the planner knows of them: creation order, and how their fields are compared.
KINDS = {
    "note": Kind(
        "note",
        rank=10,
        rule=Rule({"keep": Rule(form=Form.TEXT_DURATION), "tags": Rule(is_map=True)}),
        title="note",
    ),
    "note_index": Kind("note_index", rank=20, title="index of notes"),
}


def problems(declared: Sequence[Declared]) -> Iterator[Problem]:
    """Yield a problem for each note that an index names and that is not declared."""
    known = {(item.address.cluster, item.address.name) for item in declared if item.address.type == "note"}
    for item in declared:
        for number, name in enumerate(item.body.get("notes", ())):
            if (item.address.cluster, name) not in known:
                message = f'the index names a note "{name}" that is not declared'
                hint = "declare it under note, or remove it from the index"
                yield Problem(item.address, ("notes", number), message, hint, rule="unknown-note")
