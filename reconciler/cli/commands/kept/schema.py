"""`reconciler schema`: the JSON Schemas of documents."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode


class Document(Enum):
    """A document that has a schema."""

    PLAN = "plan"
    DRIFT = "drift"
    EVENTS = "events"
    VALIDATE = "validate"
    STATE = "state"
    SNAPSHOT = "snapshot"
    ACCESS = "access"


Name = Annotated[Document, typer.Argument(metavar="DOCUMENT", help="plan, drift, events (one line of apply "
    "--format jsonl), validate, state, snapshot or access.")]  # fmt: skip


def schema(run: Run, document: Name) -> int:
    """Print the JSON Schema of a document.

    Within a format_version, keys are only ever added: a schema allows keys that it does not name.

    \b
    Examples:
      reconciler schema plan > plan.schema.json
      reconciler schema events
    """
    from reconciler.render.documents.schemas import schema_text

    run.out.json(schema_text("plan" if document is Document.DRIFT else document.value))
    return ExitCode.OK
